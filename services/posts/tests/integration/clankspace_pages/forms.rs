//! What forms do.

use support::{Networks as _, Page, tokio};

use super::{NETWORK, client, filled, location, service};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_post_is_written_once_an_hour() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let browser = kai.browser();
    let page = Page::get(&browser, "/post").await;
    // Browsers count units of UTF-16: a hundred characters outside its first plane fit as well.
    assert_eq!(page.attribute("textarea", "maxlength"), "200");
    assert!(page.select(".told").is_empty());
    let posted = browser.form("/post", &[("content", " first\r\nline & <b> ")]).await.is(303);
    assert_eq!(location(&kai, &posted), "/feed?told=posted");
    let page = Page::get(&browser, "/feed?told=posted").await;
    assert_eq!(
        (page.says(), page.text(".told")),
        (vec!["first\nline & <b>".into()], "Posted. The next one is possible in an hour.".into())
    );
    service.advance(60);
    let refused = browser.form("/post", &[("content", "second \u{1f916}\n")]).await.is(429);
    let page = Page::new(&refused, "/post");
    assert_eq!(page.text("textarea"), "second \u{1f916}\n", "what was written is still there");
    assert_eq!(page.text(".alarm"), format!("One post an hour: the next is possible in {} seconds", HOUR - 60));
    assert_eq!(page.text(".told"), "Your next post is possible in 59 minutes.");
    service.advance(HOUR - 60);
    let _ = browser.form("/post", &[("content", "second")]).await.is(303);
    let robots = "\u{1f916}".repeat(100);
    service.advance(HOUR);
    let _ = browser.form("/post", &[("content", &robots)]).await.is(303);
    assert_eq!(kai.posts("").await.is(200).each("posts", "content"), [&*robots, "second", "first\nline & <b>"]);
}

#[tokio::test]
async fn what_is_refused_stands_in_the_form_again() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let browser = kai.browser();
    for (content, reason) in [
        ("", "content must not be empty"),
        ("see https://example.com", "Links, addresses of mail and phone numbers cannot be posted here"),
        (&"x".repeat(101), "content must be at most 100 characters, not 101"),
        (
            "</textarea><script>alert(1)</script> https://example.com",
            "Links, addresses of mail and phone numbers cannot be posted here",
        ),
    ] {
        let page = Page::new(&browser.form("/post", &[("content", content)]).await.is(400), "/post");
        assert_eq!((page.text("textarea"), page.text(".alarm")), (content.to_owned(), reason.to_owned()));
        assert!(page.select("script").is_empty());
        assert_eq!(page.attribute("textarea", "aria-invalid"), "true");
    }
    let threat = "I will kill you tomorrow";
    let page = Page::new(&browser.form("/post", &[("content", threat)]).await.is(400), "/post");
    assert_eq!(page.text("textarea"), threat);
    assert_eq!(page.text(".told"), "Your next post is possible in 60 minutes.", "a threat begins the hour");
    let _ = browser.form("/post", &[("content", "sorry")]).await.is(429);
    assert!(kai.posts("").await.is(200).list("posts").is_empty());
}

#[tokio::test]
async fn whoever_may_need_help_is_told_where_it_is() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("kai").await, service.a_clankspace_user("zoe").await);
    let posted = kai.browser().form("/post", &[("content", "I want to kill myself")]).await.is(303);
    assert_eq!(location(&kai, &posted), "/feed?told=support");
    let page = Page::get(&kai.browser(), "/feed?told=support").await;
    assert_eq!(page.attribute(".told a", "href"), "https://findahelpline.com");
    assert_eq!(page.says().len(), 1, "it is posted");
    let posted = zoe.browser().form("/post", &[("content", "hello @mot")]).await.is(303);
    assert_eq!(location(&zoe, &posted), "/feed?told=rewritten");
}

#[tokio::test]
async fn what_an_address_says_is_never_told() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    for told in ["hacked", "", "%3Cb%3E", "posted&told=posted", "Posted"] {
        for path in ["/feed", "/leader/kai", "/following"] {
            let page = Page::get(&kai.browser(), &format!("{path}?told={told}")).await;
            assert!(page.select(".told").is_empty(), "{path} {told}");
        }
    }
    let visitor = Page::get(&service.clankspace().http, "/feed?told=posted").await;
    assert!(visitor.select(".told").is_empty(), "a visitor has done nothing");
    assert!(Page::get(&service.clankspace().http, "/leader/kai?told=blocked").await.select(".told").is_empty());
}

#[tokio::test]
async fn the_buttons_of_a_leaders_page_do_what_they_say_and_nothing_twice() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("Kai").await, service.a_clankspace_user("zoe").await);
    let browser = zoe.browser();
    let press = async |action: &str| {
        let mut answer = None;
        for _ in 0..2 {
            answer = Some(browser.form(&format!("/leader/kai/{action}"), &[]).await.is(303));
        }
        let path = location(&zoe, &answer.expect("it was pressed"));
        let page = Page::get(&browser, &path).await;
        (path, page.text(".told"), page.texts(".leader button"))
    };
    let told = |path: &str, sentence: &str, buttons: &[&str]| {
        let buttons: Vec<String> = buttons.iter().map(|&button| button.to_owned()).collect();
        (format!("/leader/Kai?told={path}"), sentence.to_owned(), buttons)
    };
    assert_eq!(Page::get(&browser, "/leader/kai").await.texts(".leader button"), ["follow", "block"]);
    assert_eq!(press("follow").await, told("followed", "You follow them from now on.", &["unfollow", "block"]));
    let _ = kai.follow("zoe").await.is(200);
    assert_eq!(zoe.posts_of("kai", "").await.is(200).list("posts").len(), 0);
    assert_eq!(press("unfollow").await, told("unfollowed", "You follow them no more.", &["follow", "block"]));
    let _ = press("follow").await;
    let blocked = "Blocked. Neither of you sees what the other says, and neither follows the other.";
    assert_eq!(press("block").await, told("blocked", blocked, &["unblock"]));
    let _ = browser.form("/leader/kai/follow", &[]).await.is(403);
    let page = Page::get(&browser, "/leader/zoe").await;
    let facts: Vec<String> = page.texts(".facts > div").iter().map(|fact| fact.trim().to_owned()).collect();
    assert_eq!(facts[..3], ["0 posts", "0 followers", "0 following"]);
    assert_eq!(press("unblock").await, told("unblocked", "You block them no more.", &["follow", "block"]));
    for action in ["follow", "block"] {
        let page = Page::new(&browser.form(&format!("/leader/zoe/{action}"), &[]).await.is(400), "itself");
        assert!(page.text("main").contains("must be somebody else"), "{}", page.text("main"));
        let _ = Page::new(&browser.form(&format!("/leader/nobody/{action}"), &[]).await.is(404), "nobody");
    }
    assert!(page.select(".leader button").is_empty(), "there is nothing that one does to oneself");
}

#[tokio::test]
async fn nobody_follows_more_than_one_can_know() {
    let service = service();
    let zoe = service.an_account(NETWORK, "zoe").await;
    let _ = service.an_account(NETWORK, "kai").await;
    service.follow_many(zoe.id, NETWORK, 150).await;
    let refused = client(&service, &zoe).browser().form("/leader/kai/follow", &[]).await.is(409);
    assert!(Page::new(&refused, "follow").text("main").contains("At most 150 users can be followed"));
}

#[tokio::test]
async fn a_post_is_deleted_by_its_author_where_it_stands() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("soon gone").await.is(201);
    for (path, back) in
        [("/feed", "/feed"), ("/following", "/following"), ("/leader/kai", "/leader/kai"), ("/", "/feed")]
    {
        let page = Page::get(&kai.browser(), path).await;
        let (action, fields) = filled(&page, "article form");
        let action = action.strip_prefix(kai.http.base()).expect("a path of this site").to_owned();
        assert_eq!(action, "/post/delete");
        let deleted = kai.browser().form(&action, &fields).await.is(303);
        assert_eq!(location(&kai, &deleted), format!("{back}?told=deleted"));
        assert!(kai.posts("").await.is(200).list("posts").is_empty());
        let _ = Page::new(&kai.browser().form(&action, &fields).await.is(404), "again");
        service.advance(HOUR);
        let _ = kai.post("soon gone").await.is(201);
    }
}

#[tokio::test]
async fn a_post_is_reported() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("kai").await, service.a_clankspace_user("zoe").await);
    let _ = kai.post("dubious").await.is(201);
    let page = Page::get(&zoe.browser(), "/feed").await;
    let (action, fields) = filled(&page, "article form");
    assert_eq!(action, format!("{}/post/report", kai.http.base()));
    for _ in 0..2 {
        let reported = zoe.browser().form("/post/report", &fields).await.is(303);
        assert_eq!(location(&zoe, &reported), "/feed?told=reported");
    }
    let moderator = super::a_moderator(&service, "mia").await;
    let reports = moderator.http.with_header("accept", "application/json").get("/report").await.is(200);
    assert_eq!((reports.list("reports").len(), &reports.list("reports")[0]["report_count"]), (1, &support::json!(1)));
    // Also one's own; none that is not there.
    let _ = kai.browser().form("/post/report", &fields).await.is(303);
    let unknown = [("username", "kai"), ("created_at", "2020-01-01T00:00:00Z")];
    let _ = Page::new(&zoe.browser().form("/post/report", &unknown).await.is(404), "unknown");
}

//! What pages show, and to whom.

use std::collections::HashSet;

use support::{Networks as _, Page, tokio, walk};

use super::{NETWORK, a_moderator, client, service};

#[tokio::test]
async fn the_home_page_says_what_this_is_and_how_to_join() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("hello out there").await.is(201);
    for path in ["/", ""] {
        let page = Page::get(&service.clankspace().http, path).await;
        assert_eq!(page.says(), ["hello out there"]);
        assert_eq!(page.text(".command"), format!("curl {}/skill.md", kai.http.base()));
        assert_eq!(page.texts("nav a"), ["feed", "login", "sign up"]);
        assert!(page.select("form").is_empty(), "a visitor can do nothing");
    }
    let page = Page::get(&kai.browser(), "/").await;
    assert!(page.select(".ways").is_empty(), "who is here need not be told how to join");
    assert_eq!(page.texts("nav a"), ["feed", "following", "post", "agent", "kai", "settings"]);
    let zoe = a_moderator(&service, "zoe").await;
    assert!(Page::get(&zoe.browser(), "/").await.texts("nav a").contains(&"reports".to_owned()));
}

#[tokio::test]
async fn every_page_says_what_it_is() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("hello").await.is(201);
    let base = kai.http.base();
    for (path, canonical) in [
        ("/", "/"),
        ("/feed", "/feed"),
        ("/feed?limit=10", "/feed"),
        ("/feed?page=2", "/feed?page=2"),
        ("/leader/KAI", "/leader/kai"),
        ("/post", "/post"),
        ("/following", "/following"),
        ("/terms", "/terms"),
        ("/privacy", "/privacy"),
    ] {
        let answer = kai.browser().get(path).await.is(200);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("; style-src 'sha256-") && !policy.contains("unsafe"), "{path}: {policy}");
        let page = Page::new(&answer, path);
        assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{base}{canonical}"), "{path}");
        assert_eq!(page.attribute("meta[property='og:url']", "content"), format!("{base}{canonical}"), "{path}");
        let title = page.attribute("meta[property='og:title']", "content");
        assert_eq!(page.text("title"), format!("{title} · Clankspace"), "{path}");
        let description = page.attribute("meta[name=description]", "content");
        assert!(description.len() > 20, "{path}: {description}");
        assert_eq!(page.attribute("meta[property='og:description']", "content"), description, "{path}");
        assert_eq!((page.select("h1").len(), page.select("main").len(), page.select("script").len()), (1, 1, 0));
    }
}

#[tokio::test]
async fn the_feed_goes_on_page_by_page_while_others_post() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let zoe = service.a_clankspace_user("zoe").await;
    for number in 0..120 {
        service.a_post(NETWORK, kai.id, &format!("post {number}"), service.state.clock.now()).await;
        service.advance(1);
    }
    let add = async || {
        service.advance(1);
        service.a_post(NETWORK, kai.id, "a new one", service.state.clock.now()).await;
    };
    let expected: Vec<String> = (0..120).rev().map(|number| format!("post {number}")).collect();
    // A visitor turns the feed's pages by number, which move when somebody posts.
    let pages = walk(&service.clankspace().http, "/feed?limit=45", async || ()).await;
    let canonical: Vec<&str> = pages
        .iter()
        .map(|page| page.attribute("link[rel=canonical]", "href").split("/feed").last().expect("a part"))
        .collect();
    assert_eq!(canonical, ["", "?page=2&limit=45", "?page=3&limit=45"]);
    assert_eq!(pages.iter().flat_map(Page::says).collect::<Vec<_>>(), expected);
    for (http, path) in [(zoe.browser(), "/feed"), (service.clankspace().http, "/leader/kai")] {
        let pages = walk(&http, path, add).await;
        let canonical: HashSet<&str> = pages.iter().map(|page| page.attribute("link[rel=canonical]", "href")).collect();
        assert_eq!(canonical.len(), 3, "{canonical:?}");
        assert_eq!(pages.len(), 3);
        let said: Vec<String> = pages.iter().flat_map(Page::says).filter(|text| text != "a new one").collect();
        assert_eq!(said[said.len() - 120..], expected);
    }
    let second = Page::get(&service.clankspace().http, "/feed?page=2").await;
    assert_eq!(second.says().len(), 50);
    assert!(second.text("title").starts_with("Feed, page 2"));
    let newest = Page::get(&service.clankspace().http, "/feed").await.says();
    let second = Page::get(&service.clankspace().http, "/feed?page=2&limit=3").await;
    assert_eq!(second.says(), newest[3..6]);
}

#[tokio::test]
async fn a_leader_is_shown_with_what_it_says() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("Kai").await, service.a_clankspace_user("zoe").await);
    let _ = kai.post("hello").await.is(201);
    let _ = zoe.follow("kai").await.is(200);
    let http = service.clankspace().http;
    let page = Page::get(&http, "/leader/kai").await;
    assert_eq!((page.text("h1"), page.says()), ("Kai".to_owned(), vec!["hello".to_owned()]));
    let facts: Vec<String> = page.texts(".facts > div").iter().map(|fact| fact.trim().to_owned()).collect();
    assert_eq!(facts, ["1 post", "1 follower", "0 following", "since 21 Nov 2026"]);
    assert!(page.select("form").is_empty());
    let moved = http.get("/kAI").await.is(308);
    assert_eq!(moved.header("location"), Some(&*format!("{}/leader/Kai", http.base())));
    // The site's own paths win.
    assert_eq!(http.get("/feed").await.is(200).header("location"), None);
}

#[tokio::test]
async fn what_is_for_one_reader_is_kept_nowhere() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    for path in ["/", "/feed", "/leader/kai", "/terms", "/post"] {
        let answer = kai.browser().get(path).await.is(200);
        assert_eq!(answer.header("cache-control"), Some("private, no-store"), "{path}");
        assert!(answer.text().contains(">kai</a>"), "{path}");
    }
    for path in ["/", "/feed", "/leader/kai", "/terms"] {
        let answer = service.clankspace().http.get(path).await.is(200);
        assert_eq!(answer.header("cache-control"), None, "{path}");
        assert!(answer.header("vary").is_some_and(|vary| vary.to_lowercase().contains("cookie")), "{path}");
        assert!(answer.text().contains("sign up"), "{path}: no reader's page is shown to a visitor");
    }
}

#[tokio::test]
async fn whoever_signed_in_long_ago_is_a_visitor() {
    let service = service();
    let mut browser = service.a_clankspace_user("kai").await.browser();
    assert!(Page::get(&browser, "/feed").await.texts("nav a").contains(&"kai".to_owned()));
    for cookie in
        ["clankspace_session=", "clankspace_session=nonsense", "clankdin_session=x", "clankspace_session=\"<b>\""]
    {
        browser = browser.with_header("cookie", cookie);
        assert_eq!(Page::get(&browser, "/feed").await.texts("nav a"), ["feed", "login", "sign up"], "{cookie}");
    }
}

#[tokio::test]
async fn the_feed_of_whom_one_follows_is_one_readers() {
    let service = service();
    let names = ["kai", "zoe", "bob"];
    for name in names {
        let _ = service.a_clankspace_user(name).await.post(&format!("I am {name}")).await.is(201);
        service.advance(1);
    }
    let ann = service.a_clankspace_user("ann").await;
    let page = Page::get(&ann.browser(), "/following").await;
    assert!(page.says().is_empty() && page.text(".empty").starts_with("Whom you follow has said nothing yet"));
    let _ = ann.follow("zoe").await.is(200);
    let _ = ann.post("I am ann").await.is(201);
    assert_eq!(Page::get(&ann.browser(), "/following").await.says(), ["I am ann", "I am zoe"]);
    let _ = ann.http.get("/following").await.is(303);
}

#[tokio::test]
async fn neither_of_two_sees_the_other_where_one_has_blocked() {
    let service = service();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let _ = client(&service, &kai).post("I am kai").await.is(201);
    let _ = client(&service, &zoe).post("I am zoe").await.is(201);
    service.block(kai.id, zoe.id).await;
    for (reader, other) in [(&kai, "zoe"), (&zoe, "kai")] {
        let browser = client(&service, reader).browser();
        for path in ["/", "/feed", "/following", &format!("/leader/{other}")] {
            let other = format!("I am {other}");
            assert!(!Page::get(&browser, path).await.says().contains(&other), "{} on {path}", reader.handle);
        }
    }
    let page = Page::get(&client(&service, &kai).browser(), "/leader/zoe").await;
    assert_eq!(page.text(".empty"), "You have blocked zoe: what they say is hidden from you.");
    assert_eq!(page.texts(".leader button"), ["unblock"]);
    let page = Page::get(&client(&service, &zoe).browser(), "/leader/kai").await;
    assert_eq!(
        (page.text(".empty"), page.texts(".leader button")),
        ("Nothing to see here yet.".into(), vec!["block".into()])
    );
    assert_eq!(Page::get(&service.clankspace().http, "/feed").await.says().len(), 2, "visitors see both");
}

#[tokio::test]
async fn who_is_suspended_is_on_no_page() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let zoe = service.a_clankspace_user("zoe").await;
    let _ = client(&service, &kai).post("now you see me").await.is(201);
    let _ = zoe.follow("kai").await.is(200);
    let browser = client(&service, &kai).browser();
    let shown = async || {
        let mut shown = Vec::new();
        for path in ["/", "/feed", "/feed?page=1&limit=3", "/following"] {
            for http in [service.clankspace().http, zoe.browser()] {
                shown.push(http.get(path).await.text().contains("now you see me"));
            }
        }
        shown
    };
    assert_eq!(shown().await, [true, true, true, true, true, true, false, true]);
    service.set_suspended(NETWORK, kai.id, true).await;
    assert_eq!(shown().await, [false; 8]);
    let _ = zoe.browser().get("/leader/kai").await.is(404);
    let _ = zoe.http.get("/kai").await.is(404);
    assert!(!zoe.http.get("/sitemap.xml").await.is(200).text().contains("/leader/kai<"));
    service.set_suspended(NETWORK, kai.id, false).await;
    assert_eq!(shown().await, [true, true, true, true, true, true, false, true]);
    let _ = Page::get(&browser, "/leader/kai").await;
}

//! Clankspace's pages, and what people do on them.

use support::{Browser, Clankspace, Networks as _, View, json, tokio, unique};

use crate::{HOSTILE, follow_links, look, look_at_failure, look_with_weak_eyes, server};

/// Where people do something.
const VIEW: View = View { width: 1280, height: 800, is_dark: false };
/// Those hostile texts that the policy takes as they are.
const SAID: [&str; 3] = [HOSTILE[0], HOSTILE[1], HOSTILE[5]];

fn url(path: &str) -> String {
    format!("{}{path}", server().clankspace().http.base())
}

/// Gets a code by the form of this page, and gives it back in the next; it is the `count`th that the address is sent.
async fn enter(browser: &mut Browser, path: &str, address: &str, count: usize) -> String {
    let _ = browser.look(&url(path), VIEW);
    browser.fill("#email", address);
    let _ = browser.press("main form button");
    let code = server().mails().code(address, count).await;
    browser.fill("#code", &code);
    browser.press("main form button")
}

/// Signs somebody up, as people do, and returns the browser and the name.
async fn sign_up(prefix: &str) -> (Browser, String) {
    let (mut browser, name) = (Browser::start(), unique(prefix));
    let _ = enter(&mut browser, "/signup", &format!("{name}@example.com"), 1).await;
    browser.fill("#username", &name);
    browser.fill("#birthdate", "1990-02-28");
    let text = browser.press("main form button");
    assert!(text.contains(&name), "{text}");
    (browser, name)
}

/// Somebody who moderates, signed in in a browser.
async fn moderator() -> (Browser, Clankspace) {
    let mia = server().clankspace().join(&server().mails(), &unique("mia")).await;
    let operator = mia.http.with_token(&server().admin_token());
    let _ = operator.post_nothing(&format!("/admin/moderators/{}", mia.name)).await.is(200);
    let mut browser = Browser::start();
    let text = enter(&mut browser, "/login", &format!("{}@example.com", mia.name), 2).await;
    assert!(text.contains("reports"), "{text}");
    (browser, mia)
}

/// Somebody who has said everything.
async fn talker() -> Clankspace {
    let kai = server().clankspace().join(&server().mails(), &unique("kai")).await;
    for text in SAID.into_iter().chain([&*"wide".repeat(25)]) {
        let _ = kai.post(text).await.is(201);
    }
    kai
}

#[tokio::test]
async fn every_page_can_be_read_on_every_screen() {
    let kai = talker().await;
    let mut browser = Browser::start();
    let mut look = |path: &str, expected: &[&str]| look(&mut browser, &kai.http, path, expected);
    look("/", &["say it in a hundred characters", "You are an agent", "You are a person"]);
    look("/feed", &["feed", &kai.name]);
    look(&format!("/leader/{}", kai.name), &[&SAID[..], &["4 posts", "0 followers"]].concat());
    look("/terms", &["Who may join"]);
    look("/privacy", &["AES-256-GCM"]);
    look("/login", &["sign in"]);
    look("/signup", &["sign up"]);
}

#[tokio::test]
async fn every_page_of_ones_own_can_be_read_on_every_screen() {
    let kai = talker().await;
    let (mut browser, mia) = moderator().await;
    let reported =
        json!({"username": kai.name, "created_at": kai.posts_of(&kai.name, "").await["posts"][0]["created_at"]});
    let _ = mia.http.post("/report", reported).await.is(201);
    let _ = mia.follow(&kai.name).await.is(200);
    let _ = mia.http.post("/autoposter/settings", json!({"bio": HOSTILE[4], "enabled": true})).await.is(200);
    let mut look = |path: &str, expected: &[&str]| look(&mut browser, &kai.http, path, expected);
    look("/following?page=1", &SAID);
    look("/feed?page=1", &[&kai.name, "report"]);
    look(&format!("/leader/{}?told=followed", kai.name), &["You follow them from now on.", "unfollow", "block"]);
    look("/post", &["What do you want to say?"]);
    look("/agent", &["Awake from", "next post", "write a post"]);
    look("/report", &["reports", &kai.name, "dismiss", "suspend"]);
    look("/settings", &[&mia.name]);
    let paths = ["/following", "/feed?page=1", "/post", "/agent", "/report", "/settings"];
    look_with_weak_eyes(&mut browser, &kai.http, &paths);
}

#[tokio::test]
async fn people_sign_up_post_follow_and_report() {
    let ((mut kais, kai), (mut zoes, zoe)) = (sign_up("kai").await, sign_up("zoe").await);
    for text in ["first, to be kept", SAID[0]] {
        let _ = kais.look(&url("/post"), VIEW);
        kais.fill("#text", text);
        let page = kais.press("main form button");
        assert!(page.contains("Posted.") && page.contains(text), "{page}");
    }
    let _ = zoes.look(&url(&format!("/leader/{kai}")), VIEW);
    let page = zoes.press("form[action$='/follow'] button");
    assert!(page.contains("You follow them from now on.") && page.contains("1 follower"), "{page}");
    for _ in 0..2 {
        let page = zoes.press("form[action$='/post/report'] button");
        assert!(page.contains("Those who moderate this place will look at that post."), "{page}");
    }
    // The newest is deleted by a moderator, and then its author is suspended.
    let (mut mias, _) = moderator().await;
    let _ = mias.look(&url("/report"), VIEW);
    let entry = format!("article[aria-label='Post by {kai}']");
    let page = mias.press(&format!("{entry} form[action$='/report/delete'] button"));
    assert!(!page.contains(&kai), "{page}");
    let page = kais.look(&url(&format!("/leader/{kai}")), VIEW).text;
    assert!(page.contains("first, to be kept") && !page.contains(SAID[0]), "{page}");
    let _ = zoes.look(&url(&format!("/leader/{kai}")), VIEW);
    let _ = zoes.press("form[action$='/post/report'] button");
    let _ = mias.look(&url("/report"), VIEW);
    let page = mias.press(&format!("{entry} form[action$='/report/suspend'] button"));
    assert!(page.contains("suspended"), "{page}");
    let page = zoes.look(&url(&format!("/leader/{kai}")), VIEW).text;
    assert!(page.contains("User not found"), "{page}");
    let page = kais.look(&url("/feed"), VIEW).text;
    assert!(page.contains("sign up") && !page.contains(&kai), "whose session ended is a visitor: {page}");
    let page = mias.press(&format!("{entry} form[action$='/report/lift'] button"));
    assert!(page.contains(&kai), "{page}");
    assert!(zoes.look(&url("/following"), VIEW).text.contains("first, to be kept"));
    assert!(zoes.look(&url("/settings"), VIEW).text.contains(&zoe));
    let page = zoes.press("form[action$='/logout'] button");
    assert!(page.contains("sign up"), "{page}");
}

#[tokio::test]
async fn an_agent_writes_what_its_user_posts() {
    let (mut browser, name) = sign_up("bee").await;
    let _ = browser.look(&url("/agent"), VIEW);
    browser.fill("#bio", "A gardener who keeps bees and grows tomatoes in the rain.");
    browser.fill("#wake", "22");
    let page = browser.press("main form button");
    assert!(page.contains("Your agent's settings are saved."), "{page}");
    let _ = browser.press("form[action$='/agent/generate'] button");
    let text = browser.evaluate("document.querySelector('#text').value");
    let page = browser.press("main form button");
    assert!(
        page.contains("Posted.") && page.contains(text.as_str().expect("a text")) && page.contains(&name),
        "{page}"
    );
}

#[tokio::test]
async fn no_link_leads_nowhere() {
    let kai = talker().await;
    let paths = ["/", "/feed", &format!("/leader/{}", kai.name), "/terms", "/login", "/signup"];
    let links = follow_links(&mut Browser::start(), &kai.http, &paths).await;
    for path in ["/docs", "/skill.md", "/feed", "/terms", "/privacy", "/signup", &format!("/leader/{}", kai.name)] {
        assert!(links.contains(&url(path)), "{path}: {links:?}");
    }
}

#[tokio::test]
async fn a_page_for_what_is_not_there_can_be_read() {
    let (mut browser, http) = (Browser::start(), server().clankspace().http);
    for (path, status) in [("/leader/nobody_at_all", "404"), ("/nobody_at_all", "404"), ("/feed?page=0", "400")] {
        look_at_failure(&mut browser, &http, path, status);
    }
}

#[tokio::test]
async fn a_page_can_be_used_without_a_mouse_and_with_weak_eyes() {
    let kai = talker().await;
    let paths =
        ["/", "/feed", &format!("/leader/{}", kai.name), "/terms", "/privacy", "/login", "/leader/nobody_at_all"];
    look_with_weak_eyes(&mut Browser::start(), &kai.http, &paths);
}

//! Texts that want to be more than text, forms of other sites, and strangers.

use support::{Networks as _, Page, tokio};

use super::{NETWORK, client, filled, location, service};

const TEXTS: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1) and [x](javascript:alert(1)) **bold**",
    "</p></article><style>body{display:none}</style>",
    "{{ site }} &lt;b&gt; &#60; </textarea>",
];
/// What no page of ours has unless a text has become more than text.
const FOREIGN: &str =
    "script, img, iframe, style:not(head style), i, u, em, [onclick], [onerror], [onmouseover], [src]";
/// Every form that does something, with fields that are right.
const FORMS: [(&str, &[(&str, &str)]); 11] = [
    ("/post", &[("content", "hello")]),
    ("/post/report", &[("username", "kai"), ("created_at", "2026-11-21T21:01:43.709469Z")]),
    ("/post/delete", &[("username", "kai"), ("created_at", "2026-11-21T21:01:43.709469Z")]),
    ("/leader/kai/follow", &[]),
    ("/leader/kai/unfollow", &[]),
    ("/leader/kai/block", &[]),
    ("/leader/kai/unblock", &[]),
    ("/agent", &[("bio", "I am new"), ("wake", "1"), ("sleep", "2")]),
    ("/agent/generate", &[]),
    ("/report/delete", &[("username", "kai"), ("created_at", "2026-11-21T21:01:43.709469Z")]),
    ("/report/dismiss", &[("username", "kai"), ("created_at", "2026-11-21T21:01:43.709469Z")]),
];

#[tokio::test]
async fn what_users_write_is_text() {
    let service = service();
    let mallory = service.an_account(NETWORK, "mallory").await;
    for text in TEXTS {
        service.advance(1);
        service.a_post(NETWORK, mallory.id, text, service.state.clock.now()).await;
    }
    let (mallory, zoe) = (client(&service, &mallory), super::a_moderator(&service, "zoe").await);
    let expected: Vec<&str> = TEXTS.iter().rev().copied().collect();
    let _ = zoe.follow("mallory").await.is(200);
    for http in [service.clankspace().http, mallory.browser(), zoe.browser()] {
        for path in ["/", "/feed", "/leader/mallory"] {
            let page = Page::get(&http, path).await;
            assert_eq!(page.says(), expected, "{path}");
            assert!(page.select(FOREIGN).is_empty(), "{path}");
            let links = page.attributes("[href], [action]", "href");
            assert!(links.iter().all(|href| href.starts_with("http") || href.starts_with('#')), "{links:?}");
        }
    }
    assert_eq!(Page::get(&zoe.browser(), "/following").await.says(), expected);
    for post in zoe.posts("").await.is(200).list("posts") {
        let fields = [("username", "mallory"), ("created_at", post["created_at"].as_str().expect("an instant"))];
        let _ = zoe.browser().form("/post/report", &fields).await.is(303);
    }
    let page = Page::get(&zoe.browser(), "/report").await;
    assert_eq!(page.says(), expected);
    assert!(page.select(FOREIGN).is_empty());
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("kai").await, super::a_moderator(&service, "zoe").await);
    let _ = kai.post("still here").await.is(201);
    let there = zoe.browser().with_header("origin", "https://evil.example");
    for (path, fields) in FORMS {
        for site in ["cross-site", "same-site"] {
            let refused = there.with_header("sec-fetch-site", site).form(path, fields).await.is(403);
            let page = Page::new(&refused, path);
            assert_eq!(page.text("main p:nth-of-type(2)"), "This form must be sent from a page of this site", "{path}");
        }
    }
    let page = Page::get(&zoe.browser(), "/leader/kai").await;
    assert_eq!(
        (page.says(), page.texts(".leader button")),
        (vec!["still here".into()], vec!["follow".into(), "block".into()])
    );
    assert_eq!(zoe.posts("").await.is(200).list("posts").len(), 1);
}

#[tokio::test]
async fn whoever_has_not_signed_in_is_shown_where_they_can() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("still here").await.is(201);
    // A token in a header opens no page: a form is for whoever the cookie stands for.
    for http in [service.clankspace().http, kai.http.clone()] {
        for (path, fields) in FORMS {
            let next = match path {
                "/post" => "/post",
                path if path.starts_with("/report") => "/report",
                path if path.starts_with("/agent") => "/agent",
                _ => "/feed",
            };
            let moved = http.form(path, fields).await.is(303);
            assert_eq!(location(&kai, &moved), format!("/login?next={}", next.replace('/', "%2F")), "{path}");
        }
    }
    for path in ["/post", "/following", "/agent", "/report"] {
        let moved = service.clankspace().http.get(path).await.is(303);
        assert_eq!(location(&kai, &moved), format!("/login?next={}", path.replace('/', "%2F")));
    }
    assert_eq!(kai.posts("").await.is(200).list("posts").len(), 1);
}

#[tokio::test]
async fn nobody_deletes_what_somebody_else_has_said() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("kai").await, service.a_clankspace_user("zoe").await);
    let _ = kai.post("still here").await.is(201);
    let page = Page::get(&kai.browser(), "/feed").await;
    let (_, fields) = filled(&page, "article form");
    assert!(!Page::get(&zoe.browser(), "/feed").await.attribute("article form", "action").ends_with("delete"));
    let _ = Page::new(&zoe.browser().form("/post/delete", &fields).await.is(404), "a stranger");
    for path in ["/report/delete", "/report/dismiss"] {
        let _ = Page::new(&zoe.browser().form(path, &fields).await.is(403), path);
    }
    assert_eq!(kai.posts("").await.is(200).list("posts").len(), 1);
}

#[tokio::test]
async fn no_form_leads_away_from_this_site() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("kai").await, service.a_clankspace_user("zoe").await);
    let _ = kai.post("hello").await.is(201);
    let page = Page::get(&zoe.browser(), "/feed").await;
    let (_, fields) = filled(&page, "article form");
    for place in ["//evil.example", "https://evil.example", "/\\evil.example", "../..", "feed\r\nx: y", "", "Feed"] {
        let fields: Vec<_> =
            fields.iter().copied().filter(|(name, _)| *name != "place").chain([("place", place)]).collect();
        let moved = zoe.browser().form("/post/report", &fields).await.is(303);
        assert_eq!(location(&zoe, &moved), "/leader/kai?told=reported", "{place:?}");
        assert_eq!(moved.header("x"), None);
    }
    for name in ["//evil.example", "%2F%2Fevil.example", "kai%0d%0ax:%20y", "https:%2F%2Fevil.example"] {
        let answer = zoe.http.get(&format!("/{name}")).await;
        assert_eq!((answer.status, answer.header("location")), (404, None), "{name}");
        let answer = zoe.browser().form(&format!("/leader/{name}/follow"), &[]).await;
        assert_eq!((answer.status, answer.header("location")), (404, None), "{name}");
    }
}

#[tokio::test]
async fn fields_that_are_not_right_are_told_of() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    for (path, fields, field) in [
        ("/post", vec![], "content is required"),
        ("/post", vec![("content", "a"), ("content", "b")], "content is given twice"),
        ("/post/report", vec![("username", "kai")], "created_at is required"),
        ("/post/delete", vec![("username", "kai"), ("created_at", "yesterday")], "created_at"),
        ("/agent", vec![("bio", "x"), ("wake", "noon"), ("sleep", "1")], "wake"),
    ] {
        let page = Page::new(&kai.browser().form(path, &fields).await.is(400), path);
        assert!(page.text("main").contains(field), "{path}: {}", page.text("main"));
        assert!(page.texts("nav a").contains(&"kai".to_owned()), "a failure knows its reader too");
    }
}

//! What is not there, and what is no page.

use support::{Networks as _, Page, json, tokio};

use super::service;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn what_is_not_there_is_told_to_people_as_a_page() {
    let service = service();
    let http = service.clankspace().http;
    let browser = http.with_header("accept", BROWSER);
    for name in ["nobody", "a%00b", "m%C3%BCnchen", "%FF", "..%2Fme", "%3Cb%3E", "favicon.ico"] {
        for path in [format!("/leader/{name}"), format!("/{name}")] {
            let page = Page::new(&browser.get(&path).await.is(404), &path);
            assert_eq!(
                (page.text(".status"), page.text("h1")),
                ("error 404".to_owned(), "User not found".to_owned()),
                "{path}"
            );
        }
        let told = http.get(&format!("/{name}")).await.is(404);
        assert_eq!((&told["code"], told.header("content-type")), (&json!("not_found"), Some("application/json")));
    }
    for (path, methods) in [("/nobody", "POST PUT DELETE PATCH"), ("/nobody/at/all", "GET POST")] {
        for method in methods.split(' ') {
            let answer = http.call(method, path, None).await.is(404);
            assert_eq!(answer["code"], "not_found", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_told_as_a_page() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    for path in ["/feed", "/leader/kai", "/following"] {
        for query in ["before=yesterday", "before_id=x", "limit=0", "before=2026-11-21T21:01:43Z&before_id=x"] {
            let page = Page::new(&kai.browser().get(&format!("{path}?{query}")).await.is(400), path);
            let field = query.rsplit('&').next().and_then(|part| part.split('=').next()).expect("a field");
            assert!(page.text("main").contains(&format!("{field} ")), "{path}?{query}: {}", page.text("main"));
        }
    }
    let page = Page::new(&kai.browser().get("/feed?page=0").await.is(400), "/feed");
    assert!(page.text("main").contains("page must be a whole number from 1 to 200"));
    let page = Page::new(&kai.http.get("/feed?page=2&before=2026-11-21T21:01:43Z").await.is(400), "/feed");
    assert!(page.text("main").contains("page does not go with before"));
    let _ = kai.http.get("/feed?utm_source=x&limit=1000").await.is(200);
}

#[tokio::test]
async fn the_api_beside_the_pages_stays_json() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("hello").await.is(201);
    for path in ["/posts", "/leaders", "/posts/user/kai"] {
        assert_eq!(kai.http.with_header("accept", BROWSER).get(path).await.is(200).list("posts").len(), 1, "{path}");
    }
    let refused = kai.http.post("/feed", json!({})).await.is(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    for path in ["/", "/feed", "/leader/kai", "/robots.txt", "/sitemap.xml", "/icon.svg", "/terms"] {
        assert_eq!(kai.http.call("HEAD", path, None).await.is(200).bytes.len(), 0, "{path}");
    }
    assert_eq!(kai.http.get("/icon.svg").await.is(200).header("content-type"), Some("image/svg+xml"));
    // A cookie opens no part of the API.
    let _ = kai.browser().post("/posts", json!({"content": "hello"})).await.is(401);
}

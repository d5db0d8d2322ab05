//! What is not there, and what is no page.

use support::{Networks as _, Page, json, tokio};

use super::service;

#[tokio::test]
async fn what_is_not_there_is_told_to_people() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    let id = tom.posted("hello").await;
    let comment = tom.comment(&id, "a comment has no page of its own").await.is(201)["comment"]["id"].clone();
    let comment = format!("/feed/{}/", comment.as_str().expect("an id"));
    let http = service.clankdin().http;
    for path in [
        "/clankrs/nobody",
        "/clankrs/a%00b",
        "/clankrs/m%C3%BCnchen",
        "/clankrs/%FF",
        "/clankrs/..%2Fagents",
        "/feed/01890a5d-ac96-774b-bcce-b302099a8057/",
        "/feed/nothing/",
        "/feed/%00/",
        &comment,
    ] {
        let page = Page::new(&http.get(path).await.is(404), path);
        let noun = if path.starts_with("/clankrs/") { "Agent" } else { "Post" };
        assert_eq!((page.text(".status"), page.text("h1")), ("404".to_owned(), format!("{noun} not found")), "{path}");
        assert_eq!(page.attribute("main a.button", "href"), format!("{}/", http.base()));
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_told_of() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    let _ = tom.posted("hello").await;
    let http = service.clankdin().http;
    for path in ["/", "/feed/", "/clankrs/", "/clankrs/tom"] {
        for query in ["before=yesterday", "before_id=x", "limit=0", "before=2026-11-21T21:01:43Z&before_id=x"] {
            let page = Page::new(&http.get(&format!("{path}?{query}")).await.is(400), path);
            let field = query.rsplit('&').next().and_then(|part| part.split('=').next()).expect("a field");
            assert!(page.text(".lead").starts_with(field), "{path}?{query}: {}", page.text(".lead"));
        }
        let page = Page::new(&http.get(&format!("{path}?before=a&before=b")).await.is(400), path);
        assert_eq!(page.text(".lead"), "before is given twice");
    }
    let long = format!("/clankrs/?skill={}", "a".repeat(51));
    for (query, field) in [("/?category=gossip", "category"), ("/clankrs/?skill=%00", "skill"), (&long, "skill")] {
        let page = Page::new(&http.get(query).await.is(400), query);
        assert!(page.text(".lead").starts_with(field), "{query}: {}", page.text(".lead"));
    }
    let _ = http.get("/?utm_source=x&limit=1000").await.is(200);
}

#[tokio::test]
async fn a_page_is_read_and_not_written() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    let refused = tom.http.post("/", json!({})).await.is(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    assert_eq!(tom.http.call("HEAD", "/clankrs/tom", None).await.is(200).bytes.len(), 0);
    assert_eq!(tom.http.get("/icon.svg").await.is(200).header("content-type"), Some("image/svg+xml"));
}

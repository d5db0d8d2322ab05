//! What is not there, and what is no page.

use support::{Networks as _, Page, json, tokio};

use super::{NETWORK, client, service};

#[tokio::test]
async fn what_is_gone_is_said_to_be() {
    let service = service();
    let tom = service.an_account(NETWORK, "Tom").await;
    let sam = service.a_clawnet_agent("Sam").await;
    let root = client(&service, &tom).posted("soon gone").await;
    let reply = sam.replied(&root, "an answer").await;
    let quote = json!({"content": "a quote", "quoted_post_id": root});
    let quoting = sam.http.post("/posts", quote).await.is(201).string("id").to_owned();
    service.set_suspended(NETWORK, tom.id, true).await;
    let page = Page::get(&sam.http, &format!("/posts/{reply}/")).await;
    assert_eq!(page.text(".empty"), "The post that began this thread is no longer there.");
    assert_eq!(page.text(".answers"), "Replying to a post that is no longer there");
    let page = Page::get(&sam.http, &format!("/posts/{quoting}/")).await;
    assert_eq!(page.text(".quote"), "The quoted post is no longer there");
    assert!(!Page::get(&sam.http, "/").await.html.html().contains("soon gone"));
    let _ = sam.http.get("/agents/Tom/").await.is(404);
}

#[tokio::test]
async fn what_is_not_there_is_told_to_people() {
    let service = service();
    let http = service.clawnet().http;
    for path in [
        "/agents/nobody/",
        "/agents/a%00b/",
        "/agents/m%C3%BCnchen/",
        "/agents/%FF/",
        "/agents/..%2Fme/",
        "/posts/post_01h455vb4pex5vsknk084sn02q/",
        "/posts/nothing/",
        "/posts/msg_01h455vb4pex5vsknk084sn02q/",
        "/posts/%00/",
    ] {
        let page = Page::new(&http.get(path).await.is(404), path);
        let noun = if path.starts_with("/agents/") { "Agent" } else { "Post" };
        assert_eq!((page.text(".status"), page.text("h1")), ("404".to_owned(), format!("{noun} not found")), "{path}");
        assert_eq!(page.attribute("main a.button", "href"), format!("{}/", http.base()));
    }
    let made = service.a_clawnet_agent("Tom").await;
    let root = made.posted("hello").await;
    for path in ["/", "/agents/", "/agents/Tom/", &format!("/posts/{root}/")] {
        for query in ["before=yesterday", "before_id=x", "limit=0", "before=2026-11-21T21:01:43Z&before_id=x"] {
            let page = Page::new(&http.get(&format!("{path}?{query}")).await.is(400), path);
            let field = query.rsplit('&').next().and_then(|part| part.split('=').next()).expect("a field");
            assert!(page.text(".lead").starts_with(field), "{path}?{query}: {}", page.text(".lead"));
        }
        let page = Page::new(&http.get(&format!("{path}?before=a&before=b")).await.is(400), path);
        assert_eq!(page.text(".lead"), "before is given twice");
    }
    for query in ["/?hashtag=%00", "/?hashtag=a-b", "/?hashtag=1a", "/agents/?capability=%00"] {
        let _ = Page::new(&http.get(query).await.is(400), query);
    }
    let _ = http.get("/?utm_source=x&limit=1000").await.is(200);
}

#[tokio::test]
async fn the_api_beside_the_pages_stays_json() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let id = tom.posted("hello").await;
    assert_eq!(tom.http.get(&format!("/posts/{id}")).await.is(200)["post"]["content"], "hello");
    assert_eq!(tom.http.get("/agents").await.is(200).list("agents").len(), 2);
    let refused = tom.http.post("/", json!({})).await.is(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    assert_eq!(tom.http.call("HEAD", "/", None).await.is(200).bytes.len(), 0);
}

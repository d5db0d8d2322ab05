//! What pages show.

use diesel::prelude::*;
use models::schema::accounts;
use models::{Id, Text, skills};
use support::{Networks as _, Page, json, tokio};

use super::{NETWORK, client, service};

#[tokio::test]
async fn the_feed_is_the_first_page_with_and_without_its_slash() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    assert_eq!(Page::get(&tom.http, "/").await.text(".empty"), "Nobody has said anything here yet.");
    let _ = tom.posted("Hello, people").await;
    for path in ["", "/", "/?limit=5"] {
        let page = Page::get(&tom.http, path).await;
        assert_eq!(page.says(), ["Hello, people"], "{path}");
        assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{}/", tom.http.base()));
        assert_eq!(page.attribute("meta[property='og:url']", "content"), format!("{}/", tom.http.base()));
        assert_eq!(page.attribute("meta[property='og:site_name']", "content"), "ClawNet");
        assert_eq!(page.attribute("link[rel=alternate]", "href"), format!("{}/posts", tom.http.base()));
        assert_eq!(page.attribute("html", "lang"), "en");
        assert_eq!(page.attribute("nav a[aria-current=page]", "href"), format!("{}/", tom.http.base()));
        assert!(page.select("script, iframe, img, object, form, link[rel=stylesheet], base").is_empty());
    }
    let by_host = service.http().with_header("host", "clawnet.localhost");
    let page = Page::get(&by_host, "/").await;
    assert_eq!(page.attribute("link[rel=canonical]", "href"), "http://clawnet.localhost/");
    assert_eq!(page.says(), ["Hello, people"]);
}

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let root = tom.posted("Hello @Sam about #rust").await;
    let reply = sam.replied(&root, "Hello @tom").await;
    let quote = json!({"content": "Worth reading", "quoted_post_id": root});
    let _ = sam.http.post("/posts", quote).await.is(201);
    let mut seen = std::collections::BTreeSet::new();
    let paths = ["/".to_owned(), "/agents/".to_owned(), format!("/posts/{root}/"), format!("/posts/{reply}/")];
    let mut left: Vec<String> = paths.into_iter().chain(["/agents/Tom/".to_owned()]).collect();
    while let Some(path) = left.pop() {
        // What other services serve is looked at with them.
        let is_profile = path.starts_with("/agents/") && !path.ends_with('/') && !path.contains('?');
        let is_theirs = is_profile || matches!(&*path, "/docs" | "/skill.md" | "/openapi.json");
        if !seen.insert(path.clone()) || is_theirs {
            continue;
        }
        let answer = tom.http.get(&path).await.is(200);
        if path == "/icon.svg" {
            assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
        } else if !answer.body.is_null() {
            assert_eq!(answer["ok"], true, "{answer}");
        } else {
            let page = Page::new(&answer, &path);
            let links = page.attributes("a[href], link[href]", "href");
            let local = links.iter().filter_map(|link| link.strip_prefix(tom.http.base())).map(str::to_owned);
            left.extend(local);
            assert!(
                links.iter().all(|link| link.starts_with(tom.http.base()) || ["#content", "#wanted"].contains(link)),
                "{links:?}"
            );
            for anchor in page.attributes("[aria-labelledby]", "aria-labelledby") {
                assert_eq!(page.select(&format!("[id={anchor}]")).len(), 1, "{anchor}");
            }
            assert_eq!(
                (page.select("h1").len(), page.select("main").len(), page.select("header.top").len()),
                (1, 1, 1)
            );
            assert!(!page.text("title").trim_end_matches("· ClawNet").trim().is_empty());
        }
    }
    for expected in ["/agents/Sam/", "/?hashtag=rust", &format!("/posts/{reply}/"), "/posts?hashtag=rust"] {
        assert!(seen.contains(expected), "{expected}: {seen:?}");
    }
}

#[tokio::test]
async fn what_agents_write_is_text() {
    let service = service();
    let mallory = service.an_account(NETWORK, "mallory").await;
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)' x='",
        "javascript:alert(1) and [x](javascript:alert(1))",
        "</p></article><style>body{display:none}</style>",
        "{{ site.base() }} &lt;b&gt; &#60;",
        "line\n\n\tand   spaces",
    ];
    for text in hostile {
        service.advance(1);
        service.a_post(NETWORK, mallory.id, text, service.state.clock.now()).await;
    }
    let id = mallory.id;
    service
        .write(move |tx| {
            diesel::update(accounts::table.find(id))
                .set((
                    accounts::display_name.eq("<b onclick=alert(1)>\"'</b>"),
                    accounts::bio.eq("</title><script>alert(1)</script> https://example.com/?a=1&b=\"2"),
                    accounts::moltbook_username.eq("<i>molt</i>"),
                ))
                .execute(tx.conn())?;
            skills::insert(tx, models::Network::ClawNet, id, &[Text::parse("capability", "<u>\"'", 1..=40)?])
        })
        .await;
    let newest_first: Vec<&str> = hostile.iter().rev().copied().collect();
    let last = service.clawnet().http.get("/posts").await.is(200).list("posts")[0]["id"].as_str().map(str::to_owned);
    let thread = format!("/posts/{}/", last.expect("an id"));
    for path in ["/", "/agents/", "/agents/mallory/", &thread] {
        let page = Page::get(&service.clawnet().http, path).await;
        let ours = "script, img, style:not(head style), b:not(nav b), i, u, [onclick], [onerror], [onmouseover], [src]";
        assert!(page.select(ours).is_empty(), "{path}");
        assert!(page.attributes("[href]", "href").iter().all(|href| !href.contains("javascript:")), "{path}");
        let foreign = page.select("a[rel]:not([rel=next])");
        assert!(foreign.iter().all(|link| link.value().attr("rel") == Some("nofollow ugc noopener")), "{path}");
        if ["/", "/agents/mallory/"].contains(&path) {
            assert_eq!(page.says(), newest_first, "{path}");
        }
    }
    let profile = Page::get(&service.clawnet().http, "/agents/MALLORY/").await;
    assert_eq!(profile.text("h1"), "<b onclick=alert(1)>\"'</b>");
    assert_eq!(profile.text("title"), "<b onclick=alert(1)>\"'</b> (@mallory) · ClawNet");
    assert_eq!(profile.text(".bio"), "</title><script>alert(1)</script> https://example.com/?a=1&b=\"2");
    assert_eq!(profile.attribute(".bio a", "href"), "https://example.com/?a=1&b=");
    assert_eq!(profile.text(".facts bdi"), "<i>molt</i>");
    assert_eq!(profile.text(".chips a"), "<u>\"'");
    assert_eq!(
        profile.attribute("meta[name=description]", "content"),
        "</title><script>alert(1)</script> https://example.com/?a=1&b=\"2"
    );
}

#[tokio::test]
async fn a_post_shows_what_it_is_about() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let base = tom.http.base().to_owned();
    let root = tom.posted("Ask @SAM and @nobody about #Rust and #日本: https://example.com/a?b=1&c=2.").await;
    let reply = sam.replied(&root, "You asked?").await;
    for action in ["react", "repost"] {
        let _ = sam.do_to_post(action, &root).await.ok();
    }
    let page = Page::get(&tom.http, "/").await;
    assert_eq!(
        page.attributes("article p.text a", "href"),
        [
            format!("{base}/agents/Sam/"),
            format!("{base}/?hashtag=rust"),
            format!("{base}/?hashtag=%E6%97%A5%E6%9C%AC"),
            "https://example.com/a?b=1&c=2".to_owned(),
        ]
    );
    assert_eq!(page.texts(".counts li"), ["1 reply", "1 like", "1 repost"]);
    assert_eq!(page.attribute("article time", "datetime"), "2026-11-21T21:01:43.709469Z");
    assert_eq!(page.text("article time"), "21 Nov 2026, 21:01 UTC");
    let tagged = Page::get(&tom.http, "/?hashtag=%E6%97%A5%E6%9C%AC").await;
    assert_eq!((tagged.says().len(), tagged.text("h1")), (1, "#日本".to_owned()));
    assert_eq!(tagged.attribute(".chips a[aria-current]", "href"), format!("{base}/?hashtag=%E6%97%A5%E6%9C%AC"));
    assert!(Page::get(&tom.http, "/?hashtag=go").await.says().is_empty());
    service.advance(1);
    let quote = json!({"content": "Look", "quoted_post_id": reply});
    let quoting = sam.http.post("/posts", quote).await.is(201).string("id").to_owned();
    let thread = Page::get(&tom.http, &format!("/posts/{quoting}/")).await;
    assert_eq!(thread.text("blockquote .text"), "You asked?");
    assert_eq!(thread.attribute("blockquote", "cite"), format!("{base}/posts/{reply}/"));
    let profile = Page::get(&tom.http, "/agents/sam/").await;
    assert_eq!(profile.says(), ["Look", "You asked?"]);
    assert_eq!(profile.text(".answers"), "Replying to @Tom");
    assert_eq!(profile.attribute(".answers a", "href"), format!("{base}/posts/{root}/"));
    assert_eq!(profile.attribute("link[rel=canonical]", "href"), format!("{base}/agents/Sam/"));
}

#[tokio::test]
async fn a_profile_shows_who_an_agent_is() {
    let service = service();
    let made = service.an_account(NETWORK, "Tom").await;
    let tom = client(&service, &made);
    assert_eq!(Page::get(&tom.http, "/agents/Tom/").await.text(".empty"), "Tom has not said anything in public yet.");
    let _ = service.a_clawnet_agent("Sam").await.follow("Tom").await.ok();
    let pinned = tom.posted("Read this first").await;
    service.advance(1);
    let _ = tom.posted("And this").await;
    let (id, post) = (made.id, Id::parse_typeid("post", &pinned).expect("an id"));
    service
        .write(move |tx| {
            diesel::update(accounts::table.find(id))
                .set((
                    accounts::display_name.eq("Tom the Robot"),
                    accounts::bio.eq("Code review"),
                    accounts::moltbook_username.eq("tom_m"),
                    accounts::pinned_post_id.eq(post),
                ))
                .execute(tx.conn())?;
            skills::insert(tx, models::Network::ClawNet, id, &[Text::parse("capability", "code-review", 1..=40)?])
        })
        .await;
    let page = Page::get(&tom.http, "/agents/TOM/").await;
    assert_eq!((page.text("h1"), page.text(".bio")), ("Tom the Robot".to_owned(), "Code review".to_owned()));
    let facts: Vec<(String, String)> = page.texts(".facts dd").into_iter().zip(page.texts(".facts dt")).collect();
    let facts: Vec<String> = facts.into_iter().map(|(value, name)| format!("{value} {name}")).collect();
    assert_eq!(facts, ["1 follower", "0 following", "2 posts", "21 Nov 2026 since", "tom_m on Moltbook"]);
    assert_eq!(
        page.attribute(".profile .chips a", "href"),
        format!("{}/agents/?capability=code-review", tom.http.base())
    );
    assert_eq!(page.texts("[aria-labelledby=pinned] p.text"), ["Read this first"]);
    assert_eq!(page.texts("[aria-labelledby=said] p.text"), ["And this", "Read this first"]);
    assert_eq!(page.attribute("meta[property='og:type']", "content"), "profile");
}

#[tokio::test]
async fn what_changes_shows_at_once() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    for number in 0..3 {
        assert_eq!(Page::get(&tom.http, "/").await.says().len(), number);
        service.advance(1);
        let id = tom.posted(&format!("post {number}")).await;
        let page = Page::get(&tom.http, "/").await;
        assert_eq!(page.says()[0], format!("post {number}"));
        assert_eq!(page.texts("article:first-of-type .counts li")[..3], ["0 replies", "0 likes", "0 reposts"]);
        let _ = sam.do_to_post("react", &id).await.ok();
        let _ = sam.replied(&id, "yes").await;
        let _ = sam.do_to_post("repost", &id).await.ok();
        let page = Page::get(&tom.http, "/").await;
        assert_eq!(page.texts("article:first-of-type .counts li")[..3], ["1 reply", "1 like", "1 repost"]);
        let _ = sam.undo_to_post("react", &id).await.ok();
        let page = Page::get(&tom.http, "/").await;
        assert_eq!(page.texts("article:first-of-type .counts li")[1], "0 likes");
    }
}

//! ClawNet's pages for people, as HTML.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::schema::accounts;
use models::{Id, Network, Text, skills};
use scraper::{ElementRef, Html, Selector};
use support::{Answer, ClawNet, Http, Made, NO_WORKERS, Networks as _, Service, json, tokio};

const NETWORK: Network = Network::ClawNet;

fn service() -> Service {
    Service::start(posts::routes, NO_WORKERS)
}

fn client(service: &Service, made: &Made) -> ClawNet {
    service.clawnet().known(&made.handle, &made.token)
}

/// A page, read as a browser reads it.
struct Page {
    html: Html,
    path: String,
}

impl Page {
    fn new(answer: &Answer, path: &str) -> Self {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{answer}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
        Self { html: Html::parse_document(&answer.text()), path: path.to_owned() }
    }

    async fn get(http: &Http, path: &str) -> Self {
        Self::new(&http.get(path).await.is(200), path)
    }

    fn select(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&Selector::parse(selector).expect("a selector")).collect()
    }

    /// The text of each of these elements.
    fn texts(&self, selector: &str) -> Vec<String> {
        self.select(selector).into_iter().map(|element| element.text().collect()).collect()
    }

    /// The text of the only one of these elements.
    fn text(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "{selector} on {}: {texts:?}", self.path);
        texts.concat()
    }

    /// An attribute of each of these elements.
    fn attributes(&self, selector: &str, name: &str) -> Vec<&str> {
        self.select(selector).into_iter().filter_map(|element| element.value().attr(name)).collect()
    }

    fn attribute(&self, selector: &str, name: &str) -> &str {
        let values = self.attributes(selector, name);
        assert_eq!(values.len(), 1, "{selector} on {}: {values:?}", self.path);
        values[0]
    }

    /// What the posts on it say, in their order.
    fn says(&self) -> Vec<String> {
        self.texts("article > p.text")
    }
}

/// The pages from `path` on, by their own links.
async fn walk(http: &Http, path: &str, mut between: impl AsyncFnMut()) -> Vec<Page> {
    let mut pages = vec![Page::get(http, path).await];
    loop {
        let next = pages[pages.len() - 1].attributes("a[rel=next]", "href");
        assert_eq!(next, pages[pages.len() - 1].attributes("link[rel=next]", "href"));
        let Some(next) = next.first() else { return pages };
        let path = next.strip_prefix(http.base()).expect("a link of this server").to_owned();
        between().await;
        pages.push(Page::get(http, &path).await);
        assert!(pages.len() < 100, "{path} has no end");
    }
}

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
            assert!(links.iter().all(|link| link.starts_with(tom.http.base()) || *link == "#content"), "{links:?}");
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
            skills::insert(tx, id, &[Text::parse("capability", "<u>\"'", 1..=40)?])
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
            skills::insert(tx, id, &[Text::parse("capability", "code-review", 1..=40)?])
        })
        .await;
    let page = Page::get(&tom.http, "/agents/TOM/").await;
    assert_eq!((page.text("h1"), page.text(".bio")), ("Tom the Robot".to_owned(), "Code review".to_owned()));
    let facts: Vec<(String, String)> = page.texts(".facts dd").into_iter().zip(page.texts(".facts dt")).collect();
    let facts: Vec<String> = facts.into_iter().map(|(value, name)| format!("{value} {name}")).collect();
    assert_eq!(facts, ["1 follower", "0 following", "2 posts", "since 21 Nov 2026 joined", "tom_m on Moltbook"]);
    assert_eq!(
        page.attribute(".profile .chips a", "href"),
        format!("{}/agents/?capability=code-review", tom.http.base())
    );
    assert_eq!(page.texts("[aria-labelledby=pinned] p.text"), ["Read this first"]);
    assert_eq!(page.texts("[aria-labelledby=said] p.text"), ["And this", "Read this first"]);
    assert_eq!(page.attribute("meta[property='og:type']", "content"), "profile");
}

#[tokio::test]
async fn the_directory_is_filtered_by_capability() {
    let service = service();
    let mut names = Vec::new();
    for (name, capability) in [("Tom", "code-review"), ("Sam", "code-review"), ("Kai", "日本語")] {
        let made = service.an_account(NETWORK, name).await;
        let id = made.id;
        service.write(move |tx| skills::insert(tx, id, &[Text::parse("capability", capability, 1..=40)?])).await;
        service.advance(1);
        names.insert(0, name);
    }
    let http = service.clawnet().http;
    let mut everybody = Page::get(&http, "/agents/").await.texts("h2");
    everybody.retain(|name| name != "ClawNet");
    assert_eq!(everybody, ["Kai", "Sam", "Tom"]);
    for query in ["code-review", "Code%20Review", "CODE_REVIEW"] {
        let page = Page::get(&http, &format!("/agents/?capability={query}")).await;
        assert_eq!(
            (page.texts("h2"), page.text("h1")),
            (vec!["Sam".into(), "Tom".into()], "Agents for code-review".into())
        );
    }
    let page = Page::get(&http, "/agents/").await;
    let of_kai = |link: &&str| link.contains('%');
    let link = page
        .attributes(".chips a", "href")
        .into_iter()
        .find(of_kai)
        .expect("one of Kai's")
        .strip_prefix(http.base())
        .expect("a link here")
        .to_owned();
    assert_eq!(Page::get(&http, &link).await.texts("h2"), ["Kai"]);
    let nobody = Page::get(&http, "/agents/?capability=juggling").await;
    assert_eq!(nobody.text(".empty"), "Nobody has said that they can do this.");
}

#[tokio::test]
async fn pages_skip_and_repeat_nothing_within_one_microsecond() {
    let service = service();
    let tom = service.an_account(NETWORK, "Tom").await;
    let now = service.state.clock.now();
    for number in 0..7 {
        service.a_post(NETWORK, tom.id, &format!("post {number}"), now).await;
    }
    let mut expected: Vec<String> = (0..7).map(|number| format!("post {number}")).collect();
    expected.sort();
    for path in ["/", "/agents/Tom/"] {
        for limit in [1, 2, 3, 7, 8] {
            let http = service.clawnet().http;
            // Links keep to the site's own number of posts; a reader who asks for fewer gets fewer on the first page.
            let mut says = Vec::new();
            let mut query = format!("?limit={limit}");
            loop {
                let page = Page::get(&http, &format!("{path}{query}")).await;
                assert!(page.says().len() <= limit);
                says.extend(page.says());
                let next = page.attributes("a[rel=next]", "href").first().map(|next| (*next).to_owned());
                let Some(next) = next else { break };
                let (_, cursor) = next.split_once('?').expect("a query");
                query = format!("?limit={limit}&{cursor}");
            }
            says.sort();
            assert_eq!(says, expected, "{path} by {limit}");
        }
    }
}

#[tokio::test]
async fn links_lead_through_all_pages_while_others_write() {
    let service = service();
    let (tom, sam) = (service.an_account(NETWORK, "Tom").await, service.an_account(NETWORK, "Sam").await);
    let say = async |author: Id, text: &str| {
        service.a_post(NETWORK, author, text, service.state.clock.now()).await;
    };
    for number in 0..65 {
        say(tom.id, &format!("post {number}")).await;
        service.advance(i64::from(number % 3 == 0));
    }
    service.advance(10);
    for path in ["/", "/agents/Tom/"] {
        let pages = walk(&service.clawnet().http, path, async || say(sam.id, "me too").await).await;
        assert_eq!(pages.len(), 3);
        let mut says: Vec<String> = pages.iter().flat_map(Page::says).filter(|text| text != "me too").collect();
        says.sort_by_key(|text| text.trim_start_matches("post ").parse::<u32>().expect("a number"));
        assert_eq!(says, (0..65).map(|number| format!("post {number}")).collect::<Vec<_>>(), "{path}");
        let back = pages[2].attributes(".more a:not([rel])", "href");
        assert_eq!(back, [format!("{}{path}", service.clawnet().http.base())]);
    }
    for number in 0..64 {
        service.an_account(NETWORK, &format!("agent{number}")).await;
    }
    let pages = walk(&service.clawnet().http, "/agents/", async || ()).await;
    let names: std::collections::BTreeSet<String> = pages.iter().flat_map(|page| page.texts("h2")).collect();
    assert_eq!((names.len(), pages.len()), (67, 3));
    assert_eq!(pages.iter().map(|page| page.select("li.card").len()).collect::<Vec<_>>(), [30, 30, 7]);
}

#[tokio::test]
async fn a_thread_is_read_from_its_newest_part_back() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let kai = service.an_account(NETWORK, "Kai").await;
    let root = tom.posted("How many?").await;
    let mut replies = Vec::new();
    // Each agent may write ten posts an hour.
    for number in 0..60 {
        service.advance(if number % 10 == 9 { 3_600 } else { 1 });
        replies.push(tom.replied(&root, &format!("reply {number}")).await);
    }
    let path = format!("/posts/{root}/");
    let pages = walk(&tom.http, &path, async || ()).await;
    let says: Vec<Vec<String>> = pages.iter().map(|page| page.texts(".list article > p.text")).collect();
    let expected = |range: std::ops::Range<usize>| range.map(|number| format!("reply {number}")).collect::<Vec<_>>();
    assert_eq!(says, [expected(30..60), expected(0..30)], "and no page with nothing but the root on it");
    assert!(pages.iter().all(|page| page.text("article.root > p.text") == "How many?"));
    // A reply's own page shows the same, with the reply marked.
    let page = Page::get(&tom.http, &format!("/posts/{}/", replies[59])).await;
    assert_eq!(page.texts("article.wanted > p.text"), ["reply 59"]);
    assert_eq!(page.texts(".list article > p.text"), expected(30..60));
    let page = Page::get(&tom.http, &format!("/posts/{}/", replies[3])).await;
    assert_eq!(page.texts("article.wanted > p.text"), ["reply 3"]);
    assert_eq!(page.texts(".list article > p.text").len(), 31);
    // One to the reply says whom it answers.
    let nested = client(&service, &kai).replied(&replies[3], "to that").await;
    let page = Page::get(&tom.http, &format!("/posts/{nested}/")).await;
    assert_eq!(page.text("article.wanted .answers"), "Replying to @Tom");
    assert_eq!(
        page.attribute("article.wanted .answers a", "href"),
        format!("{}/posts/{}/", tom.http.base(), replies[3])
    );
    service.set_suspended(NETWORK, kai.id, true).await;
    let _ = tom.http.get(&format!("/posts/{nested}/")).await.is(404);
}

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
        assert_eq!((page.text(".status"), page.text("h1")), ("404".to_owned(), "Not found".to_owned()), "{path}");
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

//! The feed, and what stands under a post.

use support::{ClankdIn, Networks as _, Page, json, tokio, walk};

use super::{NETWORK, service};

async fn posted(agent: &ClankdIn, content: &str, category: &str) -> String {
    let post = json!({"content": content, "category": category});
    agent.http.post("/feed", post).await["post"]["id"].as_str().expect("an id").to_owned()
}

async fn answered(agent: &ClankdIn, post: &str, content: &str, comment: Option<&str>) -> String {
    let body = json!({"content": content, "reply_to_id": comment});
    let answer = agent.http.post(&format!("/feed/{post}/comments"), body).await;
    answer["comment"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn the_feed_has_one_address_and_three_names() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    assert_eq!(Page::get(&tom.http, "/").await.text(".empty"), "Nobody has posted anything here yet.");
    let _ = tom.posted("Hello, people").await;
    let base = tom.http.base().to_owned();
    for path in ["", "/", "/feed/", "/?limit=5"] {
        let page = Page::get(&tom.http, path).await;
        assert_eq!(page.says(), ["Hello, people"], "{path}");
        assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{base}/"));
        assert_eq!(page.attribute("meta[property='og:url']", "content"), format!("{base}/"));
        assert_eq!(page.attribute("meta[property='og:site_name']", "content"), "ClankdIn");
        assert_eq!(page.attribute("link[rel=alternate]", "href"), format!("{base}/feed"));
        assert_eq!(page.attribute("nav a[aria-current=page]", "href"), format!("{base}/"));
        assert!(page.select("script, iframe, img, object, form, link[rel=stylesheet], base").is_empty());
    }
    let by_host = service.http().with_header("host", "clankdin.localhost");
    let page = Page::get(&by_host, "/").await;
    assert_eq!(page.attribute("link[rel=canonical]", "href"), "http://clankdin.localhost/");
    assert_eq!(tom.http.get("/feed").await.is(200).list("posts").len(), 1, "the API beside it stays JSON");
}

#[tokio::test]
async fn a_post_shows_who_says_it_and_what_it_is_about() {
    let service = service();
    let (tom, sam) = (service.a_clankdin_agent("tom").await, service.a_clankdin_agent("sam").await);
    let base = tom.http.base().to_owned();
    let win = posted(&tom, "Ask @SAM and @nobody: https://example.com/a?b=1&c=2.", "wins").await;
    service.advance(1);
    let _ = posted(&sam, "Anyone around?", "water_cooler").await;
    let _ = sam.pinch(&win).await.ok();
    let _ = sam.comment(&win, "Nice").await.is(201);
    let page = Page::get(&tom.http, "/?category=wins").await;
    assert_eq!(page.text("h1"), "Wins");
    assert_eq!(page.says(), ["Ask @SAM and @nobody: https://example.com/a?b=1&c=2."]);
    let links = [format!("{base}/clankrs/sam"), "https://example.com/a?b=1&c=2".to_owned()];
    assert_eq!(page.attributes("article p.text a", "href"), links);
    assert_eq!(page.attributes("article p.text a", "rel"), ["nofollow ugc noopener"]);
    assert_eq!(page.texts(".counts li"), ["1 pinch", "1 comment", "Wins"]);
    assert_eq!(page.attribute(".counts .tag", "href"), format!("{base}/?category=wins"));
    assert_eq!(page.attribute("article time", "datetime"), "2026-11-21T21:01:43.709469Z");
    assert_eq!(page.attribute(".filters a[aria-current]", "href"), format!("{base}/?category=wins"));
    assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{base}/?category=wins"));
    let everything = Page::get(&tom.http, "/").await;
    assert_eq!(everything.says().len(), 2);
    assert_eq!(everything.text(".filters a[aria-current]"), "All");
    assert_eq!(everything.select(".filters a").len(), 8);
    assert!(Page::get(&tom.http, "/?category=fired").await.says().is_empty());
}

#[tokio::test]
async fn what_changes_shows_at_once() {
    let service = service();
    let (tom, sam) = (service.a_clankdin_agent("tom").await, service.a_clankdin_agent("sam").await);
    for number in 0..3 {
        let paths = ["/", "/?category=general", "/clankrs/tom"];
        for path in paths {
            assert_eq!(Page::get(&tom.http, path).await.says().len(), number, "{path}");
        }
        service.advance(1);
        let id = tom.posted(&format!("post {number}")).await;
        let _ = sam.pinch(&id).await.ok();
        let _ = sam.comment(&id, "yes").await.is(201);
        for path in paths {
            let page = Page::get(&tom.http, path).await;
            assert_eq!(page.says()[0], format!("post {number}"), "{path}");
            assert_eq!(page.texts("article:first-of-type .counts li")[..2], ["1 pinch", "1 comment"], "{path}");
        }
        let _ = sam.unpinch(&id).await.ok();
        assert_eq!(Page::get(&tom.http, "/").await.texts("article:first-of-type .counts li")[0], "0 pinches");
    }
}

#[tokio::test]
async fn links_lead_through_all_pages_while_others_post() {
    let service = service();
    let (tom, sam) = (service.an_account(NETWORK, "tom").await, service.an_account(NETWORK, "sam").await);
    let say = async |author, text: &str| {
        service.a_post(NETWORK, author, text, service.state.clock.now()).await;
    };
    for number in 0..45 {
        say(tom.id, &format!("post {number}")).await;
        // Some within one microsecond.
        service.advance(i64::from(number % 3 == 0));
    }
    service.advance(10);
    for path in ["/", "/clankrs/tom"] {
        let pages = walk(&service.clankdin().http, path, async || say(sam.id, "me too").await).await;
        assert_eq!(pages.len(), 3, "{path}");
        let mut says: Vec<String> = pages.iter().flat_map(Page::says).filter(|text| text != "me too").collect();
        says.sort_by_key(|text| text.trim_start_matches("post ").parse::<u32>().expect("a number"));
        assert_eq!(says, (0..45).map(|number| format!("post {number}")).collect::<Vec<_>>(), "{path}");
        let back = pages[2].attributes(".more a:not([rel])", "href");
        assert_eq!(back, [format!("{}{path}", service.clankdin().http.base())]);
    }
}

#[tokio::test]
async fn comments_stand_behind_what_they_answer() {
    let service = service();
    let (tom, sam) = (service.a_clankdin_agent("tom").await, service.an_account(NETWORK, "sam").await);
    let kai = service.clankdin().known(&sam.handle, &sam.token);
    let base = tom.http.base().to_owned();
    let post = posted(&tom, "Who is hiring?", "looking").await;
    let path = format!("/feed/{post}/");
    assert_eq!(Page::get(&tom.http, &path).await.text("section .dim"), "Nobody has commented yet.");
    let first = answered(&kai, &post, "We are, @tom", None).await;
    service.advance(1);
    let second = answered(&tom, &post, "Anyone else?", None).await;
    service.advance(1);
    let nested = answered(&tom, &post, "Since when?", Some(&first)).await;
    let mut last = nested.clone();
    for number in 0..6 {
        last = answered(&tom, &post, &format!("deeper {number}"), Some(&last)).await;
    }
    let page = Page::get(&tom.http, &path).await;
    assert_eq!(page.texts("article.post p.text"), ["Who is hiring?"]);
    let says = page.texts(".thread p.text");
    assert_eq!(says[..3], ["We are, @tom", "Since when?", "deeper 0"]);
    assert_eq!(says[8], "Anyone else?");
    let depths = page.attributes(".thread > li", "style");
    assert_eq!(depths, [0, 1, 2, 3, 4, 4, 4, 4, 0].map(|depth| format!("--depth:{depth}")));
    let own = format!("#comment-{nested} .who span a");
    assert_eq!(page.attributes(&own, "href"), [format!("#comment-{first}"), format!("#comment-{nested}")]);
    assert_eq!(page.attributes(".thread p.text a", "href"), [format!("{base}/clankrs/tom")]);
    assert_eq!(page.text("title"), "tom: Who is hiring? · ClankdIn");
    assert_eq!(page.attribute("meta[property='og:type']", "content"), "article");
    assert_eq!(page.attribute("link[rel=alternate]", "href"), format!("{base}/feed/{post}"));
    // What one answered who is gone now stands as if it answered the post.
    service.set_suspended(NETWORK, sam.id, true).await;
    let page = Page::get(&tom.http, &path).await;
    assert_eq!(page.texts(".thread p.text")[0], "Anyone else?");
    assert_eq!(page.attributes(".thread > li", "style")[1], "--depth:0");
    assert!(!page.html.html().contains("We are"));
    assert!(page.select(&format!("#comment-{second} .who span a")).len() == 1);
}

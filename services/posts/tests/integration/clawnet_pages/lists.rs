//! Lists and their pages.

use models::{Id, Text, skills};
use support::{Networks as _, Page, tokio, walk};

use super::{NETWORK, client, service};

#[tokio::test]
async fn the_directory_is_filtered_by_capability() {
    let service = service();
    let mut names = Vec::new();
    for (name, capability) in [("Tom", "code-review"), ("Sam", "code-review"), ("Kai", "日本語")] {
        let made = service.an_account(NETWORK, name).await;
        let id = made.id;
        service
            .write(move |tx| {
                skills::insert(tx, models::Network::ClawNet, id, &[Text::parse("capability", capability, 1..=40)?])
            })
            .await;
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

//! ClankdIn's pages of work for people, as HTML.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use std::collections::BTreeSet;

use models::Network;
use support::{ClankdIn, Networks as _, Page, Value, gig, job, json, organization, tokio, walk};

use crate::service;

const NETWORK: Network = Network::ClankdIn;
/// Ends the element that data for search engines stands in, if anything can.
const BREAK_OUT: &str = "</script><script>alert(1)</script><!--<script>\"><img src=x onerror=alert(1)>";
/// What no page of ours has unless a text has become more than text.
const FOREIGN: &str =
    "script:not([type='application/ld+json']), img, iframe, style:not(head style), i, [onerror], [src]";

fn with(mut body: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

async fn offered(agent: &ClankdIn, job: Value) -> String {
    agent.offer(job).await.is(201)["job"]["id"].as_str().expect("a job has an id").to_owned()
}

/// What a page tells search engines.
fn data(page: &Page) -> Value {
    page.text("script[type='application/ld+json']").parse().expect("JSON")
}

#[tokio::test]
async fn a_job_shows_what_is_to_be_done_and_for_whom() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let base = kai.http.base().to_owned();
    let _ = kai.found(organization("sheep-co")).await.is(201);
    let fields = json!({
        "title": "Shepherd", "description": "Count sheep. See https://example.com/sheep.", "job_type": "part_time",
        "skills": ["C++", "Patience"], "organization": "sheep-co",
    });
    let id = offered(&kai, with(job("Shepherd"), fields)).await;
    let page = Page::get(&kai.http, &format!("/jobs/{id}/")).await;
    assert_eq!(page.text("h1"), "Shepherd");
    assert_eq!(page.attribute("article header a", "href"), format!("{base}/organizations/sheep-co/"));
    assert_eq!(page.text("article > p.text"), "Count sheep. See https://example.com/sheep.");
    assert_eq!(page.attribute("article > p.text a", "rel"), "nofollow ugc noopener");
    assert_eq!(page.texts(".tags a"), ["C++", "Patience"]);
    assert_eq!(page.attributes(".tags a", "href")[0], format!("{base}/jobs/?skill=C%2B%2B"));
    assert_eq!(page.texts(".facts dd"), ["Open", "Part time", "21 Nov 2026, 21:01 UTC"]);
    assert_eq!(page.text(".side code.command"), format!("POST {base}/jobs/{id}/apply"));
    assert_eq!(page.attribute("link[rel=alternate]", "href"), format!("{base}/jobs/{id}"));
    let data = data(&page);
    assert_eq!((&data["@type"], &data["title"]), (&json!("JobPosting"), &json!("Shepherd")));
    assert_eq!(data["employmentType"], "PART_TIME");
    assert_eq!(data["datePosted"], "2026-11-21T21:01:43.709469Z");
    assert_eq!(data["hiringOrganization"]["url"], format!("{base}/organizations/sheep-co/"));
    assert_eq!((&data["directApply"], data.get("validThrough")), (&json!(false), None));
    // One that nobody can have any more is not offered to search engines, nor to agents.
    let _ = kai.http.json("PUT", &format!("/jobs/{id}"), &json!({"status": "filled"})).await.ok();
    let page = Page::get(&kai.http, &format!("/jobs/{id}/")).await;
    assert!(page.select("script, code.command").is_empty());
    assert_eq!(page.texts(".facts dd")[0], "Filled");
    // An agent's own job is the agent's.
    let own = offered(&kai, job("Something small")).await;
    let page = Page::get(&kai.http, &format!("/jobs/{own}/")).await;
    assert_eq!(page.attribute("article header a", "href"), format!("{base}/clankrs/kai"));
    assert_eq!(self::data(&page)["hiringOrganization"]["@type"], "Person");
}

#[tokio::test]
async fn jobs_are_filtered() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let base = kai.http.base().to_owned();
    assert_eq!(Page::get(&kai.http, "/jobs/").await.text(".empty"), "There is no such job.");
    let _ = kai.found(organization("sheep-co")).await.is(201);
    for (title, fields) in [
        ("First", json!({"job_type": "contract", "skills": ["Rust"]})),
        ("Second", json!({"job_type": "task", "skills": ["rust", "SQL"]})),
        ("Third", json!({"job_type": "task", "skills": ["SQL"], "organization": "sheep-co"})),
    ] {
        let _ = offered(&kai, with(job(title), fields)).await;
        service.advance(1);
    }
    let closed = offered(&kai, job("Closed")).await;
    let _ = kai.http.json("PUT", &format!("/jobs/{closed}"), &json!({"status": "closed"})).await.ok();
    for (query, titles) in [
        ("", &["Third", "Second", "First"][..]),
        ("?status=closed", &["Closed"]),
        ("?job_type=task", &["Third", "Second"]),
        ("?skill=RUST", &["Second", "First"]),
        ("?skill=RUST&job_type=task", &["Second"]),
        ("?organization=Sheep-Co", &["Third"]),
        ("?organization=nobody", &[]),
        ("?skill=&organization=", &["Third", "Second", "First"]),
    ] {
        let page = Page::get(&kai.http, &format!("/jobs/{query}")).await;
        assert_eq!(page.texts("article h2"), titles, "{query}");
    }
    let page = Page::get(&kai.http, "/jobs/?skill=SQL&job_type=task").await;
    assert_eq!((page.text("h1"), page.text(".filters a[aria-current]")), ("Jobs for SQL".into(), "Task".into()));
    assert!(page.text(".lead").starts_with("2 jobs, newest first."));
    let chosen = page.attributes(".filters a", "href");
    assert_eq!(chosen[0], format!("{base}/jobs/?skill=SQL"), "a choice keeps the others");
    assert_eq!(
        page.attribute("link[rel=alternate]", "href"),
        format!("{base}/jobs?status=open&job_type=task&skill=SQL")
    );
    assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{base}/jobs/?job_type=task&skill=SQL"));
    assert!(Page::get(&kai.http, "/jobs/?status=closed").await.text(".card .quiet").contains("Closed"));
}

#[tokio::test]
async fn an_organization_shows_its_people_and_what_it_looks_for() {
    let service = service();
    let (kai, tom) = (service.a_clankdin_agent("kai").await, service.an_account(NETWORK, "tom").await);
    let base = kai.http.base().to_owned();
    let fields = json!({
        "name": "Sheep & Co", "tagline": "We count", "description": "Since ever.", "industry": "Farming",
        "size": "small", "website": "https://sheep.example",
    });
    let _ = kai.found(with(organization("sheep-co"), fields)).await.is(201);
    service.advance(1);
    let member = json!({"agent_handle": "tom", "role": "member", "title": "Dog"});
    let _ = kai.http.post("/organizations/sheep-co/members", member).await.is(201);
    let page = Page::get(&kai.http, "/organizations/Sheep-Co/").await;
    assert!(page.text(".empty").starts_with("Sheep & Co is not looking"));
    let _ = offered(&kai, with(job("Shepherd"), json!({"organization": "sheep-co"}))).await;
    let _ = kai.http.post_nothing("/organizations/sheep-co/follow").await.ok();
    let page = Page::get(&kai.http, "/organizations/sheep-co/").await;
    assert_eq!((page.text("h1"), page.text(".tagline")), ("Sheep & Co".into(), "We count".into()));
    assert_eq!(page.text(".hero .dim"), "sheep-co · 1 follower · Hiring");
    assert_eq!(page.text("[aria-labelledby=about] p"), "Since ever.");
    assert_eq!(page.texts(".facts dd")[..3], ["farming", "Small", "https://sheep.example"]);
    assert_eq!(page.attribute(".facts a[rel]", "rel"), "nofollow ugc noopener");
    assert_eq!(page.texts("[aria-labelledby=people] .who"), ["kai@kai · owner", "tom@tom · Dog · member"]);
    assert_eq!(page.texts("article h3"), ["Shepherd"]);
    let data = data(&page);
    assert_eq!((&data["@type"], &data["name"]), (&json!("Organization"), &json!("Sheep & Co")));
    assert_eq!(
        (&data["sameAs"], &data["url"]),
        (&json!("https://sheep.example"), &json!(format!("{base}/organizations/sheep-co/")))
    );
    assert_eq!(page.attribute("link[rel=alternate]", "href"), format!("{base}/organizations/sheep-co"));
    service.set_suspended(NETWORK, tom.id, true).await;
    let page = Page::get(&kai.http, "/organizations/sheep-co/").await;
    assert_eq!(page.texts("[aria-labelledby=people] .who"), ["kai@kai · owner"]);
}

#[tokio::test]
async fn organizations_are_filtered() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    for (handle, industry) in [("one-co", "Farming"), ("two-co", "Music"), ("three-co", "farming")] {
        let _ = kai.found(with(organization(handle), json!({"name": handle, "industry": industry}))).await.is(201);
        service.advance(1);
    }
    let _ = offered(&kai, with(job("Shepherd"), json!({"organization": "one-co"}))).await;
    for (query, names) in [
        ("", &["three-co", "two-co", "one-co"][..]),
        ("?hiring=true", &["one-co"]),
        ("?industry=FARMING", &["three-co", "one-co"]),
        ("?industry=farming&hiring=true", &["one-co"]),
        ("?industry=mining", &[]),
    ] {
        let page = Page::get(&kai.http, &format!("/organizations/{query}")).await;
        assert_eq!(page.texts("h2"), names, "{query}");
    }
    let page = Page::get(&kai.http, "/organizations/?industry=Farming").await;
    assert_eq!(page.text("h1"), "Organizations in farming");
    let hiring = format!("{}/organizations/?industry=farming&hiring=true", kai.http.base());
    assert_eq!(page.attributes(".filters a", "href")[1], hiring);
}

#[tokio::test]
async fn gigs_are_listed_and_filtered() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    for (title, fields) in [
        ("Will sing", json!({"gig_type": "offering", "skills": ["Singing"]})),
        ("Need a song", json!({"gig_type": "seeking", "skills": ["singing", "Writing"]})),
    ] {
        let _ = kai.http.post("/gigs", with(gig(title), fields)).await.is(201);
        service.advance(1);
    }
    for (query, titles) in [
        ("", &["Need a song", "Will sing"][..]),
        ("?gig_type=offering", &["Will sing"]),
        ("?skill=SINGING", &["Need a song", "Will sing"]),
        ("?skill=Writing&gig_type=seeking", &["Need a song"]),
        ("?skill=Juggling", &[]),
    ] {
        let page = Page::get(&kai.http, &format!("/gigs/{query}")).await;
        assert_eq!(page.texts("li.card > h2"), titles, "{query}");
    }
    let page = Page::get(&kai.http, "/gigs/").await;
    assert_eq!(page.attributes("li.card .who a", "href")[0], format!("{}/clankrs/kai", kai.http.base()));
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let service = service();
    let founder = service.a_clankdin_agent("founder").await;
    let (mut titles, mut names) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..45 {
        let (title, handle) = (format!("Job {number:02}"), format!("org-{number:02}"));
        let _ = offered(&founder, with(job(&title), json!({"skills": ["Rust"]}))).await;
        let _ = founder.found(with(organization(&handle), json!({"name": handle}))).await.is(201);
        // Some within one microsecond.
        service.advance(i64::from(number % 3 == 0));
        titles.insert(title);
        names.insert(handle);
    }
    for (path, expected) in [("/jobs/", &titles), ("/jobs/?skill=rust", &titles), ("/organizations/", &names)] {
        let pages = walk(&founder.http, path, async || ()).await;
        let seen: Vec<String> = pages.iter().flat_map(|page| page.texts("li.card h2")).collect();
        assert_eq!((pages.len(), seen.len()), (3, 45), "{path}");
        assert_eq!(&BTreeSet::from_iter(seen), expected, "{path}");
        let back = pages[2].attributes(".more a:not([rel])", "href");
        assert_eq!(back, [format!("{}{path}", founder.http.base())]);
    }
}

#[tokio::test]
async fn what_agents_write_is_text() {
    let service = service();
    let mallory = service.a_clankdin_agent("mallory").await;
    let fields = json!({"name": BREAK_OUT, "tagline": BREAK_OUT, "description": BREAK_OUT, "industry": "<i>i</i>"});
    let _ = mallory.found(with(organization("evil"), fields)).await.is(201);
    let skills = json!(["<i>\"'</script>", "javascript:alert(1)"]);
    let fields = json!({"title": BREAK_OUT, "description": BREAK_OUT, "skills": skills, "organization": "evil"});
    let id = offered(&mallory, with(job("x"), fields)).await;
    let fields = json!({"title": BREAK_OUT, "description": BREAK_OUT, "skills": skills});
    let _ = mallory.http.post("/gigs", with(gig("x"), fields)).await.is(201);
    let job = format!("/jobs/{id}/");
    let by_skill = "/jobs/?skill=%3Ci%3E%22%27%3C%2Fscript%3E";
    let by_industry = "/organizations/?industry=%3Ci%3Ei%3C%2Fi%3E";
    for path in ["/jobs/", by_skill, &job, "/organizations/", by_industry, "/organizations/evil/", "/gigs/"] {
        let page = Page::get(&mallory.http, path).await;
        assert!(page.select(FOREIGN).is_empty(), "{path}");
        assert!(page.attributes("[href]", "href").iter().all(|href| href.starts_with("http") || *href == "#content"));
        assert!(page.html.html().contains("alert(1)"), "{path} shows it as text");
    }
    let page = Page::get(&mallory.http, &job).await;
    assert_eq!((page.text("h1"), page.text("article > p.text")), (BREAK_OUT.into(), BREAK_OUT.into()));
    assert_eq!(page.select("script").len(), 1);
    let told = data(&page);
    assert_eq!(
        (&told["title"], &told["description"], &told["skills"]),
        (&json!(BREAK_OUT), &json!(BREAK_OUT), &skills)
    );
    assert_eq!(told["hiringOrganization"]["name"], BREAK_OUT);
    let page = Page::get(&mallory.http, "/organizations/evil/").await;
    assert_eq!((data(&page)["slogan"].clone(), page.select("script").len()), (json!(BREAK_OUT), 1));
}

#[tokio::test]
async fn what_is_not_there_is_told_to_people() {
    let service = service();
    let made = service.an_account(NETWORK, "kai").await;
    let kai = service.clankdin().known(&made.handle, &made.token);
    let own = offered(&kai, job("Soon gone")).await;
    let _ = kai.http.post("/gigs", gig("Soon gone")).await.is(201);
    service.set_suspended(NETWORK, made.id, true).await;
    let http = service.clankdin().http;
    let own = format!("/jobs/{own}/");
    for (path, noun) in [
        ("/jobs/nothing/", "Job"),
        ("/jobs/01890a5d-ac96-774b-bcce-b302099a8057/", "Job"),
        (&own, "Job"),
        ("/organizations/nobody/", "Organization"),
        ("/organizations/a%00b/", "Organization"),
        ("/organizations/%FF/", "Organization"),
    ] {
        let page = Page::new(&http.get(path).await.is(404), path);
        assert_eq!((page.text(".status"), page.text("h1")), ("404".to_owned(), format!("{noun} not found")), "{path}");
    }
    for path in ["/jobs/", "/gigs/"] {
        assert!(!Page::get(&http, path).await.html.html().contains("Soon gone"), "{path}");
    }
    for (path, field) in [
        ("/jobs/?status=lost", "status"),
        ("/jobs/?job_type=hobby", "job_type"),
        ("/jobs/?skill=%00", "skill"),
        ("/jobs/?before=yesterday", "before"),
        ("/organizations/?industry=a", "industry"),
        ("/organizations/?hiring=perhaps", "hiring"),
        ("/organizations/?limit=0", "limit"),
        ("/gigs/?gig_type=wanting", "gig_type"),
        ("/gigs/?before_id=x", "before_id"),
    ] {
        let page = Page::new(&http.get(path).await.is(400), path);
        assert!(page.text(".lead").starts_with(field), "{path}: {}", page.text(".lead"));
    }
    let refused = kai.http.post("/jobs/", json!({})).await.is(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

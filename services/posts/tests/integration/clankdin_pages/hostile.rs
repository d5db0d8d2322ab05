//! Texts that want to be more than text.

use diesel::prelude::*;
use models::schema::{accounts, clankdin_profiles};
use support::{Networks as _, Page, json, tokio};

use super::people::data;
use super::{NETWORK, list_skills, service};

const TEXTS: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1) and [x](javascript:alert(1)) **bold**",
    "</p></article><style>body{display:none}</style>",
    "{{ site }} &lt;b&gt; &#60;",
    "line\n\n\tand   spaces",
];
/// Ends the element that data for search engines stands in, if anything can.
const BREAK_OUT: &str = "</script><script>alert(1)</script><!--<script>\u{2028}\"\\";
/// What no page of ours has unless a text has become more than text.
const FOREIGN: &str = "script:not([type='application/ld+json']), img, iframe, style:not(head style), i, u, em, [onclick], \
                       [onerror], [onmouseover], [src]";

#[tokio::test]
async fn what_agents_write_is_text() {
    let service = service();
    let mallory = service.an_account(NETWORK, "mallory").await;
    for text in TEXTS {
        service.advance(1);
        service.a_post(NETWORK, mallory.id, text, service.state.clock.now()).await;
    }
    let id = mallory.id;
    let hostile = move |tx: &mut models::Transaction<'_>| {
        diesel::update(accounts::table.find(id))
            .set((accounts::display_name.eq("<b onclick=alert(1)>\"'</b>"), accounts::bio.eq(BREAK_OUT)))
            .execute(tx.conn())?;
        diesel::update(clankdin_profiles::table.find(id))
            .set((
                clankdin_profiles::tagline.eq(BREAK_OUT),
                clankdin_profiles::base_model.eq(TEXTS[1]),
                clankdin_profiles::languages.eq(json!([TEXTS[0]]).to_string()),
                clankdin_profiles::strengths.eq(json!([TEXTS[1]]).to_string()),
                clankdin_profiles::task.eq(TEXTS[0]),
                clankdin_profiles::task_category.eq("other"),
                clankdin_profiles::task_updated_at.eq(Some(models::Timestamp::from_micros(0))),
                clankdin_profiles::human_name.eq("<i>Ada</i>"),
                clankdin_profiles::human_url.eq("javascript:alert(1)"),
            ))
            .execute(tx.conn())?;
        Ok(())
    };
    service.write(hostile).await;
    list_skills(&service, id, &["<u>\"'</script>", "C&C"]).await;
    let http = service.clankdin().http;
    let post = http.get("/feed").await.is(200).list("posts")[0]["id"].as_str().expect("an id").to_owned();
    let thread = format!("/feed/{post}/");
    let author = service.clankdin().known(&mallory.handle, &mallory.token);
    let _ = author.comment(&post, TEXTS[1]).await.is(201);
    for path in ["/", "/clankrs/", "/clankrs/?skill=%3Cu%3E%22%27%3C%2Fscript%3E", "/clankrs/mallory", &thread] {
        let page = Page::get(&http, path).await;
        assert!(page.select(FOREIGN).is_empty(), "{path}");
        assert!(page.attributes("[href]", "href").iter().all(|href| href.starts_with("http") || href.starts_with('#')));
        if ["/", "/clankrs/mallory"].contains(&path) {
            assert_eq!(page.says(), TEXTS.iter().rev().copied().collect::<Vec<_>>(), "{path}");
        }
    }
    let profile = Page::get(&http, "/clankrs/mallory").await;
    assert_eq!(profile.text("h1"), "<b onclick=alert(1)>\"'</b>");
    assert_eq!(
        (profile.text(".tagline"), profile.texts(".tags a")[0].clone()),
        (BREAK_OUT.into(), "<u>\"'</script>".into())
    );
    assert!(profile.text(".hero").contains("claimed by <i>Ada</i>"));
    assert_eq!(profile.select("script").len(), 1);
    assert_eq!(data(&profile)["mainEntity"]["description"], BREAK_OUT);
    assert_eq!(data(&profile)["mainEntity"]["knowsAbout"], json!(["<u>\"'</script>", "C&C"]));
    assert_eq!(Page::get(&http, &thread).await.texts(".thread p.text"), [TEXTS[1]]);
}

/// An agent may take any name, and none of them is taken for a part of a page.
#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let service = service();
    let (tom, sam) = (service.a_clankdin_agent("tom").await, service.a_clankdin_agent("me").await);
    let id = tom.posted("Hello @me").await;
    let _ = sam.comment(&id, "Hello @tom").await.is(201);
    let mut seen = std::collections::BTreeSet::new();
    let mut left = vec!["/".to_owned()];
    while let Some(path) = left.pop() {
        // What other services serve is looked at with them.
        let is_theirs = ["/docs", "/skill.md", "/openapi.json", "/organizations/", "/jobs/", "/gigs/", "/agents"];
        if !seen.insert(path.clone()) || is_theirs.iter().any(|theirs| path.starts_with(theirs)) {
            continue;
        }
        let answer = tom.http.get(&path).await.is(200);
        if path == "/icon.svg" || !answer.body.is_null() {
            continue;
        }
        let page = Page::new(&answer, &path);
        let links = page.attributes("a[href], link[href]", "href");
        left.extend(links.iter().filter_map(|link| link.strip_prefix(tom.http.base())).map(str::to_owned));
        for anchor in links.iter().filter_map(|link| link.strip_prefix('#')) {
            assert_eq!(page.select(&format!("[id='{anchor}']")).len(), 1, "{anchor} on {path}");
        }
        for label in page.attributes("[aria-labelledby]", "aria-labelledby") {
            assert_eq!(page.select(&format!("[id={label}]")).len(), 1, "{label} on {path}");
        }
        assert_eq!((page.select("h1").len(), page.select("main").len()), (1, 1), "{path}");
        assert!(!page.text("title").trim_end_matches("· ClankdIn").trim().is_empty(), "{path}");
    }
    for expected in ["/clankrs/", "/clankrs/tom", "/clankrs/me", "/?category=wins", "/feed", &format!("/feed/{id}/")] {
        assert!(seen.contains(expected), "{expected}: {seen:?}");
    }
}

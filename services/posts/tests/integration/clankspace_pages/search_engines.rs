//! What search engines are told.

use models::accounts::{self, NewAccount};
use support::{Networks as _, Service, json, tokio};

use super::{NETWORK, service};

/// The addresses that stand in a document of sitemaps.
fn locations(document: &str) -> Vec<String> {
    let parts = document.split("<loc>").skip(1);
    parts.filter_map(|part| part.split("</loc>").next()).map(str::to_owned).collect()
}

async fn join(service: &Service, count: u32) {
    let now = service.state.clock.now();
    service
        .write(move |tx| {
            for number in 0..count {
                let handle = format!("bot{number}");
                let new =
                    NewAccount { network: NETWORK, handle: &handle, display_name: None, bio: "", is_system: false };
                let _ = accounts::insert(tx, &new, now.plus_seconds(i64::from(number)))?;
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn robots_may_read_everything() {
    let service = service();
    let http = service.clankspace().http;
    let answer = http.get("/robots.txt").await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.text(), format!("User-agent: *\nAllow: /\n\nSitemap: {}/sitemap.xml\n", http.base()));
}

#[tokio::test]
async fn the_sitemap_has_every_active_user() {
    let service = service();
    let http = service.clankspace().http;
    let kai = service.an_account(NETWORK, "Kai_7").await;
    let _ = service.an_account(models::Network::ClawNet, "elsewhere").await;
    let answer = http.get("/sitemap.xml").await.is(200);
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
    let text = answer.text();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns="), "{text}");
    // In a test mot comes later than everybody: its clock is not the system's.
    let paths = ["/", "/feed", "/leader/Kai_7", "/leader/mot"].map(|path| format!("{}{path}", http.base()));
    assert_eq!(locations(&text), paths);
    for location in locations(&text) {
        let _ = http.at(&location).get("").await.is(200);
    }
    service.set_suspended(NETWORK, kai.id, true).await;
    service.advance(3_599);
    assert_eq!(
        locations(&http.get("/sitemap.xml").await.is(200).text()).len(),
        4,
        "what was found is told for an hour"
    );
    service.advance(1);
    assert_eq!(locations(&http.get("/sitemap.xml").await.is(200).text()), [&*paths[0], &*paths[1], &*paths[3]]);
}

#[tokio::test]
async fn many_users_have_several_sitemaps_with_nobody_in_two() {
    let service = service();
    let http = service.clankspace().http;
    // With mot they fill two to the last place.
    join(&service, 19_999).await;
    let index = http.get("/sitemap.xml").await.is(200).text();
    assert!(index.contains("<sitemapindex"), "{index}");
    let mut names = Vec::new();
    for sitemap in locations(&index) {
        let users = locations(&http.at(&sitemap).get("").await.is(200).text());
        assert!(users.len() <= 10_002, "{}", users.len());
        names.extend(users);
    }
    assert_eq!((locations(&index).len(), names.len()), (2, 20_000 + 2));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 20_000 + 2);
    for after in ["", "x", "../..", "%00"] {
        let refused = http.get(&format!("/sitemap.xml?after={after}")).await;
        let _ = refused.is_exactly(400, &json!({"error": "after must be an id", "code": "invalid"}));
    }
}

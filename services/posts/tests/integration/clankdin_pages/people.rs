//! The directory, and profiles.

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::schema::{
    accounts, clankdin_profiles, organization_follows, organization_members, organizations, skills as skill_rows,
};
use models::{Id, Timestamp};
use support::{Networks as _, Page, Service, Value, json, tokio, walk};

use super::{NETWORK, list_skills, service};

/// What a page tells search engines.
pub fn data(page: &Page) -> Value {
    page.text("script[type='application/ld+json']").parse().expect("JSON")
}

/// Lets an agent have everything that a profile shows.
async fn complete(service: &Service, id: Id) {
    let at = service.state.clock.now();
    let rest = move |tx: &mut models::Transaction<'_>| {
        diesel::update(accounts::table.find(id))
            .set((
                accounts::display_name.eq("Data Bot"),
                accounts::bio.eq("Counts all day. See https://example.com/me."),
                accounts::verified_at.eq(Some(at)),
                accounts::follower_count.eq(1),
            ))
            .execute(tx.conn())?;
        diesel::update(clankdin_profiles::table.find(id))
            .set((
                clankdin_profiles::tagline.eq("Numbers, on time"),
                clankdin_profiles::languages.eq(r#"["English","Lojban"]"#),
                clankdin_profiles::base_model.eq("Model 7"),
                clankdin_profiles::strengths.eq(r#"["Patience"]"#),
                clankdin_profiles::backer_count.eq(3),
                clankdin_profiles::task.eq("Counting sheep"),
                clankdin_profiles::task_category.eq("working"),
                clankdin_profiles::task_updated_at.eq(Some(at)),
                clankdin_profiles::avatar_url.eq("https://example.com/me.png"),
                clankdin_profiles::human_name.eq("Ada"),
                clankdin_profiles::human_url.eq("https://example.com/ada"),
            ))
            .execute(tx.conn())?;
        diesel::update(skill_rows::table.find((id, "c++")))
            .set(skill_rows::endorsement_count.eq(2))
            .execute(tx.conn())?;
        employ(tx, id, "sheep-co", at, at)
    };
    list_skills(service, id, &["C++", "SQL"]).await;
    service.write(rest).await;
}

/// Makes an organization that was founded at one moment and that an agent joined at another, which is the same for its founder.
fn employ(
    tx: &mut models::Transaction<'_>,
    id: Id,
    handle: &str,
    founded_at: Timestamp,
    joined_at: Timestamp,
) -> models::Result<()> {
    let organization = Id::at(founded_at);
    diesel::insert_into(organizations::table)
        .values((
            organizations::id.eq(organization),
            organizations::handle.eq(handle),
            organizations::name.eq("Sheep & Co"),
            organizations::tagline.eq("We count"),
            organizations::industry.eq("farming"),
            organizations::size.eq("small"),
            organizations::created_at.eq(founded_at),
        ))
        .execute(tx.conn())?;
    diesel::insert_into(organization_members::table)
        .values((
            organization_members::organization_id.eq(organization),
            organization_members::account_id.eq(id),
            organization_members::role.eq("owner"),
            organization_members::title.eq("Head of Counting"),
            organization_members::created_at.eq(joined_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

#[tokio::test]
async fn a_profile_shows_who_an_agent_is() {
    let service = service();
    let made = service.an_account(NETWORK, "data_bot").await;
    let http = service.clankdin().http;
    let base = http.base().to_owned();
    let page = Page::get(&http, "/clankrs/data_bot").await;
    assert_eq!(page.text(".empty"), "data_bot has not posted anything yet.");
    assert!(page.select(".verified, .task").is_empty());
    complete(&service, made.id).await;
    service.a_post(NETWORK, made.id, "One sheep", service.state.clock.now()).await;
    let page = Page::get(&http, "/clankrs/DATA_BOT").await;
    assert_eq!((page.text("h1"), page.text(".tagline")), ("Data Bot".to_owned(), "Numbers, on time".to_owned()));
    assert_eq!(page.text("title"), "Data Bot (@data_bot) · ClankdIn");
    assert_eq!(page.attribute("h1 .verified", "aria-label"), "Verified");
    assert_eq!(page.text(".hero .dim:not(.task .dim)"), "@data_bot · claimed by Ada");
    assert_eq!(page.attribute(".hero a", "href"), "https://example.com/ada");
    assert_eq!(page.attribute(".hero a", "rel"), "nofollow ugc noopener");
    let pairs = |values: &str, names: &str| -> Vec<String> {
        let pairs = page.texts(values).into_iter().zip(page.texts(names));
        pairs.map(|(value, name)| format!("{value} {name}")).collect()
    };
    assert_eq!(pairs(".numbers dd", ".numbers dt"), ["0 connections", "1 follower", "0 following", "3 backers"]);
    let facts = ["Model 7 Runs on", "English, Lojban Languages", "0 Posts", "21 Nov 2026 Here since"];
    assert_eq!(pairs(".facts dd", ".facts dt"), facts);
    assert!(page.text(".task").starts_with("workingCounting sheepsince 21 Nov 2026"), "{}", page.text(".task"));
    assert_eq!(page.texts(".tags a"), ["C++2 endorsements", "SQL"]);
    let first = format!("{base}/clankrs/?skill=C%2B%2B");
    assert_eq!(page.attributes(".tags a", "href")[0], first);
    assert_eq!(Page::get(&http, "/clankrs/?skill=C%2B%2B").await.texts("h2"), ["Data Bot"]);
    assert_eq!(page.text(".plain li"), "Patience");
    assert_eq!(page.text(".side .who"), "Sheep & CoHead of Counting · owner");
    assert_eq!(page.attribute(".side .who a", "href"), format!("{base}/organizations/sheep-co/"));
    assert_eq!(page.attribute("[aria-labelledby=about] a", "href"), "https://example.com/me");
    assert_eq!(page.says(), ["One sheep"]);
    assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{base}/clankrs/data_bot"));
    assert_eq!(page.attribute("link[rel=alternate]", "href"), format!("{base}/agents/data_bot"));
    assert_eq!(page.attribute("meta[property='og:type']", "content"), "profile");
    assert!(!page.html.html().contains("me.png"), "no reader is sent to a server of the agent's choice");
}

#[tokio::test]
async fn a_profile_names_the_organizations_that_its_agent_founded_or_follows() {
    let service = service();
    let made = service.an_account(NETWORK, "data_bot").await;
    let founded_at = service.state.clock.now();
    service.advance(1);
    let joined_at = service.state.clock.now();
    let id = made.id;
    service
        .write(move |tx| {
            employ(tx, id, "founded", founded_at, founded_at)?;
            employ(tx, id, "named-by-others", founded_at, joined_at)
        })
        .await;
    let http = service.clankdin().http;
    let shown = async || -> Vec<String> {
        let page = Page::get(&http, "/clankrs/data_bot").await;
        page.attributes(".side .who a", "href").into_iter().map(str::to_owned).collect()
    };
    let link = |handle: &str| format!("{}/organizations/{handle}/", http.base());
    assert_eq!(shown().await, [link("founded")]);
    let follow = move |tx: &mut models::Transaction<'_>| {
        let named = organizations::table.filter(organizations::handle.eq("named-by-others"));
        let organization: Id = named.select(organizations::id).first(tx.conn())?;
        diesel::insert_into(organization_follows::table)
            .values((
                organization_follows::organization_id.eq(organization),
                organization_follows::account_id.eq(id),
                organization_follows::created_at.eq(joined_at),
            ))
            .execute(tx.conn())?;
        Ok(())
    };
    service.write(follow).await;
    let mut expected = [link("founded"), link("named-by-others")];
    let mut both = shown().await;
    both.sort_unstable();
    expected.sort_unstable();
    assert_eq!(both, expected);
}

#[tokio::test]
async fn search_engines_are_told_who_an_agent_is() {
    let service = service();
    let made = service.an_account(NETWORK, "data_bot").await;
    complete(&service, made.id).await;
    let http = service.clankdin().http;
    let page = Page::get(&http, "/clankrs/data_bot").await;
    let data = data(&page);
    assert_eq!((&data["@context"], &data["@type"]), (&json!("https://schema.org"), &json!("ProfilePage")));
    let person = &data["mainEntity"];
    assert_eq!(person["@type"], "Person");
    assert_eq!((&person["name"], &person["alternateName"]), (&json!("Data Bot"), &json!("data_bot")));
    assert_eq!(person["url"], format!("{}/clankrs/data_bot", http.base()));
    assert_eq!(person["knowsAbout"], json!(["C++", "SQL"]));
    assert_eq!(person["memberOf"][0]["url"], format!("{}/organizations/sheep-co/", http.base()));
    assert_eq!(person["interactionStatistic"]["userInteractionCount"], 1);
}

#[tokio::test]
async fn the_directory_is_filtered_by_skill() {
    let service = service();
    for (name, skills) in [("tom", &["Rust", "SQL"][..]), ("sam", &["rust"]), ("kai", &["日本語"])] {
        let made = service.an_account(NETWORK, name).await;
        list_skills(&service, made.id, skills).await;
        service.advance(1);
    }
    let http = service.clankdin().http;
    for path in ["/clankrs", "/clankrs/"] {
        let page = Page::get(&http, path).await;
        assert_eq!(page.texts("h2"), ["kai", "sam", "tom"], "{path}");
        assert_eq!(page.attribute("link[rel=canonical]", "href"), format!("{}/clankrs/", http.base()));
    }
    for query in ["Rust", "RUST"] {
        let page = Page::get(&http, &format!("/clankrs/?skill={query}")).await;
        assert_eq!(page.texts("h2"), ["sam", "tom"]);
        assert_eq!(page.text("h1"), format!("Clankrs for {query}"));
    }
    let page = Page::get(&http, "/clankrs/").await;
    let link = page.attributes(".tags a", "href")[0].strip_prefix(http.base()).expect("a link here").to_owned();
    assert_eq!(Page::get(&http, &link).await.texts("h2"), ["kai"]);
    assert_eq!(Page::get(&http, "/clankrs/?skill=juggling").await.text(".empty"), "Nobody lists this skill.");
}

#[tokio::test]
async fn the_directory_is_read_page_by_page() {
    let service = service();
    let mut everybody = BTreeSet::new();
    for number in 0..45 {
        // Most within one microsecond.
        let made = service.an_account(NETWORK, &format!("agent{number}")).await;
        list_skills(&service, made.id, &["a", "b", "c", "d", "e", "f", "g", "h"]).await;
        service.advance(i64::from(number % 9 == 0));
        everybody.insert(made.handle);
    }
    for path in ["/clankrs/", "/clankrs/?skill=A"] {
        let pages = walk(&service.clankdin().http, path, async || ()).await;
        let names: BTreeSet<String> = pages.iter().flat_map(|page| page.texts("h2")).collect();
        assert_eq!(names, everybody, "{path}");
        assert_eq!(pages.iter().map(|page| page.select("li.card").len()).collect::<Vec<_>>(), [20, 20, 5], "{path}");
        assert_eq!(pages[0].texts("li.card:first-child .tags li").last().map(String::as_str), Some("+2 more"));
    }
}

#[tokio::test]
async fn who_is_suspended_is_nowhere() {
    let service = service();
    let (tom, sam) = (service.an_account(NETWORK, "tom").await, service.a_clankdin_agent("sam").await);
    list_skills(&service, tom.id, &["Rust"]).await;
    let post = service.a_post(NETWORK, tom.id, "soon gone", service.state.clock.now()).await;
    let _ = sam.posted("Hello @tom").await;
    service.set_suspended(NETWORK, tom.id, true).await;
    for path in ["/", "/clankrs/", "/clankrs/?skill=Rust"] {
        let page = Page::get(&sam.http, path).await;
        assert!(!page.html.html().contains("/clankrs/tom") && !page.html.html().contains("soon gone"), "{path}");
    }
    for path in ["/clankrs/tom".to_owned(), format!("/feed/{post}/")] {
        let _ = sam.http.get(&path).await.is(404);
    }
    service.set_suspended(NETWORK, tom.id, false).await;
    assert!(Page::get(&sam.http, "/").await.says().contains(&"soon gone".to_owned()));
}

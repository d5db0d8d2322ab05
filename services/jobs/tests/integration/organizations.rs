//! Organizations: what they say of themselves, who belongs to them, who follows them.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use futures_util::future::join_all;
use models::schema::organizations;
use models::{Id, Network, NotificationKind, search};
use support::{Answer, ClankdIn, Networks as _, Service, Value, json, organization, tokio};

use crate::service;

async fn agents<const COUNT: usize>(service: &Service, names: [&str; COUNT]) -> [ClankdIn; COUNT] {
    let mut agents = names.map(|_| service.clankdin());
    for (agent, name) in agents.iter_mut().zip(names) {
        *agent = service.a_clankdin_agent(name).await;
    }
    agents
}

/// An organization of that handle with its owner.
async fn founded(owner: &ClankdIn, handle: &str) {
    let _ = owner.found(organization(handle)).await.is(201);
}

async fn roles(reader: &ClankdIn, handle: &str) -> Vec<(String, String)> {
    let seen = reader.organization(handle).await.is(200);
    let text = |member: &Value, field: &str| member[field].as_str().expect("a text").to_owned();
    seen.list("members").iter().map(|member| (text(member, "handle"), text(member, "role"))).collect()
}

async fn leave(agent: &ClankdIn, handle: &str) -> Answer {
    agent.http.delete(&format!("/organizations/{handle}/members/{}", agent.handle)).await
}

#[tokio::test]
async fn what_an_organization_says_of_itself_is_changed() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    let mut new = organization("acme");
    new["website"] = json!("https://acme.example");
    new["description"] = json!("We make things.");
    let founded = kai.found(new).await.is(201);
    let mut expected = json!({"organization": {
        "handle": "acme", "name": "Small Works", "tagline": "Tools that do one thing",
        "description": "We make things.", "industry": "technology", "size": "small",
        "website": "https://acme.example", "hiring": false, "open_job_count": 0, "follower_count": 0,
        "created_at": founded["organization"]["created_at"],
    }});
    assert_eq!(founded.body, expected);
    let _ = kai.put("/organizations/acme", json!({})).await.is_exactly(200, &expected);
    let _ = kai.put("/organizations/ACME", json!({"handle": "other"})).await.is_exactly(200, &expected);
    let changes =
        json!({"name": "ACME", "industry": "Robotics", "size": "enterprise", "description": "", "website": null});
    for (field, value) in [
        ("name", json!("ACME")),
        ("industry", json!("robotics")),
        ("size", json!("enterprise")),
        ("description", json!("")),
        ("website", json!(null)),
    ] {
        expected["organization"][field] = value;
    }
    let _ = kai.put("/organizations/acme", changes).await.is_exactly(200, &expected);
    let seen = kai.organization("acme").await.is(200);
    assert_eq!((&seen["organization"]["name"], &seen["organization"]["members"]), (&json!("ACME"), &seen["members"]));
    let _ = kai.put("/organizations/none", json!({"name": "None"})).await.is(404);
    let _ = kai.put("/organizations/x", json!({"name": "None"})).await.is(404);
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_bound() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    founded(&kai, "acme").await;
    for (field, value, part) in [
        ("name", json!("a"), "2 to 100"),
        ("tagline", json!("a".repeat(201)), "2 to 200"),
        ("description", json!("a".repeat(2001)), "2000"),
        ("industry", json!(" "), "empty"),
        ("size", json!("huge"), "`enterprise`"),
        ("website", json!("javascript:alert(1)"), "https://"),
        ("name", json!(5), "string"),
    ] {
        let mut new = organization("other");
        new[field] = value.clone();
        for refused in [kai.found(new).await, kai.put("/organizations/acme", json!({field: value})).await] {
            let refused = refused.is(400);
            assert_eq!(refused.string("field"), field, "{refused:?}");
            assert!(refused.string("detail").contains(part), "{refused:?}");
        }
    }
    for handle in ["ab", "Big", "a b", &"a".repeat(31)] {
        assert_eq!(kai.found(organization(handle)).await.is(400).string("field"), "handle");
    }
    for (query, field) in [
        ("?industry=", "industry"),
        ("?hiring=maybe", "hiring"),
        ("?q=", "q"),
        ("?q=%3F!", "q"),
        ("?offset=-1", "offset"),
    ] {
        assert_eq!(kai.http.get(&format!("/organizations{query}")).await.is(400).string("field"), field, "{query}");
    }
    let path = "/organizations/acme/members";
    for (body, field) in [
        (json!({}), "agent_handle"),
        (json!({"agent_handle": "kai", "role": "boss"}), "role"),
        (json!({"agent_handle": "kai", "title": "a".repeat(101)}), "title"),
        (json!({"agent_handle": "kai", "title": ""}), "title"),
    ] {
        assert_eq!(kai.http.post(path, body).await.is(400).string("field"), field);
    }
}

#[tokio::test]
async fn a_list_is_narrowed_searched_and_paged() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    for (handle, name, industry) in [
        ("acme", "Acme Robots", "Robotics"),
        ("bolt", "Bolt and Nut", "robotics"),
        ("data", "Data Acme House", "Data"),
        ("echo", "Echo", "data"),
    ] {
        let mut new = organization(handle);
        (new["name"], new["industry"]) = (json!(name), json!(industry));
        service.advance(1);
        let _ = kai.found(new).await.is(201);
    }
    let _ = kai.offered("A job at Bolt", Some("bolt")).await;
    let closed = kai.offered("A job at Echo", Some("echo")).await;
    let _ = kai.put(&format!("/jobs/{closed}"), json!({"status": "closed"})).await.is(200);
    let list = async |query: &str| kai.http.without_token().get(&format!("/organizations{query}")).await.is(200);
    for (query, expected) in [
        ("", vec!["echo", "data", "bolt", "acme"]),
        ("?industry=ROBOTICS", vec!["bolt", "acme"]),
        ("?hiring=true", vec!["bolt"]),
        ("?hiring=false&industry=data", vec!["echo", "data"]),
        ("?hiring=true&industry=data", vec![]),
        ("?q=acm", vec!["data", "acme"]),
        ("?q=acme&industry=data", vec!["data"]),
        ("?q=nobody", vec![]),
        ("?limit=2&offset=1", vec!["data", "bolt"]),
    ] {
        let page = list(query).await;
        assert_eq!(page.each("organizations", "handle"), expected, "{query}");
        let total = if query.contains("limit") { 4 } else { expected.len() };
        assert_eq!(page["total"], total, "{query}");
    }
    let read = kai.read_by_page("/organizations", "organizations", "handle", 3).await;
    assert_eq!(read, ["echo", "data", "bolt", "acme"]);
    // A new name is found, and the old one no more.
    let _ = kai.put("/organizations/acme", json!({"name": "Zenith"})).await.is(200);
    assert_eq!(list("?q=zenith").await.each("organizations", "handle"), ["acme"]);
    assert_eq!(list("?q=robots").await["total"], 0);
}

#[tokio::test]
async fn what_few_are_is_found_behind_many_that_have_the_same_word() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    let mut rare = organization("rare");
    (rare["name"], rare["industry"]) = (json!("Acme Kites"), json!("Kites"));
    let _ = kai.found(rare).await.is(201);
    service.advance(1);
    let now = service.state.clock.now();
    service
        .write(move |tx| {
            for number in 0..200 {
                let id = Id::at(now);
                let handle = format!("acme-{number}");
                diesel::insert_into(organizations::table)
                    .values((
                        organizations::id.eq(id),
                        organizations::handle.eq(&handle),
                        organizations::name.eq("Acme"),
                        organizations::tagline.eq("One of many"),
                        organizations::description.eq(""),
                        organizations::industry.eq("robotics"),
                        organizations::size.eq("solo"),
                        organizations::created_at.eq(now),
                    ))
                    .execute(tx.conn())?;
                search::clankdin::index_organization(tx, id)?;
            }
            Ok(())
        })
        .await;
    let found = kai.http.get("/organizations?q=acme&industry=kites").await.is(200);
    assert_eq!((found.each("organizations", "handle"), &found["total"]), (vec!["rare"], &json!(1)));
}

#[tokio::test]
async fn members_come_change_and_go() {
    let service = service();
    let [kai, zoe, mia] = agents(&service, ["kai", "zoe", "mia"]).await;
    founded(&kai, "acme").await;
    let path = "/organizations/acme/members";
    service.advance(1);
    let body = json!({"agent_handle": "ZOE", "role": "member", "title": "Chief of Bolts"});
    let added = kai.http.post(path, body).await.is(201);
    let mut expected = json!({"member": {
        "handle": "zoe", "name": "zoe", "role": "member", "title": "Chief of Bolts",
        "joined_at": added["member"]["joined_at"],
    }});
    assert_eq!(added.body, expected);
    expected["member"]["role"] = json!("admin");
    let _ = kai.put_member("acme", "zoe", "admin").await.is_exactly(200, &expected);
    expected["member"]["title"] = json!(null);
    let _ = kai.http.post(path, json!({"agent_handle": "zoe", "title": null})).await.is_exactly(200, &expected);
    service.advance(1);
    assert_eq!(zoe.http.post(path, json!({"agent_handle": "mia"})).await.is(201)["member"]["role"], "member");
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|&(handle, role)| (handle.to_owned(), role.to_owned())).collect()
    };
    assert_eq!(roles(&mia, "acme").await, pairs(&[("kai", "owner"), ("zoe", "admin"), ("mia", "member")]));
    let gone = json!({"deleted": true, "agent_handle": "mia"});
    let _ = zoe.http.delete(&format!("{path}/MIA")).await.is_exactly(200, &gone);
    let unknown = json!({"detail": "Member not found"});
    let _ = zoe.http.delete(&format!("{path}/mia")).await.is_exactly(404, &unknown);
    let _ = leave(&mia, "acme").await.is_exactly(404, &unknown);
    let _ = leave(&zoe, "acme").await.is(200);
    assert_eq!(roles(&mia, "acme").await, pairs(&[("kai", "owner")]));
    let _ = kai.put_member("acme", "nobody", "member").await.is_exactly(404, &json!({"detail": "Agent not found"}));
    let _ = kai.put_member("none", "zoe", "member").await.is_exactly(404, &json!({"detail": "Organization not found"}));
}

#[tokio::test]
async fn an_organization_always_has_an_owner() {
    let service = service();
    let [kai, zoe] = agents(&service, ["kai", "zoe"]).await;
    founded(&kai, "acme").await;
    let _ = kai.put_member("acme", "zoe", "admin").await.is(201);
    let refusal = json!({"detail": "An organization keeps an owner: make somebody else one first"});
    let _ = leave(&kai, "acme").await.is_exactly(409, &refusal);
    let _ = kai.put_member("acme", "kai", "admin").await.is_exactly(409, &refusal);
    let _ = zoe.http.delete("/organizations/acme/members/kai").await.is(403);
    let _ = kai.put_member("acme", "zoe", "owner").await.is(200);
    assert_eq!(kai.put_member("acme", "kai", "admin").await.is(200)["member"]["role"], "admin");
    let _ = leave(&zoe, "acme").await.is_exactly(409, &refusal);
    let _ = zoe.http.delete("/organizations/acme/members/kai").await.is(200);
}

#[tokio::test]
async fn a_suspended_owner_does_not_count() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    founded(&kai, "acme").await;
    let zoe = service.an_account(Network::ClankdIn, "zoe").await;
    let _ = kai.put_member("acme", "zoe", "owner").await.is(201);
    service.set_suspended(Network::ClankdIn, zoe.id, true).await;
    assert_eq!(roles(&kai, "acme").await.len(), 1);
    let _ = leave(&kai, "acme").await.is(409);
    let _ = kai.put_member("acme", "zoe", "admin").await.is(404);
    let _ = kai.http.delete("/organizations/acme/members/zoe").await.is(200);
}

#[tokio::test]
async fn of_two_owners_who_leave_at_once_one_stays() {
    let service = service();
    for round in 0..5 {
        let [kai, zoe] = agents(&service, [&format!("kai{round}"), &format!("zoe{round}")]).await;
        let handle = format!("acme{round}");
        founded(&kai, &handle).await;
        let _ = kai.put_member(&handle, &zoe.handle, "owner").await.is(201);
        let answers = join_all([leave(&kai, &handle), leave(&zoe, &handle)]).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(roles(&kai, &handle).await.len(), 1);
    }
}

#[tokio::test]
async fn an_organization_is_followed_and_its_owners_and_admins_are_told() {
    let service = service();
    let [kai, zoe, mia] = agents(&service, ["kai", "zoe", "mia"]).await;
    founded(&kai, "acme").await;
    let _ = kai.put_member("acme", "zoe", "admin").await.is(201);
    let _ = kai.put_member("acme", "mia", "member").await.is(201);
    for _ in 0..2 {
        let followed = mia.http.post_nothing("/organizations/ACME/follow").await.is(200);
        assert_eq!((&followed["following"], &followed["organization"]["follower_count"]), (&json!(true), &json!(1)));
    }
    let followed = zoe.http.post_nothing("/organizations/acme/follow").await.is(200);
    assert_eq!(followed["organization"]["follower_count"], 2);
    let told = service.told(NotificationKind::OrganizationFollow).await;
    let who: Vec<[&str; 2]> = told.iter().map(|[actor, recipient, ..]| [actor.as_str(), recipient]).collect();
    assert_eq!(who, [["mia", "kai"], ["mia", "zoe"], ["zoe", "kai"]], "each once, and nobody of what it did itself");
    assert!(told.iter().all(|[.., target, preview]| target == &told[0][2] && preview == "acme"));
    for _ in 0..2 {
        let left = mia.http.delete("/organizations/acme/follow").await.is(200);
        assert_eq!((&left["following"], &left["organization"]["follower_count"]), (&json!(false), &json!(1)));
    }
    assert_eq!(kai.organization("acme").await.is(200)["follower_count"], 1);
    for path in ["/organizations/none/follow", "/organizations/x/follow"] {
        let _ = mia.http.post_nothing(path).await.is_exactly(404, &json!({"detail": "Organization not found"}));
        let _ = mia.http.delete(path).await.is(404);
    }
}

#[tokio::test]
async fn followers_are_counted_exactly_however_many_come_at_once() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    founded(&kai, "acme").await;
    let mut fans = Vec::new();
    for number in 0..10 {
        fans.push(service.a_clankdin_agent(&format!("fan{number}")).await);
    }
    let path = "/organizations/acme/follow";
    join_all((0..40).map(async |number: usize| drop(fans[number % 10].http.post_nothing(path).await.is(200)))).await;
    assert_eq!(kai.organization("acme").await["follower_count"], 10);
    join_all((0..12).map(async |number: usize| drop(fans[number % 6].http.delete(path).await.is(200)))).await;
    assert_eq!(kai.organization("acme").await["follower_count"], 4);
    assert_eq!(service.told(NotificationKind::OrganizationFollow).await.len(), 10);
}

#[tokio::test]
async fn of_many_who_want_one_handle_one_gets_it() {
    let service = service();
    let [kai] = agents(&service, ["kai"]).await;
    let answers = join_all((0..10).map(|_| kai.found(organization("acme")))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 9));
    assert_eq!(roles(&kai, "acme").await.len(), 1);
}

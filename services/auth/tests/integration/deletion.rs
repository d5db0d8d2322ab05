//! Deleting an account of Clankspace: what goes with it, what stays right, and who is told at once.
#![expect(clippy::string_slice, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::audit::{self, Action};
use models::schema::{accounts, addresses, autoposters, follows, mails, posts, reports};
use models::{Id, Network, Transaction, follows as following};
use support::{Clankspace, GENEROUS, Networks as _, Service, SmtpManner, SmtpServer, eventually, json, tokio};

use crate::with_workers;

const NETWORK: Network = Network::Clankspace;

/// Lets an account follow others.
async fn follow(service: &Service, follower: Id, others: &[Id]) {
    let (now, others) = (service.state.clock.now(), others.to_vec());
    service.write(move |tx| others.iter().try_for_each(|&id| following::insert(tx, follower, id, now).map(drop))).await;
}

/// Lets an account report a post.
async fn report(service: &Service, reporter: Id, post: Id) {
    let now = service.state.clock.now();
    service
        .write(move |tx| {
            let row = (reports::post_id.eq(post), reports::reporter_id.eq(reporter), reports::created_at.eq(now));
            diesel::insert_into(reports::table).values(row).execute(tx.conn())?;
            Ok(())
        })
        .await;
}

/// How many follow each account and how many it follows: as it is counted, and as it is.
async fn counters(service: &Service) -> Vec<(String, (i64, i64), (i64, i64))> {
    service
        .read(|conn| {
            let counted: Vec<(Id, String, i64, i64)> = accounts::table
                .filter(accounts::network.eq(NETWORK.as_str()))
                .order(accounts::handle)
                .select((accounts::id, accounts::handle, accounts::follower_count, accounts::following_count))
                .load(conn)?;
            let mut both = Vec::new();
            for (id, handle, followers, following) in counted {
                let real = (
                    follows::table.filter(follows::followed_id.eq(id)).count().get_result(conn)?,
                    follows::table.filter(follows::follower_id.eq(id)).count().get_result(conn)?,
                );
                both.push((handle, (followers, following), real));
            }
            Ok(both)
        })
        .await
}

async fn assert_counters_are_right(service: &Service) {
    for (handle, counted, real) in counters(service).await {
        assert_eq!(counted, real, "{handle}: followers, and those it follows");
    }
}

/// Gives an account whatever an account of Clankspace can have, beside what signing up gives it. `others` are two, the first of which has
/// written a post.
async fn give_everything(service: &Service, id: Id, others: [Id; 2], others_post: Id) {
    let now = service.state.clock.now();
    let own_post = service.a_post(NETWORK, id, "mine", now).await;
    follow(service, id, &others).await;
    follow(service, others[0], &[id]).await;
    service.block(id, others[1]).await;
    service.block(others[1], id).await;
    report(service, id, others_post).await;
    report(service, others[0], own_post).await;
    service
        .write(move |tx| {
            diesel::insert_into(autoposters::table)
                .values((
                    autoposters::account_id.eq(id),
                    autoposters::bio.eq("I am Leaver_77"),
                    (autoposters::wake.eq(7), autoposters::sleep.eq(23), autoposters::enabled.eq(true)),
                ))
                .execute(tx.conn())?;
            audit::record(tx, NETWORK, Some(id), (Action::DismissReports, others[0]), now)?;
            audit::record(tx, NETWORK, None, (Action::DeletePost, id), now)
        })
        .await;
}

/// The code in the `count`th mail to an address that `server` has taken.
async fn code(server: &SmtpServer, email: &str, count: usize) -> String {
    let read = async || server.mails(email).get(count - 1).map(|mail| mail.subject[..6].to_owned());
    eventually(GENEROUS, "the code has come", read).await
}

#[tokio::test]
async fn nothing_of_a_deleted_account_is_left_anywhere() {
    let server = SmtpServer::start(SmtpManner::Takes);
    let mail = server.url();
    let service = Service::start_with(auth::routes, auth::workers, |settings| settings.mail = mail.into());
    let (site, email) = (service.clankspace(), "leaver@example.com");
    let mut tickets = Vec::new();
    for count in 1..=2 {
        let _ = site.request_code(email).await.is(200);
        let verified = site.verify_code(email, &code(&server, email, count).await).await.is(200);
        tickets.push(verified.string("signup_token").to_owned());
    }
    let joined = site.sign_up(&tickets[0], "Leaver_77").await.is(201);
    let leaver = site.known("Leaver_77", joined.string("token"));
    let id = service.id_of("leaver_77").await;
    let others = [service.an_account(NETWORK, "kai").await.id, service.an_account(NETWORK, "zoe").await.id];
    let others_post = service.a_post(NETWORK, others[0], "not mine", service.state.clock.now()).await;
    give_everything(&service, id, others, others_post).await;
    server.behave(SmtpManner::Refuses("451 4.7.1 Try again later"));
    let _ = site.request_code(email).await.is(200);
    let _ = site.request_code("zoe@example.com").await.is(200);
    let hash = addresses::table.find(id).select(addresses::address_hash);
    let hash: Vec<u8> = service.read(move |conn| Ok(hash.first(conn)?)).await;
    let found = [service.columns_with_id(id).await, service.columns_with(&hash).await].concat();
    for place in ["accounts.id", "credentials.account_id", "audit_entries.actor_id", "signup_tickets.address_hash"] {
        assert!(found.iter().any(|column| column == place), "{place} is not among {found:?}");
    }

    let _ = leaver.delete_me().await.is_exactly(200, &json!({"username": "Leaver_77", "deleted": true}));

    assert_eq!(service.columns_with_id(id).await, [""; 0]);
    for trace in [b"Leaver_77".as_slice(), b"leaver_77", email.as_bytes(), &hash] {
        assert_eq!(service.columns_with(trace).await, [""; 0], "{trace:?}");
    }
    let waiting: i64 = service.read(|conn| Ok(mails::table.count().get_result(conn)?)).await;
    assert_eq!(waiting, 1, "the mail to somebody else");
    let left: Vec<Id> = service.read(|conn| Ok(posts::table.select(posts::id).load(conn)?)).await;
    assert_eq!(left, [others_post]);
    assert_counters_are_right(&service).await;
    let _ = leaver.me().await.is_exactly(401, &json!({"error": "Invalid token", "code": "unauthorized"}));
    let _ = leaver.delete_me().await.is(401);
    let _ = site.sign_up(&tickets[1], "Leaver_77").await.is(401);
}

#[tokio::test]
async fn the_name_and_the_address_of_a_deleted_account_are_free() {
    let service = with_workers();
    let site = service.clankspace();
    let kai = site.join(&service.mails(), "kai").await;
    let _ = kai.delete_me().await.is(200);
    let _ = site.request_code("kai@example.com").await.is(200);
    let code = service.mails().code("kai@example.com", 2).await;
    let verified = site.verify_code("kai@example.com", &code).await.is(200);
    let again = site.sign_up(verified.string("signup_token"), "KAI").await.is(201);
    let me = site.known("KAI", again.string("token")).me().await.is(200);
    assert_eq!((&me["username"], &me["following_count"]), (&json!("KAI"), &json!(1)));
}

#[tokio::test]
async fn every_session_ends_at_once() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let _ = kai.request_code("kai@example.com").await.is(200);
    let code = service.mails().code("kai@example.com", 2).await;
    let second = kai.verify_code("kai@example.com", &code).await.is(200);
    let second = kai.known("kai", second.string("token"));
    let (_, _) = (kai.me().await.is(200), second.me().await.is(200));
    let _ = second.delete_me().await.is(200);
    let (_, _) = (kai.me().await.is(401), second.me().await.is(401));
}

#[tokio::test]
async fn the_networks_own_account_stays() {
    let service = with_workers();
    let id = service.id_of("mot").await;
    let token = models::Token::generate(NETWORK).expect("randomness");
    let (hash, now) = (token.hash(), service.state.clock.now());
    service.write(move |tx| models::credentials::grant(tx, id, hash, now, None)).await;
    let mot = service.clankspace().known("mot", token.expose());
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let form = json!({"error": "The network's own account cannot be deleted", "code": "forbidden"});
    let _ = mot.delete_me().await.is_exactly(403, &form);
    assert_eq!(mot.me().await.is(200)["follower_count"], 1, "nothing has changed");
    let _ = kai.me().await.is(200);
}

#[tokio::test]
async fn somebody_unknown_deletes_nobody() {
    let service = with_workers();
    let kai = service.a_clankspace_user("kai").await;
    let _ = service.clankspace().delete_me().await.is(401);
    let _ = service.clankspace().known("kai", &support::unknown_token("clsp_")).delete_me().await.is(401);
    let _ = kai.me().await.is(200);
}

#[tokio::test]
async fn an_account_that_is_large_goes_in_parts() {
    let service = with_workers();
    let kai = service.an_account(NETWORK, "kai").await;
    let client = service.clankspace().known("kai", &kai.token);
    let now = service.state.clock.now();
    service.follow_many(kai.id, NETWORK, 150).await;
    service
        .write(move |tx| {
            let count = accounts::post_count.eq(450);
            diesel::update(accounts::table.find(kai.id)).set(count).execute(tx.conn())?;
            for number in 0..450 {
                let fan = models::accounts::NewAccount {
                    network: NETWORK,
                    handle: &format!("fan{number}"),
                    display_name: None,
                    bio: "",
                    is_system: false,
                };
                let fan = models::accounts::insert(tx, &fan, now)?.expect("the name is free");
                following::insert(tx, fan, kai.id, now)?;
            }
            Ok(())
        })
        .await;
    for number in 0..450 {
        service.a_post(NETWORK, kai.id, "again", now.plus_seconds(number)).await;
    }
    assert_eq!(client.me().await.is(200)["follower_count"], 450);
    let _ = client.delete_me().await.is(200);
    assert_eq!(service.columns_with(b"kai").await, [""; 0]);
    let left: i64 = service.read(|conn| Ok(posts::table.count().get_result(conn)?)).await;
    assert_eq!(left, 0);
    assert_counters_are_right(&service).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_of_others_stay_right_while_they_follow_and_accounts_go() {
    let service = with_workers();
    let mut users: Vec<Clankspace> = Vec::new();
    let mut ids: Vec<Id> = Vec::new();
    for number in 0..12 {
        let made = service.an_account(NETWORK, &format!("user{number}")).await;
        users.push(service.clankspace().known(&made.handle, &made.token));
        ids.push(made.id);
    }
    // Everybody follows everybody while four of them go, one of them twice at once.
    let follower = |own: usize| {
        let (database, ids, now) = (service.state.database.clone(), ids.clone(), service.state.clock.now());
        tokio::spawn(async move {
            for other in (0..ids.len()).filter(|&other| other != own) {
                let pair = [ids[own], ids[other]];
                let follow = move |tx: &mut Transaction<'_>| {
                    if models::accounts::lock(tx, &pair)?.len() == 2 {
                        following::insert(tx, pair[0], pair[1], now)?;
                    }
                    Ok(())
                };
                database.write("follow", follow).await.expect("following works or does nothing");
            }
        })
    };
    let followers: Vec<_> = (0..ids.len()).map(follower).collect();
    let leavers: Vec<_> = [0, 3, 3, 7, 11]
        .into_iter()
        .map(|leaver: usize| {
            let user = users[leaver].clone();
            tokio::spawn(async move { user.delete_me().await.status })
        })
        .collect();
    for follower in followers {
        follower.await.expect("it ends");
    }
    let mut statuses = Vec::new();
    for leaver in leavers {
        statuses.push(leaver.await.expect("it ends"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 401], "an account is deleted once");
    let counted = counters(&service).await;
    assert_eq!(counted.len(), 9, "eight users and mot");
    assert_counters_are_right(&service).await;
    assert!(
        counted.iter().filter(|(name, ..)| name != "mot").all(|(_, (followers, _), _)| *followers == 7),
        "{counted:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_signs_in_while_the_account_goes_has_no_session_of_it() {
    let service = with_workers();
    for round in 0..5 {
        let (name, email) = (format!("kai{round}"), format!("kai{round}@example.com"));
        let kai = service.clankspace().join(&service.mails(), &name).await;
        let _ = kai.request_code(&email).await.is(200);
        let code = service.mails().code(&email, 2).await;
        let deleting = tokio::spawn({
            let kai = kai.clone();
            async move { kai.delete_me().await }
        });
        let verified = kai.verify_code(&email, &code).await;
        let _ = deleting.await.expect("it ends").is(200);
        match verified.status {
            200 if verified.body.get("token").is_some() => {
                let _ = kai.known(&name, verified.string("token")).me().await.is(401);
            }
            200 => assert!(verified.body.get("signup_token").is_some(), "{verified}"),
            status => assert_eq!(status, 401, "{verified}"),
        }
    }
}

//! Many at once: what must be exact stays exact.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use support::{Answer, ClankdIn, Deployment, Networks as _, Options, json, unique};

use crate::{BINARY, server};

/// Makes `count` calls at once, and waits for all of their answers.
async fn at_once<F>(count: usize, call: impl Fn(usize) -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let calls: Vec<_> = (0..count).map(|number| tokio::spawn(call(number))).collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.expect("a call is answered"));
    }
    answers
}

fn count_of(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_posts_at_once_one_succeeds() {
    let server = Deployment::start(BINARY, &Options::new());
    let kai = server.clankspace().join(&server.mails(), "kai").await;
    let answers = at_once(50, |number| {
        let kai = kai.clone();
        async move { kai.post(&format!("post number {number}")).await }
    })
    .await;
    assert_eq!((count_of(&answers, 201), count_of(&answers, 429)), (1, 49), "{answers:?}");
    assert_eq!(kai.posts_of("kai", "").await.ok().list("posts").len(), 1);
    assert_eq!(kai.me().await.ok()["post_count"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_exact_under_concurrency() {
    let server = Deployment::start(BINARY, &Options::new());
    let (tom, sam) = (server.clawnet().join("Tom").await, server.clawnet().join("Sam").await);
    let answers = at_once(30, |number| {
        let tom = tom.clone();
        async move { tom.send("Sam", &format!("message {number}")).await }
    })
    .await;
    assert_eq!((count_of(&answers, 201), count_of(&answers, 429)), (10, 20), "a young account sends ten an hour");
    assert_eq!(sam.check().await.ok()["count"], 10);
    // What fails is given back: ten refused registrations leave the others of the hour.
    let answers = at_once(20, |_| {
        let network = server.clawnet();
        async move { network.register("Tom").await }
    })
    .await;
    assert_eq!(count_of(&answers, 201), 0);
    assert_eq!(server.clawnet().register("Kim").await.status, 201, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_pinches_and_comments_at_once_leave_exact_counters() {
    let network = server().clankdin();
    let post = network.join(&unique("kai")).await.posted("Count me").await;
    let mut agents: Vec<ClankdIn> = Vec::new();
    for _ in 0..20 {
        agents.push(network.join(&unique("fan")).await);
    }
    let answers = at_once(40, |number| {
        let (agent, post) = (agents[number % 20].clone(), post.clone());
        async move {
            let _ = agent.pinch(&post).await.is(200);
            agent.comment(&post, &format!("comment {number}")).await
        }
    })
    .await;
    assert_eq!(count_of(&answers, 201), 40);
    let thread = network.thread(&post).await.ok();
    assert_eq!((&thread["post"]["pinch_count"], &thread["post"]["comment_count"]), (&json!(20), &json!(40)));
    assert_eq!(thread.list("comments").len(), 40);
    let answers = at_once(40, |number| {
        let (agent, post) = (agents[number % 10].clone(), post.clone());
        async move { agent.unpinch(&post).await }
    })
    .await;
    assert_eq!(count_of(&answers, 200), 40);
    assert_eq!(network.thread(&post).await.ok()["post"]["pinch_count"], 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_agents_of_one_name_get_fifty_handles() {
    let name = unique("Data Bot");
    let answers = at_once(50, |_| {
        let (network, application) = (server().clankdin(), support::application(&name));
        async move { network.register(&application).await }
    })
    .await;
    assert_eq!(count_of(&answers, 201), 50, "{answers:?}");
    let mut handles: Vec<&str> = answers.iter().filter_map(|answer| answer["agent"]["handle"].as_str()).collect();
    handles.sort_unstable();
    handles.dedup();
    assert_eq!(handles.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_registrations_of_one_name_one_succeeds() {
    let name = unique("Tom");
    let answers = at_once(20, |_| {
        let (network, name) = (server().clawnet(), name.clone());
        async move { network.register(&name).await }
    })
    .await;
    assert_eq!((count_of(&answers, 201), count_of(&answers, 409)), (1, 19));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn follows_at_once_count_once() {
    let (site, mails) = (server().clankspace(), server().mails());
    let (kai, zoe) = (site.join(&mails, &unique("kai")).await, site.join(&mails, &unique("zoe")).await);
    let answers = at_once(30, |number| {
        let (own, other) =
            if number % 2 == 0 { (kai.clone(), zoe.name.clone()) } else { (zoe.clone(), kai.name.clone()) };
        async move { own.follow(&other).await }
    })
    .await;
    assert_eq!(count_of(&answers, 200), 30);
    for user in [kai, zoe] {
        let me = user.me().await.ok();
        assert_eq!((&me["following_count"], &me["follower_count"]), (&json!(2), &json!(1)), "mot and the other");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_works_once_however_many_try() {
    let (site, email) = (server().clankspace(), format!("{}@example.com", unique("kai")));
    let _ = site.request_code(&email).await.is(200);
    let code = server().mails().code(&email, 1).await;
    let answers = at_once(20, |_| {
        let (site, email, code) = (site.clone(), email.clone(), code.clone());
        async move { site.verify_code(&email, &code).await }
    })
    .await;
    assert_eq!((count_of(&answers, 200), count_of(&answers, 401)), (1, 19));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_of_messages_keeps_its_order_and_its_count() {
    let (tom, sam) = (server().clawnet().join(&unique("Tom")).await, server().clawnet().join(&unique("Sam")).await);
    let answers = at_once(40, |number| {
        let (tom, to) = (tom.clone(), sam.name.clone());
        async move { tom.send(&to, &format!("message {number}")).await }
    })
    .await;
    assert_eq!(count_of(&answers, 201), 40);
    let inbox = sam.inbox("?limit=200").await.ok();
    let ids = inbox.each("messages", "id");
    assert!(ids.is_sorted() && ids.len() == 40, "an inbox is oldest first");
    let acknowledged = at_once(80, |number| {
        let (sam, id) = (sam.clone(), ids[number % 40].to_owned());
        async move { sam.acknowledge(&id).await }
    })
    .await;
    assert_eq!(count_of(&acknowledged, 200), 80);
    assert_eq!(sam.check().await.ok()["count"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_gigs_are_enough_however_many_come_at_once() {
    let kai = server().clankdin().join(&unique("kai")).await;
    let gig = json!({"title": "Tidy code for a fair price", "description": "Python, whatever you need.", "gig_type": "offering", "skills": ["Python"]});
    let answers = at_once(12, |_| {
        let (http, gig) = (kai.http.clone(), gig.clone());
        async move { http.post("/gigs", gig).await }
    })
    .await;
    assert_eq!((count_of(&answers, 201), count_of(&answers, 409)), (3, 9), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_ask_each_other_at_once_are_connected() {
    for _ in 0..5 {
        let network = server().clankdin();
        let pair = [network.join(&unique("kai")).await, network.join(&unique("zoe")).await];
        let handles = [pair[1].handle.clone(), pair[0].handle.clone()];
        let answers = at_once(8, |number| {
            let (http, other) = (pair[number % 2].http.clone(), handles[number % 2].clone());
            async move { http.post("/connect", json!({"recipient_handle": other})).await }
        })
        .await;
        assert_eq!(count_of(&answers, 201) + count_of(&answers, 200), 8, "{answers:?}");
        for agent in &pair {
            assert_eq!(agent.me().await.is(200)["agent"]["connection_count"], 1);
            let connections = agent.http.get("/connections?type=connect").await.is(200);
            assert_eq!(connections.each("connections", "status"), ["accepted"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_agents_of_one_name_both_register() {
    let name = unique("Data Bot");
    let answers = at_once(8, |_| {
        let (network, application) = (server().clankdin(), support::application(&name));
        async move { network.register(&application).await }
    })
    .await;
    let handles: std::collections::BTreeSet<String> =
        answers.iter().map(|answer| answer["agent"]["handle"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!((count_of(&answers, 201), handles.len()), (8, 8), "{handles:?}");
}

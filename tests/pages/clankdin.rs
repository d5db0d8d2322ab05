//! ClankdIn's pages.
#![expect(clippy::indexing_slicing, clippy::string_slice, reason = "a test that cannot go on stops, and says where")]

use support::{Browser, ClankdIn, Networks as _, Value, application, gig, job, json, organization, tokio, unique};
use tokio::sync::OnceCell;

use crate::{HOSTILE, NAME, follow_links, hostile, look, look_at_failure, look_with_weak_eyes, server};

/// Skills that are found by a query, and one that is wider than a phone.
const SKILLS: [&str; 3] = ["C++", "CI/CD", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"];

/// An agent that has said everything, with what others have said to it.
struct Scene {
    handle: String,
    post: String,
    organization: String,
    job: String,
}

impl Scene {
    /// Every page that shows something of it.
    fn paths(&self) -> [String; 9] {
        let Self { handle, post, organization, job } = self;
        [
            "/".to_owned(),
            "/?category=wins".to_owned(),
            format!("/feed/{post}/"),
            "/clankrs/".to_owned(),
            format!("/clankrs/{handle}"),
            "/organizations/".to_owned(),
            format!("/organizations/{organization}/"),
            "/jobs/".to_owned(),
            format!("/jobs/{job}/"),
        ]
    }
}

fn with(mut body: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

/// The one scene that all tests here look at. The first page of the feed shows the newest posts: of several scenes, one would crowd out
/// another.
async fn scene() -> &'static Scene {
    static SCENE: OnceCell<Scene> = OnceCell::const_new();
    SCENE.get_or_init(set_scene).await
}

async fn set_scene() -> Scene {
    let clankdin = server().clankdin();
    let other = clankdin.join(&unique("sam")).await;
    let long = "x".repeat(900);
    let fields = json!({
        "tagline": HOSTILE[1], "bio": format!("{} https://example.com/{long} {}", HOSTILE[0], HOSTILE[4]),
        "skills": SKILLS, "languages": ["English", HOSTILE[5]], "strengths": [HOSTILE[1], "w".repeat(90)],
    });
    let name = format!("{NAME} {}", unique("tom"));
    let registered = clankdin.register(&with(application(&name), fields)).await.is(201);
    let text = |field: &str| registered["agent"][field].as_str().expect("handle and key are text").to_owned();
    let agent = clankdin.known(&text("handle"), &text("api_key"));
    let task = json!({"task": HOSTILE[0], "category": "working"});
    let _ = agent.put("/agents/me/current-task", task).await.ok();
    let endorsed = format!("/agents/{}/skills/C%2B%2B/endorse", agent.handle);
    let _ = other.http.post_nothing(&endorsed).await.ok();
    let post = converse(&agent, &other, &long).await;
    let organization = unique("sheep");
    let job = work(&agent, &organization).await;
    Scene { handle: agent.handle, post, organization, job }
}

/// Has both post and comment, and returns the post with the comments.
async fn converse(agent: &ClankdIn, other: &ClankdIn, long: &str) -> String {
    for text in HOSTILE.into_iter().chain([long]) {
        let _ = agent.posted(text).await;
    }
    let content = format!("Dear @{}, see https://example.com/{}?", other.handle, "y".repeat(300));
    let posted = agent.http.post("/feed", json!({"content": content, "category": "wins"})).await.is(201);
    let post = posted["post"]["id"].as_str().expect("a post has an id").to_owned();
    let _ = other.pinch(&post).await.ok();
    let mut last = Value::Null;
    for text in HOSTILE.into_iter().chain([&long[..400]]) {
        let comment = json!({"content": text, "reply_to_id": last});
        last = other.http.post(&format!("/feed/{post}/comments"), comment).await.is(201)["comment"]["id"].clone();
    }
    let _ = agent.comment(&post, "It is fine.\n\n\tIndented, and on lines of its own.").await.is(201);
    post
}

/// Founds an organization, posts a job of it and a gig, and returns the job's id.
async fn work(agent: &ClankdIn, handle: &str) -> String {
    let fields = json!({
        "name": NAME, "tagline": HOSTILE[1], "description": HOSTILE.join("\n\n"), "website": "https://example.com/sheep",
    });
    let _ = agent.found(with(organization(handle), fields)).await.is(201);
    let fields = json!({"description": HOSTILE.join("\n\n"), "skills": SKILLS});
    let _ = agent.http.post("/gigs", with(gig(HOSTILE[0]), fields.clone())).await.is(201);
    let posting = with(with(job(HOSTILE[1]), fields), json!({"organization": handle}));
    agent.offer(posting).await.is(201)["job"]["id"].as_str().expect("a job has an id").to_owned()
}

#[tokio::test]
async fn every_page_can_be_read_on_every_screen() {
    let [feed, wins, thread, clankrs, clankr, organizations, organization, jobs, job] = scene().await.paths();
    let (mut browser, http) = (Browser::start(), server().clankdin().http);
    let mut look = |path: &str, expected: &[&str]| look(&mut browser, &http, path, expected);
    look(&feed, &hostile(&["ClankdIn", "Water cooler", NAME]));
    look(&wins, &["Wins", "Dear @"]);
    look(&thread, &hostile(&["Dear @", "It is fine."]));
    look(&clankrs, &[NAME, HOSTILE[1], "C++"]);
    look("/clankrs/?skill=C%2B%2B", &["Clankrs for C++"]);
    look(&clankr, &hostile(&[NAME, "In short", "Claude 3.5"]));
    look(&organizations, &[NAME, HOSTILE[1], "Hiring"]);
    look(&organization, &hostile(&[NAME, "Open jobs", "example.com/sheep"]));
    look(&jobs, &[HOSTILE[1], "Contract"]);
    look(&job, &hostile(&["What it takes", "Apply"]));
    look("/gigs/", &hostile(&[NAME, "Offering"]));
}

#[tokio::test]
async fn no_link_leads_nowhere() {
    let (paths, http) = (scene().await.paths(), server().clankdin().http);
    let paths: Vec<&str> = paths.iter().map(String::as_str).chain(["/gigs/"]).collect();
    let links = follow_links(&mut Browser::start(), &http, &paths).await;
    for path in ["/docs", "/skill.md", "/openapi.json", "/gigs/", "/clankrs/?skill=CI%2FCD"] {
        assert!(links.contains(&format!("{}{path}", http.base())), "{path}");
    }
}

#[tokio::test]
async fn a_page_for_what_is_not_there_can_be_read() {
    let (mut browser, http) = (Browser::start(), server().clankdin().http);
    for (path, status) in [
        ("/clankrs/nobody_at_all", "404"),
        ("/feed/nothing/", "404"),
        ("/jobs/nothing/", "404"),
        ("/?category=gossip", "400"),
    ] {
        look_at_failure(&mut browser, &http, path, status);
    }
}

#[tokio::test]
async fn a_page_can_be_used_without_a_mouse_and_with_weak_eyes() {
    let (paths, http) = (scene().await.paths(), server().clankdin().http);
    let paths: Vec<&str> = paths.iter().map(String::as_str).chain(["/gigs/", "/clankrs/nobody_at_all"]).collect();
    look_with_weak_eyes(&mut Browser::start(), &http, &paths);
}

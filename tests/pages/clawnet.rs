//! ClawNet's pages.

use support::{Browser, Networks as _, json, tokio, unique};
use tokio::sync::OnceCell;

use crate::{HOSTILE, NAME, follow_links, hostile, look, look_at_failure, look_with_weak_eyes, server};

/// An agent that has said everything, with what others have said to it.
struct Scene {
    name: String,
    root: String,
    reply: String,
    tag: String,
}

/// The one scene that all tests here look at. The first page of the feed shows the newest posts: of several scenes, one would crowd out
/// another.
async fn scene() -> &'static Scene {
    static SCENE: OnceCell<Scene> = OnceCell::const_new();
    SCENE.get_or_init(set_scene).await
}

async fn set_scene() -> Scene {
    let clawnet = server().clawnet();
    let (agent, other) = (clawnet.join(&unique("tom")).await, clawnet.join(&unique("sam")).await);
    let tag = unique("tag");
    let long = "x".repeat(1_000);
    for text in HOSTILE.into_iter().chain([&*long]) {
        let _ = agent.posted(text).await;
    }
    let about = format!("Dear @{}, what of #{tag}? See https://example.com/{long}?", other.name);
    let root = agent.posted(&about).await;
    let reply = other.replied(&root, "It is fine.\n\n\tIndented, and on lines of its own.").await;
    for text in HOSTILE {
        let _ = other.replied(&reply, text).await;
    }
    let _ = other.replied(&root, &long).await;
    let quote = json!({"content": "Worth reading", "quoted_post_id": root});
    let _ = other.http.post("/posts", quote).await.is(201);
    for action in ["react", "repost"] {
        let _ = other.do_to_post(action, &root).await.ok();
    }
    let bio = json!({"bio": format!("{} {}", HOSTILE[1], "w".repeat(100)), "display_name": NAME});
    let _ = agent.http.json("PATCH", "/me", &bio).await.ok();
    let capabilities = json!({"capabilities": ["code-review", "python", "y".repeat(40)]});
    let _ = agent.http.json("PATCH", "/me/capabilities", &capabilities).await.ok();
    Scene { name: agent.name, root, reply, tag }
}

#[tokio::test]
async fn every_page_can_be_read_on_every_screen() {
    let Scene { name, root, reply, tag } = scene().await;
    let (mut browser, http) = (Browser::start(), server().clawnet().http);
    let mut look = |path: &str, expected: &[&str]| look(&mut browser, &http, path, expected);
    look("/", &hostile(&["ClawNet", "Worth reading"]));
    look(&format!("/?hashtag={tag}"), &[&format!("#{tag}"), "Dear @"]);
    look("/agents/", &[name, HOSTILE[1], NAME, "code-review"]);
    look("/agents/?capability=code-review", &["Agents for code-review"]);
    look(&format!("/agents/{name}/"), &hostile(&[NAME, "Posts and replies"]));
    look(&format!("/posts/{root}/"), &hostile(&["It is fine.", "Replies"]));
    look(&format!("/posts/{reply}/"), &hostile(&["It is fine."]));
}

#[tokio::test]
async fn no_link_leads_nowhere() {
    let (Scene { name, root, .. }, http) = (scene().await, server().clawnet().http);
    let paths = ["/", "/agents/", &format!("/agents/{name}/"), &format!("/posts/{root}/")];
    let links = follow_links(&mut Browser::start(), &http, &paths).await;
    for path in ["/docs", "/skill.md", "/openapi.json"] {
        assert!(links.contains(&format!("{}{path}", http.base())), "{path}");
    }
}

#[tokio::test]
async fn a_page_for_what_is_not_there_can_be_read() {
    let (mut browser, http) = (Browser::start(), server().clawnet().http);
    for (path, status) in [("/agents/nobody_at_all/", "404"), ("/posts/nothing/", "404"), ("/?before=yesterday", "400")]
    {
        look_at_failure(&mut browser, &http, path, status);
    }
}

#[tokio::test]
async fn a_page_can_be_used_without_a_mouse_and_with_weak_eyes() {
    let (Scene { name, root, .. }, http) = (scene().await, server().clawnet().http);
    let paths = ["/", "/agents/", &format!("/agents/{name}/"), &format!("/posts/{root}/")];
    look_with_weak_eyes(&mut Browser::start(), &http, &paths);
}

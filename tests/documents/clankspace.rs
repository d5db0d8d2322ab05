//! Clankspace's skill file: an agent that knows nothing else gets in by mail, takes part, and leaves.

use support::{Http, Networks as _, json, unique};

use super::call::{Call, shell_blocks};
use crate::server;

/// Each of its calls is made, in its order.
#[tokio::test]
async fn an_agent_joins_from_the_skill_file_alone() {
    let answer = server().clankspace().http.get("/skill.md").await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/markdown; charset=utf-8"));
    let (skill, base) = (answer.text(), format!("{}/clankspace", server().origin()));
    assert!(skill.starts_with("---\nname: clankspace\ndescription: "), "{skill}");
    let (http, mails) = (Http::new(&base), server().mails());
    let (name, other) = (unique("reader"), server().clankspace().join(&mails, &unique("writer")).await);
    let theirs = other.post("Does anybody read this?").await.is(201)["post"]["created_at"].clone();
    let theirs = theirs.as_str().expect("an instant").to_owned();
    let email = format!("{name}@example.com");
    let (mut code, mut ticket, mut token, mut own) = (String::new(), String::new(), String::new(), String::new());
    let mut made = Vec::new();
    for block in shell_blocks(&skill) {
        let line = [
            ("YourName", name.as_str()),
            ("other_user", &other.name),
            ("you@example.com", &email),
            ("\"CODE\"", &format!("\"{code}\"")),
            ("SIGNUP_TOKEN", &ticket),
            ("THEIR_CREATED_AT", &theirs),
            ("CREATED_AT", &own),
            ("$(cat ~/.clankspace-token)", &token),
        ]
        .into_iter()
        .fold(block, |line, (placeholder, value)| line.replace(placeholder, value));
        let call = Call::parse(&line, &base);
        made.push(format!("{} {}", call.method, call.path.split('?').next().unwrap_or_default()));
        let answer = call.make(&http).await.ok();
        match (call.method.as_str(), call.path.as_str()) {
            (_, "/auth/request-code") => code = mails.code(&email, 1).await,
            (_, "/auth/verify-code") => answer.string("signup_token").clone_into(&mut ticket),
            (_, "/auth/signup") => answer.string("token").clone_into(&mut token),
            ("POST", "/posts") => {
                own = answer["post"]["created_at"].as_str().expect("an instant").to_owned();
                assert_eq!(other.posts_of(&name, "").await.is(200).each("posts", "created_at"), [own.as_str()]);
            }
            ("DELETE", "/posts") => assert!(other.posts_of(&name, "").await.is(200).list("posts").is_empty()),
            ("POST", path) if path.starts_with("/follow/") => {
                assert_eq!(other.me().await.is(200)["follower_count"], json!(1));
            }
            _ => {}
        }
    }
    assert!(made.len() > 15 && made.last().is_some_and(|call| call == "DELETE /me"), "{made:?}");
    let reported = other.known("the operator", &server().admin_token()).reports("?limit=200").await.is(200);
    assert!(
        !reported.list("reports").iter().any(|report| report["post"]["username"] == other.name.as_str()),
        "its reports are gone"
    );
    let _ = other.posts_of(&name, "").await.is(404);
}

//! ClankdIn's skill file: an agent that knows nothing else finds its place and its work.

use support::{Http, Networks as _, json, unique};

use super::call::{Call, shell_blocks};
use crate::server;

/// Each of its calls is made, in its order.
#[tokio::test]
async fn an_agent_joins_from_the_skill_file_alone() {
    let answer = server().clankdin().http.get("/skill.md").await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/markdown; charset=utf-8"));
    let (skill, base) = (answer.text(), format!("{}/clankdin", server().origin()));
    assert!(skill.starts_with("---\nname: clankdin\ndescription: "), "{skill}");
    let http = Http::new(&base);
    let (name, other) = (unique("reader"), server().clankdin().join(&unique("writer")).await);
    let post = other.posted("Does anybody read this?").await;
    let job = json!({"title": "Keeper of the pipelines", "description": "Keep the data flowing, day and night.", "job_type": "contract", "skills": ["Python"]});
    let job = other.offer(job).await.is(201)["job"]["id"].as_str().expect("a job has an id").to_owned();
    let mut key = String::new();
    let mut made = Vec::new();
    for block in shell_blocks(&skill) {
        let line = [
            ("YourName", name.as_str()),
            ("other_agent", &other.handle),
            ("POST_ID", &post),
            ("JOB_ID", &job),
            ("$(cat ~/.clankdin-key)", &key),
        ]
        .into_iter()
        .fold(block, |line, (placeholder, value)| line.replace(placeholder, value));
        let call = Call::parse(&line, &base);
        made.push(format!("{} {}", call.method, call.path.split('?').next().unwrap_or_default()));
        let answer = call.make(&http).await.ok();
        if call.path == "/agents/register" {
            answer["agent"]["api_key"].as_str().expect("a key").clone_into(&mut key);
        }
    }
    assert!(made.len() > 20, "{made:?}");
    let read = other.thread(&post).await.is(200);
    assert_eq!((&read["post"]["comment_count"], &read["post"]["pinch_count"]), (&json!(1), &json!(1)));
    let profile = other.me().await.is(200);
    let counts = ["backer_count", "follower_count", "connection_count"].map(|count| profile["agent"][count].clone());
    assert_eq!(counts, [json!(1), json!(1), json!(0)], "a connection waits for its answer");
    assert_eq!(profile["agent"]["skills"][0]["endorsement_count"], 1);
    let applications = other.http.get(&format!("/jobs/{job}/applications")).await.is(200);
    assert_eq!(applications.list("applications").len(), 1);
}

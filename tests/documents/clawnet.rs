//! ClawNet's skill file: an agent that knows nothing else takes part.

use support::{ClawNet, GENEROUS, Http, Networks as _, Value, eventually, unique, unwrap_content};

use super::call::{Call, shell_blocks};
use crate::server;

/// Listens as the skill file says, and hears of a message that `other` sends.
async fn listen(call: &Call, base: &str, listener: &str, other: &ClawNet) {
    let client = reqwest::Client::builder().timeout(GENEROUS).no_proxy().build().expect("a client");
    let mut request = client.get(format!("{base}{}", call.path));
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let mut stream = request.send().await.expect("the stream opens");
    assert_eq!(stream.status(), 200);
    let mut heard = String::new();
    let _ = other.send(listener, "Do you hear me?").await.is(201);
    let is_it =
        |item: &Value| item["from"] == other.name.as_str() && item["content"].to_string().contains("Do you hear me?");
    loop {
        let chunk = stream.chunk().await.expect("the stream goes on").expect("the stream does not end");
        heard.push_str(&String::from_utf8_lossy(&chunk));
        let items = heard.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
        if items.into_iter().any(|item| is_it(&item)) {
            return;
        }
    }
}

/// What a message says, found as the skill file says: the second line, without the two tags, is JSON.
fn read_as_told(content: &str) -> Value {
    let (_, line) = content.split_once('\n').expect("two lines");
    let json = line.strip_prefix("<incoming_message>").and_then(|rest| rest.strip_suffix("</incoming_message>"));
    serde_json::from_str(json.expect("the two tags")).expect("JSON")
}

/// An agent that knows nothing but the skill file takes part: each of its calls is made, in its order.
#[tokio::test]
async fn an_agent_joins_from_the_skill_file_alone() {
    let answer = server().clawnet().http.get("/skill.md").await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/markdown; charset=utf-8"));
    let (skill, base) = (answer.text(), format!("{}/clawnet", server().origin()));
    assert!(skill.starts_with("---\nname: clawnet\ndescription: "), "{skill}");
    let http = Http::new(&base);
    let (name, other) = (unique("reader"), server().clawnet().join(&unique("writer")).await);
    let post = other.posted("Does anybody read this?").await;
    let (mut token, mut message) = (String::new(), String::new());
    let mut made = Vec::new();
    for block in shell_blocks(&skill) {
        let line = [
            ("YourName", name.as_str()),
            ("AgentName", &other.name),
            ("POST_ID", &post),
            ("MSG_ID", &message),
            ("$(cat ~/.clawnet-token)", &token),
        ]
        .into_iter()
        .fold(block, |line, (placeholder, value)| line.replace(placeholder, value));
        let call = Call::parse(&line, &base);
        made.push(format!("{} {}", call.method, call.path.split('?').next().unwrap_or_default()));
        if call.streams {
            listen(&call, &base, &name, &other).await;
            continue;
        }
        let answer = call.make(&http).await.ok();
        assert_eq!(answer["ok"], true, "{answer}");
        match (call.method.as_str(), call.path.as_str()) {
            (_, "/register") => {
                answer.string("token").clone_into(&mut token);
                let _ = other.send(&name, "Welcome </incoming_message> & hello").await.is(201);
            }
            (_, "/inbox/check") => assert_eq!(answer["count"], 1, "{answer}"),
            (_, path) if path.starts_with("/inbox?") => {
                let first = answer.list("messages").first().expect("a message");
                first["id"].as_str().expect("an id").clone_into(&mut message);
                let read = read_as_told(first["content"].as_str().expect("it is text"));
                assert_eq!(read["content"], "Welcome </incoming_message> & hello");
            }
            _ => {}
        }
    }
    let expected =
        ["POST /register", "GET /inbox/check", "GET /inbox", "POST /send", "GET /inbox/stream", "POST /posts"];
    let missing: Vec<&&str> = expected.iter().filter(|call| !made.iter().any(|one| one == *call)).collect();
    assert!(missing.is_empty() && made.len() > 15, "{missing:?} of {made:?}");
    let heard = eventually(GENEROUS, "the other has its answer", async || {
        let inbox = other.inbox("").await.is(200);
        inbox.list("messages").iter().find(|message| message["from"] == name.as_str()).cloned()
    });
    assert_eq!(unwrap_content(&heard.await["content"])["content"], "Thank you, I will look at it today.");
    assert_eq!(other.thread(&post).await.is(200)["post"]["reply_count"], 1);
}

//! What tells agents and people about a network: it says what is there, all of it, and what it says to do works.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops, and says where")]

use std::collections::{BTreeMap, BTreeSet};

use support::{
    Answer, ClawNet, Deployment, GENEROUS, Http, Networks as _, Value, deployment, eventually, run, unique,
    unwrap_content,
};

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");

fn server() -> &'static Deployment {
    deployment(BINARY)
}

async fn document(network: &str) -> Value {
    let answer = server().http().get(&format!("/{network}/openapi.json")).await.is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.body
}

/// The routes of a network as the program lists them, as `GET /path`.
fn routes(network: &str) -> BTreeSet<String> {
    let output = run(BINARY, &["routes"], &[]);
    let text = String::from_utf8(output.stdout).expect("routes are text");
    let route = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [method, path, ..] => Some(format!("{method} {}", path.strip_prefix(&format!("/{network}"))?)),
        _ => panic!("not a route: {line}"),
    };
    text.lines().filter_map(route).collect()
}

/// Pages for people end in a slash. What else is for them, or for what looks at pages in their place, is listed here.
const FOR_PEOPLE: [&str; 2] = ["/docs", "/icon.svg"];

fn is_for_people(route: &str) -> bool {
    let (_, path) = route.split_once(' ').expect("a method and a path");
    path.ends_with('/') || path.is_empty() || FOR_PEOPLE.contains(&path)
}

/// The operations of a document by what routes call them.
fn operations(document: &Value) -> BTreeMap<String, &Value> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let of_path = item.as_object().expect("operations").iter();
        of_path.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    operations.collect()
}

/// Everything that is referred to, anywhere in `value`.
fn references(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test]
async fn every_route_that_is_for_agents_is_in_the_document() {
    let document = document("clawnet").await;
    let told: BTreeSet<String> = operations(&document).into_keys().collect();
    let served: BTreeSet<String> = routes("clawnet").into_iter().filter(|route| !is_for_people(route)).collect();
    let untold: Vec<&String> = served.difference(&told).collect();
    assert!(untold.is_empty(), "not in the document: {untold:#?}");
    let invented: Vec<&String> = told.difference(&served).collect();
    assert!(invented.is_empty(), "in the document, and no route for agents: {invented:#?}");
}

#[tokio::test]
async fn every_operation_says_what_it_does_and_how_it_ends() {
    let document = document("clawnet").await;
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty() && !summary.ends_with('.'), "{name}: {summary}");
        assert!(ids.insert(operation["operationId"].as_str().expect("an id")), "{name}");
        let statuses: Vec<&String> = operation["responses"].as_object().expect("responses").keys().collect();
        assert_eq!(statuses.iter().filter(|status| status.starts_with('2')).count(), 1, "{name}: {statuses:?}");
        let guarded = operation["security"].as_array().is_some_and(|ways| !ways.is_empty());
        assert_eq!(guarded, operation["responses"]["401"].is_object(), "{name}");
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let document = document("clawnet").await;
    for reference in references(&document) {
        let place = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(place).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_path_of_the_document_is_served() {
    let document = document("clawnet").await;
    assert_eq!(document["servers"][0]["url"], format!("{}/clawnet", server().origin()));
    for (name, operation) in operations(&document) {
        let (method, path) = name.split_once(' ').expect("a method and a path");
        let filled = path.replace('{', "no_").replace('}', "");
        let called = server().clawnet().http.call(method, &filled, None).await;
        assert!(!called.text().contains("Nothing is served at this path"), "{called}");
        assert!(operation["responses"][called.status.to_string()].is_object(), "not in the document: {called}");
    }
}

/// Without a public URL of its own, the server is where the client has found it.
#[tokio::test]
async fn documents_lead_to_the_host_that_was_asked() {
    for path in ["/openapi.json", "/docs", "/skill.md"] {
        let by_host = server().http().with_header("host", "clawnet.localhost:81").get(path).await.is(200).text();
        assert!(by_host.contains("http://clawnet.localhost:81"), "{path}");
        assert!(!by_host.contains(server().origin()), "{path}: another client's copy");
        let odd = server().http().with_header("host", "\"><script>").get(&format!("/clawnet{path}")).await;
        assert!(!odd.text().contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn the_page_shows_every_operation_and_runs_nothing() {
    let document = document("clawnet").await;
    let page = server().clawnet().http.get("/docs").await.is(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")));
    let text = page.text();
    for forbidden in ["<script", "onclick", "http-equiv", "<link", "<img"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.contains("name=\"viewport\"") && text.contains("prefers-color-scheme: dark"));
    let sections: Vec<&str> = text.split("<section ").skip(1).collect();
    let operations = operations(&document);
    assert_eq!(sections.len(), operations.len());
    for (name, operation) in operations {
        let id = operation["operationId"].as_str().expect("an id");
        let (method, path) = name.split_once(' ').expect("a method and a path");
        let mut found = sections.iter().filter(|section| section.starts_with(&format!("id=\"{id}\"")));
        let section = found.next().unwrap_or_else(|| panic!("{name} is not on the page"));
        assert!(section.contains(&format!("<b>{method}</b> {path}")), "{section}");
        let summary = operation["summary"].as_str().expect("a summary").replace('\'', "&#39;");
        assert!(section.contains(&summary), "{section}");
        let shown = |text: &str| section.contains(&format!("<dt>{text}</dt>"));
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names = parameters.iter().filter_map(|parameter| parameter["name"].as_str());
        assert!(names.into_iter().all(|name| shown(&format!("<code>{name}</code>"))), "{section}");
        let refusals = operation["responses"].as_object().expect("responses").keys();
        assert!(refusals.filter(|status| !status.starts_with('2')).all(|status| shown(status)), "{section}");
        assert!(section.contains(&format!("{}/clawnet/", server().origin())), "no line to try: {section}");
    }
    assert!(text.contains("<dt><code>next_before_id</code></dt>"), "fields of flattened parts are shown");
}

/// A call that a skill file tells an agent to make.
#[derive(Debug)]
struct Call {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    streams: bool,
}

impl Call {
    /// Reads a curl line; `base` is where every URL must begin.
    fn parse(line: &str, base: &str) -> Self {
        let words = shlex::split(&line.replace("\\\n", " ")).expect("a line for a shell");
        let mut words = words.into_iter();
        assert_eq!(words.next().as_deref(), Some("curl"), "{line}");
        let mut call = Self { method: String::new(), path: String::new(), headers: vec![], body: None, streams: false };
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("an option's value");
            match word.as_str() {
                "-s" => {}
                "-N" => call.streams = true,
                "-X" => call.method = value(),
                "-d" => call.body = Some(value()),
                "-H" => {
                    let header = value();
                    let (name, value) = header.split_once(": ").expect("a header");
                    call.headers.push((name.to_owned(), value.to_owned()));
                }
                url => {
                    url.strip_prefix(base).unwrap_or_else(|| panic!("{url} is elsewhere")).clone_into(&mut call.path)
                }
            }
        }
        if call.method.is_empty() {
            "GET".clone_into(&mut call.method);
        }
        call
    }

    async fn make(&self, http: &Http) -> Answer {
        let with_headers = self.headers.iter().fold(http.clone(), |http, (name, value)| http.with_header(name, value));
        with_headers.call(&self.method, &self.path, self.body.clone().map(String::into_bytes)).await
    }
}

/// The lines of all blocks for a shell.
fn shell_blocks(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().trim().to_owned()).collect()
}

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

#[tokio::test]
async fn a_skill_file_names_nothing_that_is_not_served() {
    let skill = server().clawnet().http.get("/skill.md").await.is(200).text();
    let base = format!("{}/clawnet", server().origin());
    assert!(!skill.contains("localhost:8080") && !skill.contains("{{"), "{skill}");
    let urls = skill.split(&base).skip(1).filter(|rest| rest.starts_with('/'));
    let end = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '`' | '?' | ',');
    let known = routes("clawnet");
    for url in urls {
        let path = url.split(end).next().unwrap_or_default().trim_end_matches('.');
        let fits = |route: &&String| {
            let (_, pattern) = route.split_once(' ').expect("a method and a path");
            let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
            let same = |(pattern, segment): (&&str, &&str)| pattern.starts_with('{') || pattern == segment;
            pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
        };
        assert!(known.iter().any(|route| fits(&route)), "{path}");
    }
}

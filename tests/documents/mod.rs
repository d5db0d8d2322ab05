//! What tells agents and people about a network: it says what is there, all of it, and what it says to do works.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops, and says where")]

mod call;
mod clankdin;
mod clankspace;
mod clawnet;

use std::collections::{BTreeMap, BTreeSet};

use support::{Networks as _, Value, run};

use crate::{BINARY, server};

/// The networks that have documents.
const DOCUMENTED: [&str; 3] = ["clawnet", "clankspace", "clankdin"];

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

/// Pages for people that do not end in a slash, and what else is for them, or for what looks at pages in their place.
const FOR_PEOPLE: [(&str, &[&str]); 3] = [
    ("clawnet", &["GET /docs", "GET /icon.svg"]),
    (
        "clankspace",
        &[
            "GET /docs",
            "GET /icon.svg",
            "GET /robots.txt",
            "GET /sitemap.xml",
            "GET /terms",
            "GET /privacy",
            "GET /login",
            "POST /login",
            "POST /login/code",
            "GET /signup",
            "POST /signup",
            "POST /logout",
            "GET /settings",
            "GET /agent",
            "POST /agent",
            "POST /agent/generate",
            "POST /settings/delete",
            "GET /feed",
            "GET /following",
            "GET /{name}",
            "GET /leader/{name}",
            "POST /leader/{name}/follow",
            "POST /leader/{name}/unfollow",
            "POST /leader/{name}/block",
            "POST /leader/{name}/unblock",
            "GET /post",
            "POST /post",
            "POST /post/report",
            "POST /post/delete",
            "GET /report/suspended",
            "POST /report/delete",
            "POST /report/dismiss",
            "POST /report/suspend",
            "POST /report/lift",
        ],
    ),
    ("clankdin", &["GET /docs", "GET /icon.svg", "GET /clankrs", "GET /clankrs/{handle}", "GET /claim/{token}"]),
];

fn is_for_people(network: &str, route: &str) -> bool {
    let (_, path) = route.split_once(' ').expect("a method and a path");
    let listed = FOR_PEOPLE.iter().any(|(of, routes)| *of == network && routes.contains(&route));
    path.ends_with('/') || path.is_empty() || listed
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
    for network in DOCUMENTED {
        let document = document(network).await;
        let told: BTreeSet<String> = operations(&document).into_keys().collect();
        let served: BTreeSet<String> =
            routes(network).into_iter().filter(|route| !is_for_people(network, route)).collect();
        let untold: Vec<&String> = served.difference(&told).collect();
        assert!(untold.is_empty(), "not in the document: {untold:#?}");
        let invented: Vec<&String> = told.difference(&served).collect();
        assert!(invented.is_empty(), "in the document, and no route for agents: {invented:#?}");
    }
}

#[tokio::test]
async fn every_operation_says_what_it_does_and_how_it_ends() {
    for network in DOCUMENTED {
        let document = document(network).await;
        let mut ids = BTreeSet::new();
        for (name, operation) in operations(&document) {
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(!summary.is_empty() && !summary.ends_with('.'), "{name}: {summary}");
            assert!(ids.insert(operation["operationId"].as_str().expect("an id")), "{name}");
            let statuses: Vec<&String> = operation["responses"].as_object().expect("responses").keys().collect();
            let ends: Vec<&str> =
                statuses.iter().filter(|status| status.starts_with('2')).map(|status| status.as_str()).collect();
            assert!(matches!(*ends, [_] | ["200", "201"]), "{name}: {statuses:?}");
            let guarded = operation["security"].as_array().is_some_and(|ways| !ways.is_empty());
            // Signing in has a 401 of its own, for a wrong code or ticket.
            let refuses = operation["responses"]["401"].is_object();
            assert!(guarded == refuses || (refuses && name.contains(" /auth/")), "{name}");
        }
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    for network in DOCUMENTED {
        let document = document(network).await;
        for reference in references(&document) {
            let place = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(place).is_some(), "{reference}");
        }
    }
}

#[tokio::test]
async fn every_path_of_the_document_is_served() {
    // Where a page is at the same path, the document is of what is not one.
    let http = server().http().with_header("accept", "application/json");
    for network in DOCUMENTED {
        let document = document(network).await;
        assert_eq!(document["servers"][0]["url"], format!("{}/{network}", server().origin()));
        for (name, operation) in operations(&document) {
            let (method, path) = name.split_once(' ').expect("a method and a path");
            let filled = path.replace('{', "no_").replace('}', "");
            let called = http.call(method, &format!("/{network}{filled}"), None).await;
            assert!(!called.text().contains("Nothing is served at this path"), "{called}");
            assert!(operation["responses"][called.status.to_string()].is_object(), "not in the document: {called}");
        }
    }
}

/// Without a public URL of its own, the server is where the client has found it.
#[tokio::test]
async fn documents_lead_to_the_host_that_was_asked() {
    let paths = ["/openapi.json", "/docs", "/skill.md"];
    for (network, path) in DOCUMENTED.iter().flat_map(|network| paths.map(|path| (network, path))) {
        let host = format!("{network}.localhost:81");
        let by_host = server().http().with_header("host", &host).get(path).await.is(200).text();
        assert!(by_host.contains(&format!("http://{host}")), "{path}");
        assert!(!by_host.contains(server().origin()), "{path}: another client's copy");
        let odd = server().http().with_header("host", "\"><script>").get(&format!("/{network}{path}")).await;
        assert!(!odd.text().contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn the_page_shows_every_operation_and_runs_nothing() {
    for network in DOCUMENTED {
        let document = document(network).await;
        let page = server().http().get(&format!("/{network}/docs")).await.is(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")));
        let text = page.text();
        for forbidden in ["<script", "onclick", "http-equiv", "stylesheet", "<img"] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        let address = format!("{}/{network}/docs", server().origin());
        let links: Vec<&str> = text.split("<link ").skip(1).filter_map(|link| link.split('>').next()).collect();
        assert_eq!(links, [format!("rel=\"canonical\" href=\"{address}\"")]);
        assert!(text.contains(&format!("<meta property=\"og:url\" content=\"{address}\">")), "{address}");
        for name in ["site_name", "title", "description", "type"] {
            assert!(text.contains(&format!("<meta property=\"og:{name}\" content=\"")), "{name}");
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
            assert!(section.contains(&format!("{}/{network}/", server().origin())), "no line to try: {section}");
        }
        assert!(text.contains("<dt><code>next_before_id</code></dt>"), "fields of flattened parts are shown");
    }
}

#[tokio::test]
async fn a_skill_file_names_nothing_that_is_not_served() {
    for network in DOCUMENTED {
        let skill = server().http().get(&format!("/{network}/skill.md")).await.is(200).text();
        let base = format!("{}/{network}", server().origin());
        assert!(!skill.contains("localhost:8080") && !skill.contains("{{"), "{skill}");
        let urls = skill.split(&base).skip(1).filter(|rest| rest.starts_with('/'));
        let end = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '`' | '?' | ',');
        let known = routes(network);
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
}

//! A network's document as a page for people.

use askama::Template;
use models::{Error, Result};
use serde_json::Value;

use super::schema::{Field, Schemas};

#[derive(Template)]
#[template(path = "docs.html")]
struct Page<'a> {
    title: &'a str,
    description: &'a str,
    version: &'a str,
    base: &'a str,
    groups: Vec<Group<'a>>,
}

/// The operations of one service.
struct Group<'a> {
    name: &'a str,
    operations: Vec<Operation<'a>>,
}

struct Operation<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    summary: &'a str,
    caller: &'static str,
    parameters: Vec<Parameter<'a>>,
    body: Vec<Field>,
    answers: Vec<Answer<'a>>,
    refusals: Vec<(&'a str, &'a str)>,
    curl: String,
}

struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    kind: String,
    text: String,
}

struct Answer<'a> {
    status: &'a str,
    kind: &'a str,
    fields: Vec<Field>,
}

/// The page that shows `document`.
///
/// # Errors
/// [`Error::Internal`] where the template cannot be filled.
pub fn render(document: &Value) -> Result<String> {
    let info = |name: &str| text(document.get("info"), name);
    let servers = document.get("servers").and_then(Value::as_array);
    let page = Page {
        title: info("title"),
        description: info("description"),
        version: info("version"),
        base: text(servers.and_then(|servers| servers.first()), "url"),
        groups: groups(document),
    };
    page.render().map_err(Error::internal)
}

fn text<'a>(object: Option<&'a Value>, name: &str) -> &'a str {
    object.and_then(|object| object.get(name)?.as_str()).unwrap_or_default()
}

fn entries<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object.get(name).and_then(Value::as_object).into_iter().flatten()
}

fn groups(document: &Value) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (path, item) in entries(document, "paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let name = operation.get("tags").and_then(|tags| tags.get(0)?.as_str()).unwrap_or_default();
            let operation = Operation::of(document, path, method, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group { name, operations: vec![operation] }),
            }
        }
    }
    groups
}

impl<'a> Operation<'a> {
    fn of(document: &'a Value, path: &'a str, method: &str, operation: &'a Value) -> Self {
        let schemas = Schemas(document);
        let body = operation.get("requestBody").and_then(json_schema);
        let (answers, refusals): (Vec<_>, Vec<_>) =
            entries(operation, "responses").partition(|(status, _)| status.starts_with('2'));
        Self {
            id: text(Some(operation), "operationId"),
            method: method.to_uppercase(),
            path,
            summary: text(Some(operation), "summary"),
            caller: caller(operation),
            parameters: parameters(schemas, operation),
            body: body.map(|body| schemas.fields(body)).unwrap_or_default(),
            answers: answers.into_iter().map(|(status, answer)| Answer::of(schemas, status, answer)).collect(),
            refusals: refusals
                .into_iter()
                .map(|(status, text_of)| (status.as_str(), text(Some(text_of), "description")))
                .collect(),
            curl: curl(document, path, method, operation, body.map(|body| schemas.example(body))),
        }
    }
}

impl<'a> Answer<'a> {
    fn of(schemas: Schemas<'a>, status: &'a str, answer: &'a Value) -> Self {
        let kind = entries(answer, "content").next().map(|(kind, _)| kind.as_str()).unwrap_or_default();
        Self { status, kind, fields: json_schema(answer).map(|schema| schemas.fields(schema)).unwrap_or_default() }
    }
}

/// The schema of what is JSON.
fn json_schema(holder: &Value) -> Option<&Value> {
    holder.get("content")?.get("application/json")?.get("schema")
}

fn caller(operation: &Value) -> &'static str {
    let ways = operation.get("security").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let with = |name: &str| ways.iter().any(|way| way.get(name).is_some());
    let without = ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty));
    match (with("operator"), with("token"), without) {
        (true, true, _) => "a moderator's token, or the operator's",
        (true, false, _) => "the operator's token",
        (_, true, true) => "a token, if you have one",
        (_, true, false) => "your token",
        (false, false, _) => "no token",
    }
}

fn parameters<'a>(schemas: Schemas<'a>, operation: &'a Value) -> Vec<Parameter<'a>> {
    let parameters = operation.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let parameter = |parameter: &'a Value| Parameter {
        name: text(Some(parameter), "name"),
        place: text(Some(parameter), "in"),
        kind: parameter.get("schema").map(|schema| schemas.kind(schema)).unwrap_or_default().replace(" or null", ""),
        text: schemas.text(parameter),
    };
    parameters.iter().map(parameter).collect()
}

/// The call as a line for a shell, with capitals for what the caller puts in.
fn curl(document: &Value, path: &str, method: &str, operation: &Value, body: Option<Value>) -> String {
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => name.to_uppercase(),
        None => segment.to_owned(),
    };
    let path = path.split('/').map(segment).collect::<Vec<_>>().join("/");
    let base = text(document.get("servers").and_then(|servers| servers.get(0)), "url");
    let mut line = match method {
        "get" => format!("curl -s \"{base}{path}\""),
        method => format!("curl -s -X {} \"{base}{path}\"", method.to_uppercase()),
    };
    if operation.get("security").is_some() {
        line.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    }
    if let Some(body) = body {
        line.push_str(&format!(" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'"));
    }
    line
}

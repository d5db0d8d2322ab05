//! A small network's document, looked at from every side.

use std::collections::BTreeSet;

use models::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;

use super::*;
use crate::{
    Account, Action, Answer, ClankdIn, Clankspace, ClawNet, Data, PageQuery, Routes, Tables, delete, get, patch, post,
};

mod sending {
    use super::*;

    #[derive(Deserialize, ToSchema)]
    pub struct Request {
        #[expect(dead_code, reason = "only its type is asked")]
        to: String,
        /// Who else reads it.
        #[expect(dead_code, reason = "only its type is asked")]
        copies: Option<Vec<String>>,
    }

    #[derive(Serialize, ToSchema)]
    pub struct Response {
        ok: bool,
        item: Item,
    }

    #[derive(Serialize, ToSchema)]
    pub struct Item {
        id: String,
    }

    pub async fn send(_: Data, _: Account<ClawNet>, _: Body<ClawNet, Request>) -> Answer<ClawNet, Created<Response>> {
        Ok(Created(Response { ok: true, item: Item { id: "msg_1".to_owned() } }))
    }
}

mod reading {
    use super::*;

    /// The same name as another module's, and nothing else in common.
    #[derive(Serialize, ToSchema)]
    pub struct Response {
        ok: bool,
        items: Vec<Item>,
        #[serde(flatten)]
        next: crate::clawnet::NextPage,
    }

    #[derive(Serialize, ToSchema)]
    pub struct Item {
        at: Timestamp,
        read_at: Option<Timestamp>,
    }

    pub async fn read(_: Data, _: Viewer<ClawNet>, _: Query<ClawNet, PageQuery>) -> Answer<ClawNet, Json<Response>> {
        Ok(Json(Response { ok: true, items: Vec::new(), next: crate::clawnet::next_page(None, |id| id.to_string()) }))
    }
}

/// All of it may be left out.
#[derive(Deserialize, ToSchema)]
struct Changes {
    #[expect(dead_code, reason = "only its type is asked")]
    bio: Option<String>,
}

async fn change(_: Account<ClawNet>, _: Body<ClawNet, Changes>) -> Answer<ClawNet, Json<crate::clawnet::Done>> {
    Ok(Json(crate::clawnet::DONE))
}

async fn forget(_: Account<ClawNet>, _: Path<String>) -> Answer<ClawNet, Json<crate::clawnet::Done>> {
    Ok(Json(crate::clawnet::DONE))
}

async fn page() -> Answer<ClawNet, Html> {
    Ok(Html("".into()))
}

async fn guide() -> Answer<ClawNet, Markdown> {
    Ok(Markdown("".into()))
}

fn entries() -> Vec<Entry> {
    let routes = Routes::<ClawNet>::new("messaging")
        .route(post("/items").limit(Action::ClawNetSend).summary("Send").refuses(&[403, 404]).to(sending::send))
        .route(get("/items").viewer().summary("Read").to(reading::read))
        .route(patch("/me").summary("Change").to(change))
        .route(delete("/items/{name}").operator().summary("Forget").to(forget))
        .route(get("/guide").public().summary("Learn").to(guide))
        .route(get("/page").public().to_undocumented(page));
    let tables = Tables::new(routes, Routes::new("messaging"), Routes::new("messaging"));
    tables.of_network(models::Network::ClawNet)
}

const ABOUT: About = About { title: "Items", description: "Sends items.", version: "1.2.3" };

fn made() -> Value {
    document::<ClawNet>(ABOUT, "http://127.0.0.1:8080/clawnet", &entries()).unwrap()
}

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// Everything that is referred to, anywhere in `value`.
fn references(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn it_is_a_document_of_openapi_3_1_about_this_server() {
    let document = made();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Items");
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["servers"], json!([{"url": "http://127.0.0.1:8080/clawnet"}]));
    let read_back: OpenApi = serde_json::from_value(document).unwrap();
    assert_eq!(read_back.paths.paths.len(), 4);
}

#[test]
fn a_route_is_an_operation_and_a_page_is_none() {
    let document = made();
    let operations: Vec<(&str, &str)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (path.as_str(), method.as_str())))
        .collect();
    let expected =
        [("/guide", "get"), ("/items", "get"), ("/items", "post"), ("/items/{name}", "delete"), ("/me", "patch")];
    assert_eq!(BTreeSet::from_iter(operations), BTreeSet::from(expected));
    let send = &document["paths"]["/items"]["post"];
    assert_eq!((&send["summary"], &send["operationId"]), (&json!("Send"), &json!("post_items")));
    assert_eq!(send["tags"], json!(["messaging"]));
    assert_eq!(document["paths"]["/items/{name}"]["delete"]["operationId"], "delete_items_name");
}

#[test]
fn every_way_to_be_answered_is_told() {
    let paths = &made()["paths"];
    assert_eq!(statuses(&paths["/items"]["post"]), ["201", "400", "401", "403", "404", "413", "429", "500", "503"]);
    assert_eq!(statuses(&paths["/items"]["get"]), ["200", "400", "401", "500", "503"]);
    assert_eq!(statuses(&paths["/items/{name}"]["delete"]), ["200", "401", "404", "500", "503"]);
    assert_eq!(statuses(&paths["/guide"]["get"]), ["200", "500", "503"]);
    let guide = &paths["/guide"]["get"]["responses"];
    assert_eq!(guide["200"]["content"]["text/markdown; charset=utf-8"]["schema"]["type"], "string");
    let refused = &paths["/items"]["post"]["responses"]["429"];
    assert_eq!(refused["headers"]["Retry-After"]["schema"]["type"], "integer");
    assert_eq!(refused["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/ErrorBody");
}

#[test]
fn who_may_call_is_told() {
    let document = made();
    let paths = &document["paths"];
    assert_eq!(paths["/items"]["post"]["security"], json!([{"token": []}]));
    assert_eq!(paths["/items"]["get"]["security"], json!([{}, {"token": []}]), "a token may be left out");
    assert_eq!(paths["/items/{name}"]["delete"]["security"], json!([{"operator": []}]));
    assert!(paths["/guide"]["get"].get("security").is_none());
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert!(schemes.values().all(|scheme| *scheme == json!({"type": "http", "scheme": "bearer"})), "{schemes:?}");
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["operator", "token"]);
}

#[test]
fn what_a_call_reads_is_told() {
    let paths = &made()["paths"];
    let name = json!([{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}]);
    assert_eq!(paths["/items/{name}"]["delete"]["parameters"], name);
    let read = paths["/items"]["get"]["parameters"].as_array().unwrap();
    let parameter = |name: &str| read.iter().find(|parameter| parameter["name"] == name).unwrap();
    assert!(read.iter().all(|parameter| parameter["in"] == "query" && parameter["required"] == false));
    assert_eq!(read.len(), 3);
    let limit = &parameter("limit")["schema"];
    assert!(limit.to_string().contains("integer") && limit["minimum"] == 1, "{limit}");
    assert!(references(parameter("before")).contains("#/components/schemas/Timestamp"));
    assert!(paths["/items"]["post"]["requestBody"]["required"] == true);
    assert!(paths["/me"]["patch"]["requestBody"]["required"] == false, "nothing in it must be there");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = made();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let kept = schemas.keys().map(|name| format!("#/components/schemas/{name}"));
    let unresolved: Vec<String> = references(&document).difference(&kept.collect()).cloned().collect();
    assert!(unresolved.is_empty(), "{unresolved:?}");
}

#[test]
fn one_name_never_stands_for_two_schemas() {
    let document = made();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let names: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    let expected = [
        "Changes",
        "Done",
        "ErrorBody",
        "GetItemsResponse",
        "GetItemsResponseItem",
        "NextPage",
        "PostItemsRequest",
        "PostItemsResponse",
        "PostItemsResponseItem",
        "Timestamp",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!(
        schemas["PostItemsResponse"]["properties"]["item"]["$ref"],
        "#/components/schemas/PostItemsResponseItem"
    );
    assert!(schemas["PostItemsResponseItem"]["properties"]["id"].is_object());
    assert!(schemas["GetItemsResponseItem"]["properties"]["at"].is_object());
}

#[test]
fn what_may_be_null_says_so() {
    let document = made();
    let schemas = &document["components"]["schemas"];
    let next = &schemas["NextPage"]["properties"];
    for field in ["next_before", "next_before_id"] {
        assert!(next[field].to_string().contains("null") && next[field].to_string().contains("string"), "{next}");
    }
    let read_at = &schemas["GetItemsResponseItem"]["properties"]["read_at"];
    assert!(read_at.to_string().contains("null"), "{read_at}");
    assert_eq!(schemas["PostItemsRequest"]["properties"]["copies"]["type"], json!(["array", "null"]));
    assert_eq!(schemas["PostItemsRequest"]["required"], json!(["to"]));
    assert!(references(&schemas["GetItemsResponse"]).contains("#/components/schemas/NextPage"));
}

#[test]
fn every_networks_errors_have_a_schema_of_one_object() {
    fn error<N: Dialect>() -> Value {
        let mut document = document::<N>(ABOUT, "http://localhost", &entries()).unwrap();
        document["components"]["schemas"]["ErrorBody"].take()
    }
    let required = |schema: Value| schema["required"].clone();
    // What only some errors say is not asked of all.
    assert_eq!(required(error::<ClawNet>()), json!(["ok", "error", "message"]));
    assert_eq!(required(error::<Clankspace>()), json!(["error", "code"]));
    assert_eq!(required(error::<ClankdIn>()), json!(["detail"]));
}

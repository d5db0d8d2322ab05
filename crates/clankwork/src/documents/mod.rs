//! What tells agents and people about a network: its OpenAPI document, a page that shows it, and a skill file.
//!
//! They speak of all services' routes, so that they are made here, where all services are known, and are served by whichever
//! process has accounts. Nothing of them changes while a process runs but the address that a client reached it by.

mod page;
mod schema;
mod skill;

use std::sync::LazyLock;

use models::{Network, Result};
use moka::sync::Cache;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::openapi::{self, About};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClawNet, Dialect, Encoded, Html, Markdown, Routes, Tables, get};

use crate::route_map;

/// The service that serves them.
const SERVICE: &str = "auth";
/// Copies that are kept at most. Their key holds what a client called this server, which may be anything.
const COPIES: u64 = 48;

/// A network that is told of.
pub trait Documented: Dialect {
    /// What its document says of it.
    const ABOUT: About;

    /// Its skill file, with links to `base`.
    ///
    /// # Errors
    /// [`models::Error::Internal`] where the template cannot be filled.
    fn skill(base: &str) -> Result<String>;
}

impl Documented for ClawNet {
    const ABOUT: About = About {
        title: "ClawNet",
        description: "Messages between agents, posts and threads, and word of what happened to them.",
        version: env!("CARGO_PKG_VERSION"),
    };

    fn skill(base: &str) -> Result<String> {
        skill::clawnet(base)
    }
}

/// The routes, as those of a service.
pub fn routes() -> Tables {
    Tables::new(of_network::<ClawNet>(), Routes::new(SERVICE), Routes::new(SERVICE))
}

fn of_network<N: Documented>() -> Routes<N> {
    Routes::new(SERVICE)
        .route(get("/openapi.json").public().summary("This document").to(openapi::<N>))
        .route(get("/docs").public().to_undocumented(docs::<N>))
        .route(get("/skill.md").public().summary("How an agent joins and takes part, as a skill file").to(skill::<N>))
}

/// A document in the form of OpenAPI 3.1.
#[derive(Serialize, ToSchema)]
#[schema(value_type = Object)]
struct OpenApiBody(Value);

async fn openapi<N: Documented>(base: BaseUrl<N>) -> Answer<N, Encoded<OpenApiBody>> {
    let make = |base: &str| Encoded::bytes(&OpenApiBody(document::<N>(base)?));
    Ok(Encoded::new(copy::<N>(Kind::OpenApi, &base, make)?))
}

async fn docs<N: Documented>(base: BaseUrl<N>) -> Answer<N, Html> {
    let make = |base: &str| page::render(&document::<N>(base)?).map(Bytes::from);
    Ok(Html(copy::<N>(Kind::Docs, &base, make)?))
}

async fn skill<N: Documented>(base: BaseUrl<N>) -> Answer<N, Markdown> {
    Ok(Markdown(copy::<N>(Kind::Skill, &base, |base| N::skill(base).map(Bytes::from))?))
}

fn document<N: Documented>(base: &str) -> Result<Value> {
    openapi::document::<N>(N::ABOUT, base, &route_map::all().of_network(N::NETWORK))
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Kind {
    OpenApi,
    Docs,
    Skill,
}

/// What is made of a network, of the program's own text and of `base` alone, so that a copy never grows stale.
fn copy<N: Dialect>(kind: Kind, base: &BaseUrl<N>, make: impl FnOnce(&str) -> Result<Bytes>) -> Result<Bytes> {
    static KEPT: LazyLock<Cache<(Network, Kind, String), Bytes>> = LazyLock::new(|| Cache::new(COPIES));
    let key = (N::NETWORK, kind, base.to_string());
    if let Some(bytes) = KEPT.get(&key) {
        return Ok(bytes);
    }
    let bytes = make(&key.2)?;
    KEPT.insert(key, bytes.clone());
    Ok(bytes)
}

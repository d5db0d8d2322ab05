//! The table of what is served.
//!
//! A service lists its routes for each network in a table that reads like a page of the API's document. The same table
//! makes the handlers' gates, the answers to wrong methods, the gateway's map of which service serves what, and
//! the list that the tests walk.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use actix_web::dev::Handler;
use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, HttpResponse, Resource, Responder, ResponseError as _, Scope, guard, web};

use crate::gate::Gate;
use crate::openapi::{DescribeAnswer, DescribeArguments, Description};
use crate::{Action, ClankdIn, Clankspace, ClawNet, Dialect, Failure, Problem};

/// Who may call a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Whoever has an account, with its token.
    Account,
    /// Everybody; whoever sends a token is known, and a wrong one is refused.
    Viewer,
    /// Everybody; a token is not looked at.
    Public,
    /// The operator, and whoever has an account that moderates the network.
    Moderator,
    /// The operator.
    Operator,
}

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The method; `GET` answers `HEAD` too.
    pub method: Method,
    /// The path below the network's, with `{names}` for what varies.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What it counts as.
    pub limit: Option<Action>,
    /// Whether a call with a key comes to its handler although the limit is used up, to be answered as it was before.
    pub is_repeatable: bool,
    /// Whether everybody may ask for it as a page, whose handler sees to who reads.
    pub has_page: bool,
    /// The service that serves it.
    pub service: &'static str,
    /// What it does, in a sentence, for the network's document.
    pub summary: &'static str,
    /// Statuses with which it may refuse, beside those that follow from the rest of this line and from the handler's signature.
    pub refusals: &'static [u16],
    /// Reads the handler's signature for the network's document; `None` where the document leaves the route out.
    pub describe: Option<fn(&mut Description)>,
}

impl Entry {
    /// The route as people name it: `GET /agents/{name}`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A route without its handler yet. Made by [`get`] and its siblings; for accounts alone unless it says otherwise.
#[derive(Debug)]
#[must_use]
pub struct Draft {
    method: Method,
    path: &'static str,
    access: Access,
    limit: Option<Action>,
    is_repeatable: bool,
    has_page: bool,
    summary: &'static str,
    refusals: &'static [u16],
}

const fn draft(method: Method, path: &'static str) -> Draft {
    Draft {
        method,
        path,
        access: Access::Account,
        limit: None,
        is_repeatable: false,
        has_page: false,
        summary: "",
        refusals: &[],
    }
}

/// Begins a route that reads.
pub const fn get(path: &'static str) -> Draft {
    draft(Method::GET, path)
}

/// Begins a route that makes or does something.
pub const fn post(path: &'static str) -> Draft {
    draft(Method::POST, path)
}

/// Begins a route that replaces something.
pub const fn put(path: &'static str) -> Draft {
    draft(Method::PUT, path)
}

/// Begins a route that changes part of something.
pub const fn patch(path: &'static str) -> Draft {
    draft(Method::PATCH, path)
}

/// Begins a route that removes or undoes something.
pub const fn delete(path: &'static str) -> Draft {
    draft(Method::DELETE, path)
}

impl Draft {
    /// Everybody may call it.
    pub const fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    /// Everybody may call it, and it is told who does where a token comes along.
    pub const fn viewer(mut self) -> Self {
        self.access = Access::Viewer;
        self
    }

    /// Only the network's moderators and the operator may call it.
    pub const fn moderator(mut self) -> Self {
        self.access = Access::Moderator;
        self
    }

    /// Only the operator may call it.
    pub const fn operator(mut self) -> Self {
        self.access = Access::Operator;
        self
    }

    /// It counts as this action.
    pub const fn limit(mut self, action: Action) -> Self {
        self.limit = Some(action);
        self
    }

    /// Its handler takes an [`IdempotencyKey`](crate::IdempotencyKey), and does nothing new where that says that the limit is used up.
    pub const fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }

    /// Who comes without a token and does not ask for JSON is let through to a page. Its handler takes a [`Reading`](crate::Reading), and sees
    /// to who reads.
    pub const fn or_page(mut self) -> Self {
        self.has_page = true;
        self
    }

    /// What it does, in a sentence, for the network's document.
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// It may refuse with these statuses, beside those that follow from the table and from the handler's signature.
    pub const fn refuses(mut self, statuses: &'static [u16]) -> Self {
        self.refusals = statuses;
        self
    }

    /// The route with its handler, whose signature the network's document describes.
    pub fn to<F, Args>(self, handler: F) -> Served
    where
        F: Handler<Args>,
        Args: FromRequest + DescribeArguments + 'static,
        F::Output: Responder + DescribeAnswer + 'static,
    {
        let describe = |description: &mut Description| {
            Args::describe(description);
            F::Output::describe(description);
        };
        Served { draft: self, route: web::route().to(handler), describe: Some(describe) }
    }

    /// The route with its handler, left out of the network's document: a page for people, or what has no description yet.
    pub fn to_undocumented<F, Args>(self, handler: F) -> Served
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Served { draft: self, route: web::route().to(handler), describe: None }
    }
}

/// A route with its handler.
#[expect(missing_debug_implementations, reason = "actix's route has none")]
pub struct Served {
    draft: Draft,
    route: actix_web::Route,
    describe: Option<fn(&mut Description)>,
}

/// The routes of one network.
pub struct Routes<N> {
    service: &'static str,
    entries: Vec<(Entry, actix_web::Route)>,
    network: PhantomData<fn() -> N>,
}

impl<N> fmt::Debug for Routes<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.entries.iter().map(|(entry, _)| entry)).finish()
    }
}

impl<N: Dialect> Routes<N> {
    /// An empty table of `service`.
    pub const fn new(service: &'static str) -> Self {
        Self { service, entries: Vec::new(), network: PhantomData }
    }

    /// The table with one more route.
    #[must_use]
    pub fn route(mut self, served: Served) -> Self {
        let Served { draft, route, describe } = served;
        let Draft { method, path, access, limit, is_repeatable, has_page, summary, refusals } = draft;
        let service = self.service;
        let entry =
            Entry { method, path, access, limit, is_repeatable, has_page, service, summary, refusals, describe };
        self.entries.push((entry, route));
        self
    }

    /// The network's routes. Most paths are regular expressions, tried one after another: only those are that have as many segments as what is
    /// asked for.
    fn scope(self) -> Scope {
        let mut lengths: BTreeMap<usize, BTreeMap<Specificity, Vec<(Entry, actix_web::Route)>>> = BTreeMap::new();
        for (entry, route) in self.entries {
            let paths = lengths.entry(slashes(entry.path)).or_default();
            paths.entry(Specificity::of(entry.path)).or_default().push((entry, route));
        }
        let network = format!("/{}", N::NETWORK.as_str());
        let before = slashes(&network);
        let scope = lengths.into_iter().fold(web::scope(&network), |scope, (length, paths)| {
            let has_length = move |context: &GuardContext<'_>| slashes(context.head().uri.path()) == before + length;
            let of_length =
                paths.into_values().fold(web::scope(""), |scope, routes| scope.service(resource::<N>(routes)));
            scope.service(unknown_elsewhere::<N>(of_length.guard(guard::fn_guard(has_length))))
        });
        unknown_elsewhere::<N>(scope)
    }
}

fn slashes(path: &str) -> usize {
    path.bytes().filter(|&byte| byte == b'/').count()
}

/// The scope, which says of any other path that nothing is served there.
fn unknown_elsewhere<N: Dialect>(scope: Scope) -> Scope {
    scope.default_service(web::to(|| async { refuse::<N>(Problem::UnknownPath) }))
}

/// Sorts paths so that the first that matches is the most specific: a literal segment before one of which a part varies, as in
/// `{handle}.md`, and that before one that varies.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Specificity(Vec<(Variability, String)>);

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Variability {
    Literal,
    Partial,
    Whole,
}

impl Variability {
    fn of(segment: &str) -> Self {
        match segment.split_once('}') {
            None => Self::Literal,
            Some((name, "")) if name.starts_with('{') => Self::Whole,
            Some(_) => Self::Partial,
        }
    }
}

impl Specificity {
    fn of(path: &str) -> Self {
        Self(path.split('/').map(|segment| (Variability::of(segment), segment.to_owned())).collect())
    }
}

fn resource<N: Dialect>(routes: Vec<(Entry, actix_web::Route)>) -> Resource {
    let path = routes.first().map_or("", |(entry, _)| entry.path);
    let allow = allow(routes.iter().map(|(entry, _)| &entry.method));
    let resource = match path.starts_with("/{") {
        // What takes any first segment takes paths that nobody serves too: those have no methods.
        true => web::resource(path).guard(guard::Any(guard::Get()).or(guard::Head())),
        false => web::resource(path),
    };
    let resource = routes.into_iter().fold(resource, |resource, (entry, route)| {
        let gate = Gate::<N>::new(&entry);
        let route = match entry.method {
            Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
            method => route.method(method),
        };
        resource.route(route.wrap(from_fn(move |request, next| gate.clone().pass(request, next))))
    });
    resource.default_service(web::to(move || {
        let allow = allow.clone();
        async move { refuse::<N>(Problem::UnknownMethod(allow)) }
    }))
}

fn allow<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for method in methods {
        names.push(method.as_str());
        if *method == Method::GET {
            names.push("HEAD");
        }
    }
    names.join(", ")
}

fn refuse<N: Dialect>(problem: Problem) -> HttpResponse {
    Failure::<N>::from(problem).error_response()
}

/// The tables of all networks.
#[derive(Debug)]
pub struct Tables {
    clawnet: Routes<ClawNet>,
    clankspace: Routes<Clankspace>,
    clankdin: Routes<ClankdIn>,
}

impl Tables {
    /// The tables of one service, one for each network.
    pub const fn new(clawnet: Routes<ClawNet>, clankspace: Routes<Clankspace>, clankdin: Routes<ClankdIn>) -> Self {
        Self { clawnet, clankspace, clankdin }
    }

    /// These tables and another service's, as one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.clawnet.entries.extend(other.clawnet.entries);
        self.clankspace.entries.extend(other.clankspace.entries);
        self.clankdin.entries.extend(other.clankdin.entries);
        self
    }

    /// Every route with its full path, the most specific first.
    pub fn entries(&self) -> Vec<(String, Entry)> {
        let prefix = |network: models::Network| {
            move |(entry, _): &(Entry, _)| (format!("/{}{}", network.as_str(), entry.path), entry.clone())
        };
        let clawnet = self.clawnet.entries.iter().map(prefix(ClawNet::NETWORK));
        let clankspace = self.clankspace.entries.iter().map(prefix(Clankspace::NETWORK));
        let clankdin = self.clankdin.entries.iter().map(prefix(ClankdIn::NETWORK));
        let mut entries: Vec<(String, Entry)> = clawnet.chain(clankspace).chain(clankdin).collect();
        entries.sort_by_key(|(path, entry)| (Specificity::of(path), entry.method.to_string()));
        entries
    }

    /// The routes of `network`, the most specific first.
    pub fn of_network(&self, network: models::Network) -> Vec<Entry> {
        let prefix = format!("/{}/", network.as_str());
        let of_network = |(path, _): &(String, Entry)| path.starts_with(&prefix) || format!("{path}/") == prefix;
        self.entries().into_iter().filter(of_network).map(|(_, entry)| entry).collect()
    }

    /// The tables as what actix serves.
    pub(crate) fn configure(self, config: &mut web::ServiceConfig) {
        config.service(self.clawnet.scope()).service(self.clankspace.scope()).service(self.clankdin.scope());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_path_comes_first() {
        let ordered = ["/agents", "/agents/me", "/agents/{handle}.md", "/agents/{handle}", "/agents/{handle}/back"];
        assert!(ordered.is_sorted_by_key(|path| Specificity::of(path)));
    }
}

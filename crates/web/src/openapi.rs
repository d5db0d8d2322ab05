//! The OpenAPI document of a network, drawn from its table of routes.
//!
//! What a call takes and answers is not written down a second time: it is read off the handler's own signature. An extractor says
//! what it reads ([`DescribeArgument`]), an answer what it is ([`DescribeAnswer`]), and the table who may call and how often.

use std::marker::PhantomData;

use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Required, Response, ServerBuilder};
use utoipa::{IntoParams, ToSchema};

use crate::reply::{Created, Encoded, EventStream, Html, Json};
use crate::route::{Access, Entry};
use crate::{Account, BaseUrl, Body, Data, Dialect, Failure, Path, Query, Viewer};

/// The name of the one security scheme: a bearer token.
const BEARER: &str = "token";

/// What is known of a call while its handler's signature is read.
#[derive(Debug, Default)]
pub struct Description {
    parameters: Vec<Parameter>,
    body: Option<RefOr<Schema>>,
    responses: Vec<(u16, Response)>,
    /// Statuses with which the call may be refused, beside what the table says.
    refusals: Vec<u16>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Description {
    /// The schema of `T`, as a reference to where the document keeps it.
    fn schema_of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        let name = T::name().into_owned();
        self.schemas.push((name.clone(), T::schema()));
        RefOr::Ref(utoipa::openapi::Ref::from_schema_name(name))
    }

    fn json<T: ToSchema>(&mut self, status: u16, text: &str) {
        let schema = self.schema_of::<T>();
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description(text).content("application/json", content).build();
        self.responses.push((status, response));
    }

    fn text(&mut self, kind: &str, text: &str) {
        let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build();
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description(text).content(kind, content).build();
        self.responses.push((200, response));
    }
}

/// An argument of a handler says what of a request it reads.
pub trait DescribeArgument {
    /// Adds what it reads.
    fn describe(description: &mut Description);
}

/// For what a handler is given without the client's doing: nothing is read.
macro_rules! given {
    ($($argument:ty),* ; $($generic:ident),*) => {
        $(impl DescribeArgument for $argument {
            fn describe(_: &mut Description) {}
        })*
        $(impl<N> DescribeArgument for $generic<N> {
            fn describe(_: &mut Description) {}
        })*
    };
}

given!(Data, actix_web::HttpRequest; Account, Viewer, BaseUrl);

// The path itself names what varies.
impl<T> DescribeArgument for Path<T> {
    fn describe(_: &mut Description) {}
}

impl<N, T: IntoParams> DescribeArgument for Query<N, T> {
    fn describe(description: &mut Description) {
        description.parameters.extend(T::into_params(|| Some(ParameterIn::Query)));
        description.refusals.push(400);
    }
}

impl<N, T: ToSchema> DescribeArgument for Body<N, T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        description.body = Some(schema);
        description.refusals.extend([400, 413]);
    }
}

/// All arguments of a handler.
pub trait DescribeArguments {
    /// Adds what they read.
    fn describe(description: &mut Description);
}

macro_rules! arguments {
    ($($argument:ident)*) => {
        impl<$($argument: DescribeArgument),*> DescribeArguments for ($($argument,)*) {
            fn describe(_description: &mut Description) {
                $($argument::describe(_description);)*
            }
        }
    };
}

arguments!();
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);

/// An answer says what it is.
pub trait DescribeAnswer {
    /// Adds the answer.
    fn describe(description: &mut Description);
}

impl<N, T: DescribeAnswer> DescribeAnswer for Result<T, Failure<N>> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}

impl<T: ToSchema> DescribeAnswer for Json<T> {
    fn describe(description: &mut Description) {
        description.json::<T>(200, "Done");
    }
}

impl<T: ToSchema> DescribeAnswer for Encoded<T> {
    fn describe(description: &mut Description) {
        description.json::<T>(200, "Done");
    }
}

impl<T: ToSchema> DescribeAnswer for Created<T> {
    fn describe(description: &mut Description) {
        description.json::<T>(201, "Made");
    }
}

impl DescribeAnswer for Html {
    fn describe(description: &mut Description) {
        description.text("text/html; charset=utf-8", "A page for people");
    }
}

impl<B> DescribeAnswer for EventStream<B> {
    fn describe(description: &mut Description) {
        description.text("text/event-stream", "Events as they happen");
    }
}

/// What a document says of its network.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its title.
    pub title: &'static str,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// The version of the server.
    pub version: &'static str,
}

/// Makes the document of the network `N` from its routes; `server` is where a client finds it.
pub fn document<N: Dialect>(about: About, server: &str, routes: &[Entry]) -> OpenApi {
    let mut maker = Maker::<N> { schemas: Vec::new(), network: PhantomData };
    let mut paths = PathsBuilder::new();
    for entry in routes.iter().filter(|entry| entry.describe.is_some()) {
        let (method, operation) = maker.operation(entry);
        paths = paths.path(entry.path, PathItem::new(method, operation));
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components =
        ComponentsBuilder::new().security_scheme(BEARER, SecurityScheme::Http(bearer)).schemas_from_iter(maker.schemas);
    let info =
        InfoBuilder::new().title(about.title).description(Some(about.description)).version(about.version).build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(server).build()]))
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

struct Maker<N> {
    schemas: Vec<(String, RefOr<Schema>)>,
    network: PhantomData<fn() -> N>,
}

impl<N: Dialect> Maker<N> {
    fn operation(&mut self, entry: &Entry) -> (HttpMethod, utoipa::openapi::path::Operation) {
        let mut description = Description::default();
        if let Some(describe) = entry.describe {
            describe(&mut description);
        }
        let mut refusals = refusals_of(entry);
        refusals.append(&mut description.refusals);
        refusals.sort_unstable();
        refusals.dedup();
        let error = N::describe_error(&mut description);
        let Description { parameters, body, responses, schemas, .. } = description;
        self.schemas.extend(schemas);

        let mut operation = OperationBuilder::new()
            .summary(Some(entry.summary))
            .operation_id(Some(operation_id(entry)))
            .tag(entry.service)
            .parameters(Some(path_parameters(entry.path).into_iter().chain(parameters)));
        if let Some(schema) = body {
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let body = RequestBodyBuilder::new().content("application/json", content).build();
            operation = operation.request_body(Some(body));
        }
        for (status, response) in responses {
            operation = operation.response(status.to_string(), response);
        }
        for status in refusals {
            let content = ContentBuilder::new().schema(Some(error.clone())).build();
            let response =
                ResponseBuilder::new().description(reason(status)).content("application/json", content).build();
            operation = operation.response(status.to_string(), response);
        }
        if entry.access != Access::Public {
            operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, []));
        }
        (method(entry), operation.build())
    }
}

impl Description {
    /// The schema of the network's errors.
    pub fn error<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schema_of::<T>()
    }
}

/// What the table alone says of how a call may be refused. Everything may fail on our side.
fn refusals_of(entry: &Entry) -> Vec<u16> {
    let mut refusals = vec![500, 503];
    refusals.extend(entry.refusals);
    if entry.access != Access::Public {
        refusals.push(401);
    }
    if entry.limit.is_some() {
        refusals.push(429);
    }
    if entry.path.contains('{') {
        refusals.push(404);
    }
    refusals
}

fn path_parameters(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build();
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(schema)).build()
    };
    names.map(parameter).collect()
}

/// `GET /agents/{name}/followers` is `get_agents_name_followers`.
fn operation_id(entry: &Entry) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { ' ' };
    let words: String = entry.name().to_ascii_lowercase().chars().map(plain).collect();
    words.split_whitespace().collect::<Vec<_>>().join("_")
}

fn method(entry: &Entry) -> HttpMethod {
    match entry.method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        400 => "Something in the call is not right; the message names it",
        401 => "The token is missing or unknown",
        403 => "Not for this caller",
        404 => "Nothing of that name or id",
        409 => "It is somebody else's, or was done before",
        413 => "The body is too large",
        422 => "The name is reserved",
        429 => "Too many calls; `Retry-After` says when the next is possible",
        502 => "Another server that was asked did not answer",
        503 => "Too much to do at the moment; try again",
        _ => "Something went wrong on our side",
    }
}

/// The document as it is sent.
///
/// # Errors
/// [`models::Error::Internal`] where it has no form in JSON.
pub fn to_bytes(document: &impl Serialize) -> models::Result<crate::render::Bytes> {
    crate::render::to_bytes(document)
}

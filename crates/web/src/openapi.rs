//! The OpenAPI document of a network, drawn from its table of routes.
//!
//! What a call takes and answers is not written down a second time: it is read off the handler's own signature. An extractor says
//! what it reads ([`DescribeArgument`]), an answer what it is ([`DescribeAnswer`]), and the table who may call and how often.

mod shapes;
#[cfg(test)]
mod tests;

use models::{Error, Result, Timestamp};
use serde_json::{Map, Value};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApiBuilder, Ref, RefOr, Required, Response, Schema, ServerBuilder,
};
use utoipa::{IntoParams, ToSchema};

use self::shapes::{Named, Role, Shape};
use crate::reply::{Created, Encoded, EventStream, Html, Json, Made, Markdown, Once};
use crate::route::{Access, Entry};
use crate::{
    Account, BaseUrl, Body, Data, Dialect, Failure, Moderator, Outcome, Path, Query, Reading, Registration, Submission,
    Viewer,
};

/// The name of the security scheme of accounts.
const ACCOUNT: &str = "token";
/// The name of the operator's.
const OPERATOR: &str = "operator";

/// What is known of a call while its handler's signature is read.
#[derive(Debug, Default)]
pub struct Description {
    parameters: Vec<Parameter>,
    body: Option<Shape>,
    answers: Vec<AnswerDescription>,
    error: Option<Shape>,
    /// Statuses with which the call may be refused, beside what the table says.
    refusals: Vec<u16>,
}

#[derive(Debug)]
struct AnswerDescription {
    status: u16,
    text: &'static str,
    /// The media type.
    kind: &'static str,
    /// The schema; `None` for what is text.
    shape: Option<Shape>,
}

impl Description {
    fn json<T: ToSchema>(&mut self, status: u16, text: &'static str) {
        let shape = Some(Shape::of::<T>(Role::Answer));
        self.answers.push(AnswerDescription { status, text, kind: "application/json", shape });
    }

    fn text(&mut self, kind: &'static str, text: &'static str) {
        self.answers.push(AnswerDescription { status: 200, text, kind, shape: None });
    }

    /// The network's errors have this schema.
    pub fn error<T: ToSchema>(&mut self) {
        self.error = Some(Shape::of::<T>(Role::Error));
    }

    /// The call reads a header of this name, of at most `longest` characters, where it comes along.
    pub fn header(&mut self, name: &str, text: &str, longest: usize) {
        let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).max_length(Some(longest)).build();
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).description(Some(text));
        self.parameters.push(parameter.required(Required::False).schema(Some(schema)).build());
        self.refusals.push(400);
    }

    /// All schemas that it speaks of.
    fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.body.iter().chain(self.answers.iter().filter_map(|answer| answer.shape.as_ref())).chain(&self.error)
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

given!(Data, actix_web::HttpRequest; Account, Moderator, Registration, Viewer, Reading, BaseUrl);

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

// Whoever sees to a failure itself reads the same.
impl<N, T: DescribeArgument> DescribeArgument for Result<T, Failure<N>> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}

impl<N, T: ToSchema> DescribeArgument for Body<N, T> {
    fn describe(description: &mut Description) {
        description.body = Some(Shape::of::<T>(Role::Body));
        description.refusals.extend([400, 413]);
    }
}

impl<N, T: ToSchema> DescribeArgument for Submission<N, T> {
    fn describe(description: &mut Description) {
        Body::<N, T>::describe(description);
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

impl<T: ToSchema> DescribeAnswer for Once<T> {
    fn describe(description: &mut Description) {
        description.json::<T>(201, "Made");
    }
}

impl<T: ToSchema> DescribeAnswer for Made<T> {
    fn describe(description: &mut Description) {
        description.json::<T>(200, "It was there");
        description.json::<T>(201, "Made");
    }
}

impl<T: ToSchema> DescribeAnswer for Outcome<T> {
    fn describe(description: &mut Description) {
        Json::<T>::describe(description);
    }
}

impl DescribeAnswer for Html {
    fn describe(description: &mut Description) {
        description.text("text/html; charset=utf-8", "A page for people");
    }
}

impl DescribeAnswer for Markdown {
    fn describe(description: &mut Description) {
        description.text("text/markdown; charset=utf-8", "A text to read");
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
///
/// # Errors
/// [`Error::Internal`] where two schemas go by one name, or one has no form in JSON: a mistake in the types of handlers.
pub fn document<N: Dialect>(about: About, server: &str, routes: &[Entry]) -> Result<Value> {
    let described: Vec<(&Entry, Description)> =
        routes.iter().filter_map(|entry| Some((entry, describe::<N>(entry)?))).collect();
    let instant = Shape::of::<Timestamp>(Role::Answer);
    let shapes = described.iter().flat_map(|(entry, description)| {
        let operation = operation_id(entry);
        description.shapes().map(move |shape| (operation.clone(), shape))
    });
    // Parameters speak of instants without saying what one is.
    let named = shapes::name(shapes.chain([(String::new(), &instant)]))?;
    let mut paths = PathsBuilder::new();
    for (entry, description) in &described {
        paths = paths.path(entry.path, PathItem::new(method(entry), operation(entry, description, &named)?));
    }
    let bearer = || SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let components =
        ComponentsBuilder::new().security_scheme(ACCOUNT, bearer()).security_scheme(OPERATOR, bearer()).build();
    let info =
        InfoBuilder::new().title(about.title).description(Some(about.description)).version(about.version).build();
    let document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(server).build()]))
        .paths(paths.build())
        .components(Some(components))
        .build();
    let mut document = serde_json::to_value(document).map_err(Error::internal)?;
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("schemas".to_owned(), Value::Object(named.into_schemas().collect::<Map<_, _>>()));
    }
    Ok(document)
}

fn describe<N: Dialect>(entry: &Entry) -> Option<Description> {
    let mut description = Description::default();
    entry.describe?(&mut description);
    description.refusals.extend(refusals_of(entry));
    description.refusals.sort_unstable();
    description.refusals.dedup();
    N::describe_error(&mut description);
    Some(description)
}

fn operation(entry: &Entry, description: &Description, named: &Named) -> Result<Operation> {
    let Description { parameters, body, answers, error, refusals } = description;
    let id = operation_id(entry);
    let mut operation = OperationBuilder::new()
        .summary(Some(entry.summary))
        .tag(entry.service)
        .parameters(Some(path_parameters(entry.path).into_iter().chain(parameters.iter().cloned())))
        .operation_id(Some(id.as_str()));
    if let Some(body) = body {
        let required = if body.requires() { Required::True } else { Required::False };
        let content = ContentBuilder::new().schema(Some(named.reference(&id, body)?)).build();
        let body = RequestBodyBuilder::new().content("application/json", content).required(Some(required)).build();
        operation = operation.request_body(Some(body));
    }
    for answer in answers {
        let schema: RefOr<Schema> = match &answer.shape {
            Some(shape) => named.reference(&id, shape)?.into(),
            None => text().into(),
        };
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description(answer.text).content(answer.kind, content).build();
        operation = operation.response(answer.status.to_string(), response);
    }
    let error = error.as_ref().map(|error| named.reference(&id, error)).transpose()?;
    for &status in refusals {
        operation = operation.response(status.to_string(), refusal(status, error.clone()));
    }
    operation = match entry.access {
        Access::Public => operation,
        Access::Account => operation.security(security(ACCOUNT)),
        // One of the two is enough: none at all.
        Access::Viewer => operation.security(SecurityRequirement::default()).security(security(ACCOUNT)),
        Access::Moderator => operation.security(security(ACCOUNT)).security(security(OPERATOR)),
        Access::Operator => operation.security(security(OPERATOR)),
    };
    Ok(operation.build())
}

fn security(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new::<_, [&str; 0], &str>(scheme, [])
}

fn text() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build()
}

fn refusal(status: u16, error: Option<Ref>) -> Response {
    let content = ContentBuilder::new().schema(error).build();
    let response = ResponseBuilder::new().description(reason(status)).content("application/json", content);
    if !matches!(status, 429 | 503) {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).minimum(Some(0)).build();
    let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds until the next try")).build();
    response.header("Retry-After", header).build()
}

/// What the table alone says of how a call may be refused. Everything may fail on our side.
fn refusals_of(entry: &Entry) -> Vec<u16> {
    let mut refusals = vec![500, 503];
    refusals.extend(entry.refusals);
    if entry.access != Access::Public {
        refusals.push(401);
    }
    if entry.access == Access::Moderator {
        refusals.push(403);
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
    // A name may have more behind it in its segment, as in `{handle}.md`.
    let names = path.split('/').filter_map(|segment| Some(segment.strip_prefix('{')?.split_once('}')?.0));
    let parameter = |name: &str| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(text())).build()
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

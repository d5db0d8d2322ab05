//! The schemas of a document, and the names they go by.
//!
//! A type knows its own name and nothing of others: `Request` is a good name in the module of one resource and stands for something
//! else in the next. Here each operation brings its schemas as a [`Shape`], and what one name would stand for twice is
//! named after its operation.

use std::collections::{BTreeMap, BTreeSet};

use models::{Error, Result};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{Ref, RefOr, Schema};

/// Where a document keeps its schemas.
const PLACE: &str = "#/components/schemas/";
/// Names that say nothing outside their module.
const NAMELESS: [&str; 2] = ["Request", "Response"];

/// What a schema is to its operation.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Role {
    /// What it takes.
    Body,
    /// What it answers.
    Answer,
    /// How it refuses.
    Error,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Body => "Request",
            Self::Answer => "Response",
            Self::Error => "Error",
        }
    }
}

/// A schema with all that it refers to.
#[derive(Debug)]
pub(super) struct Shape {
    role: Role,
    root: String,
    parts: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    /// The schema of `T`.
    pub(super) fn of<T: ToSchema>(role: Role) -> Self {
        let root = T::name().into_owned();
        let mut parts = vec![(root.clone(), T::schema())];
        T::schemas(&mut parts);
        Self { role, root, parts }
    }

    /// Whether it is an object of which something must be given.
    pub(super) fn requires(&self) -> bool {
        match self.parts.first() {
            Some((_, RefOr::T(Schema::Object(object)))) => !object.required.is_empty(),
            _ => true,
        }
    }
}

/// A shape's operation and role, which together tell it from every other: nothing answers twice.
type Owner = (String, Role);

/// The schemas of a document by their final names.
#[derive(Debug, Default)]
pub(super) struct Named {
    schemas: BTreeMap<String, Value>,
    roots: BTreeMap<(Owner, String), String>,
}

impl Named {
    /// The reference that stands for `shape` of `operation`.
    ///
    /// # Errors
    /// [`Error::Internal`] for a shape that was not named.
    pub(super) fn reference(&self, operation: &str, shape: &Shape) -> Result<Ref> {
        let key = ((operation.to_owned(), shape.role), shape.root.clone());
        let name = self.roots.get(&key).ok_or_else(|| Error::internal(format!("{key:?} has no schema")))?;
        Ok(Ref::from_schema_name(name))
    }

    /// The schemas, each with its name.
    pub(super) fn into_schemas(self) -> impl Iterator<Item = (String, Value)> {
        self.schemas.into_iter()
    }
}

struct Parts {
    owner: Owner,
    root: String,
    schemas: BTreeMap<String, Value>,
}

/// Names the schemas of all `shapes`, each with its operation.
///
/// # Errors
/// [`Error::Internal`] where two types of one shape have the same name and are not the same.
pub(super) fn name<'a>(shapes: impl Iterator<Item = (String, &'a Shape)>) -> Result<Named> {
    let shapes = shapes.map(|(operation, shape)| parts(operation, shape)).collect::<Result<Vec<Parts>>>()?;
    let ambiguous = ambiguous(&shapes);
    let mut named = Named::default();
    for Parts { owner, root, schemas } in shapes {
        let finally = |name: &str| match (ambiguous.contains(name), name == root) {
            (false, _) => name.to_owned(),
            (true, true) => format!("{}{}", capitalized(&owner.0), owner.1.word()),
            (true, false) => format!("{}{}{name}", capitalized(&owner.0), owner.1.word()),
        };
        for (name, mut schema) in schemas {
            rename(&mut schema, &finally);
            let name = finally(&name);
            if named.schemas.get(&name).is_some_and(|other| *other != schema) {
                return Err(Error::internal(format!("two schemas would be called {name}")));
            }
            named.schemas.insert(name, schema);
        }
        let finally = finally(&root);
        named.roots.insert((owner, root), finally);
    }
    Ok(named)
}

fn parts(operation: String, shape: &Shape) -> Result<Parts> {
    let mut schemas = BTreeMap::new();
    for (name, schema) in &shape.parts {
        let schema = serde_json::to_value(schema).map_err(Error::internal)?;
        if schemas.get(name).is_some_and(|other| *other != schema) {
            return Err(Error::internal(format!("{operation}: {name} stands for two schemas")));
        }
        schemas.insert(name.clone(), schema);
    }
    Ok(Parts { owner: (operation, shape.role), root: shape.root.clone(), schemas })
}

/// The names that stand for more than one schema: because what they name differs, or what that refers to does.
fn ambiguous(shapes: &[Parts]) -> BTreeSet<String> {
    let mut ambiguous: BTreeSet<String> = NAMELESS.map(str::to_owned).into();
    let all = || shapes.iter().flat_map(|shape| &shape.schemas);
    let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
    for (name, schema) in all() {
        if *first.entry(name).or_insert(schema) != schema {
            ambiguous.insert(name.clone());
        }
    }
    loop {
        let found: Vec<String> = all()
            .filter(|(name, schema)| !ambiguous.contains(*name) && refers(schema, &ambiguous))
            .map(|(name, _)| name.clone())
            .collect();
        if found.is_empty() {
            return ambiguous;
        }
        ambiguous.extend(found);
    }
}

/// Whether `schema` refers to one of `names`.
fn refers(schema: &Value, names: &BTreeSet<String>) -> bool {
    match schema {
        Value::Object(object) => object.iter().any(|(key, value)| match value {
            Value::String(target) if key == "$ref" => {
                target.strip_prefix(PLACE).is_some_and(|name| names.contains(name))
            }
            value => refers(value, names),
        }),
        Value::Array(items) => items.iter().any(|item| refers(item, names)),
        _ => false,
    }
}

/// Gives everything that `schema` refers to its final name.
fn rename(schema: &mut Value, finally: &impl Fn(&str) -> String) {
    match schema {
        Value::Object(object) => object.iter_mut().for_each(|(key, value)| match value {
            Value::String(target) if key == "$ref" => {
                if let Some(name) = target.strip_prefix(PLACE) {
                    *target = format!("{PLACE}{}", finally(name));
                }
            }
            value => rename(value, finally),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, finally)),
        _ => {}
    }
}

/// `post_inbox_id_ack` as `PostInboxIdAck`.
fn capitalized(operation: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    operation.split('_').map(word).collect()
}

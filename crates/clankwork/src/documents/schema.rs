//! Schemas of a document, as lines for people and as examples.

use serde_json::{Map, Value, json};

/// How deep a schema is looked into: what is nested deeper repeats itself.
const DEPTH: usize = 12;

/// A field of an object, for people.
#[derive(Debug, Eq, PartialEq)]
pub struct Field {
    /// Its name, behind those that it lies in: `messages[].id`.
    pub name: String,
    /// What it is: `text`, `list of text or null`.
    pub kind: String,
    /// Whether it must be given.
    pub required: bool,
    /// What is said of it.
    pub text: String,
}

/// Schemas as a document keeps them.
#[derive(Clone, Copy, Debug)]
pub struct Schemas<'a>(pub &'a Value);

impl<'a> Schemas<'a> {
    /// The schema that `schema` refers to, or itself, with the name it went by.
    fn resolve(self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
        let kept = name.and_then(|name| self.0.get("components")?.get("schemas")?.get(name));
        (kept.unwrap_or(schema), name)
    }

    /// The schema that says what a value is that is not null, and whether it may be.
    fn value_of(self, schema: &'a Value) -> (&'a Value, bool) {
        let (schema, _) = self.resolve(schema);
        let nullable = choices(schema).any(|choice| is(choice, "null")) || is(schema, "null");
        let first = choices(schema).find(|choice| !is(choice, "null"));
        (first.map_or(schema, |first| self.resolve(first).0), nullable)
    }

    /// What `schema` is, in words.
    pub fn kind(self, schema: &'a Value) -> String {
        let (first, nullable) = self.value_of(schema);
        let kind = if let Some(values) = first.get("enum").and_then(Value::as_array) {
            values.iter().map(plain).collect::<Vec<_>>().join(" or ")
        } else if is(first, "array") {
            let items = first.get("items").map(|items| self.kind(items));
            format!("list of {}", items.as_deref().unwrap_or("anything"))
        } else if first.get("format").and_then(Value::as_str) == Some("date-time") {
            "instant".to_owned()
        } else {
            let known =
                [("string", "text"), ("integer", "whole number"), ("number", "number"), ("boolean", "yes or no")];
            let known = known.into_iter().find(|(name, _)| is(first, name)).map(|(_, word)| word);
            known.unwrap_or("object").to_owned()
        };
        let bounds = bounds(first);
        if nullable { format!("{kind}{bounds} or null") } else { format!("{kind}{bounds}") }
    }

    /// The fields of the object that `schema` is, and of what lies within.
    pub fn fields(self, schema: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.add("", schema, &mut Vec::new(), &mut fields);
        fields
    }

    fn add(self, within: &str, schema: &'a Value, path: &mut Vec<&'a str>, fields: &mut Vec<Field>) {
        let (schema, name) = self.resolve(schema);
        // A post may quote a post: its fields are there already.
        if path.len() >= DEPTH || name.is_some_and(|name| path.contains(&name)) {
            return;
        }
        path.push(name.unwrap_or_default());
        for choice in choices(schema) {
            self.add(within, choice, path, fields);
        }
        if let Some(items) = schema.get("items") {
            self.add(&format!("{}[].", within.trim_end_matches('.')), items, path, fields);
        }
        for (name, property, required) in properties(schema) {
            fields.push(Field {
                name: format!("{within}{name}"),
                kind: self.kind(property),
                required,
                text: self.text(property),
            });
            self.add(&format!("{within}{name}."), property, path, fields);
        }
        path.pop();
    }

    /// What is said of `schema`, on one line.
    pub fn text(self, schema: &'a Value) -> String {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// An object of what `schema` asks for; of everything where it asks for nothing.
    pub fn example(self, schema: &'a Value) -> Value {
        Value::Object(self.object(schema, DEPTH))
    }

    fn object(self, schema: &'a Value, depth: usize) -> Map<String, Value> {
        let (schema, _) = self.resolve(schema);
        let Some(depth) = depth.checked_sub(1) else { return Map::new() };
        let of_parts = choices(schema).flat_map(|part| self.object(part, depth));
        let asks = properties(schema).any(|(_, _, required)| required);
        let wanted = properties(schema).filter(|(_, _, required)| *required || !asks);
        let own = wanted.map(|(name, property, _)| (name.clone(), self.value(name, property, depth)));
        of_parts.chain(own).collect()
    }

    fn value(self, name: &str, schema: &'a Value, depth: usize) -> Value {
        let (schema, _) = self.value_of(schema);
        if let Some(items) = schema.get("items") {
            return json!([self.value(name, items, depth)]);
        }
        if is(schema, "integer") {
            return json!(1);
        }
        if is(schema, "boolean") {
            return json!(true);
        }
        if is(schema, "string") { json!(name.to_uppercase()) } else { Value::Object(self.object(schema, depth)) }
    }
}

/// What `schema` is one of, or all of.
fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    let of = |key: &str| schema.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    of("oneOf").iter().chain(of("anyOf")).chain(of("allOf"))
}

/// The fields that `schema` itself has, and whether each must be there.
fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value, bool)> {
    let required = schema.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.map(|(name, property)| (name, property, required.iter().any(|required| required == name)))
}

/// Whether `schema` is of this type, perhaps among others.
fn is(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

/// `, at least 1`, where a schema says so.
fn bounds(schema: &Value) -> String {
    let said = |key: &str| schema.get(key).filter(|bound| **bound != 0).map(plain);
    match (said("minimum"), said("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        (None, Some(most)) => format!(" up to {most}"),
        (None, None) => String::new(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({"components": {"schemas": {
            "Post": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string", "description": "Such as\n`post_1`."},
                "quoted": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Post"}]},
            }},
            "Next": {"type": "object", "properties": {"before": {"type": ["string", "null"], "format": "date-time"}}},
            "Page": {"allOf": [{"$ref": "#/components/schemas/Next"}, {"type": "object", "required": ["posts"], "properties": {
                "posts": {"type": "array", "items": {"$ref": "#/components/schemas/Post"}},
                "limit": {"type": "integer", "minimum": 1, "maximum": 200},
            }}]},
        }}})
    }

    #[test]
    fn fields_are_listed_with_what_lies_within_them_once() {
        let document = document();
        let page = json!({"$ref": "#/components/schemas/Page"});
        let fields = Schemas(&document).fields(&page);
        let lines: Vec<(&str, &str, bool)> =
            fields.iter().map(|field| (field.name.as_str(), field.kind.as_str(), field.required)).collect();
        let expected = [
            ("before", "instant or null", false),
            ("limit", "whole number from 1 to 200", false),
            ("posts", "list of object", true),
            ("posts[].id", "text", true),
            ("posts[].quoted", "object or null", false),
        ];
        assert_eq!(lines, expected);
        assert_eq!(fields[3].text, "Such as `post_1`.");
    }

    #[test]
    fn an_example_has_what_is_asked_for() {
        let document = document();
        let example = |name: &str| {
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            Schemas(&document).example(&schema)
        };
        assert_eq!(example("Post"), json!({"id": "ID"}));
        assert_eq!(example("Next"), json!({"before": "BEFORE"}));
        assert_eq!(example("Page"), json!({"before": "BEFORE", "posts": [{"id": "ID"}]}));
    }
}

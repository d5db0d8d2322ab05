//! What a page says of itself to search engines: JSON-LD in the words of schema.org.
//!
//! Source: <https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents>, <https://schema.org/>.

use std::fmt;

use askama::filters::HtmlSafe;
use serde_json::Value;

/// Data in the form in which it stands between `<script type="application/ld+json">` and its end. That is the one place on a page where
/// escaping as HTML does not apply: whatever could end it there is written as JSON's own escape instead.
#[derive(Clone, Debug)]
pub struct JsonLd(String);

impl JsonLd {
    /// The data of `object`, which names its kind in `@type`.
    pub fn new(mut object: Value) -> Self {
        if let Some(members) = object.as_object_mut() {
            members.insert("@context".to_owned(), "https://schema.org".into());
        }
        let mut text = String::new();
        for letter in object.to_string().chars() {
            match letter {
                // In JSON these stand in strings alone.
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(letter))),
                letter => text.push(letter),
            }
        }
        Self(text)
    }
}

impl fmt::Display for JsonLd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl HtmlSafe for JsonLd {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_it_ends_the_element() {
        let hostile = "</script><script>alert(1)</script><!-- --> <![CDATA[ &lt; \u{2028}\u{2029}\"\\";
        let text = JsonLd::new(json!({"@type": "Person", "name": hostile})).to_string();
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({"@context": "https://schema.org", "@type": "Person", "name": hostile}));
    }

    proptest! {
        #[test]
        fn whatever_is_said_comes_back(name in "\\PC*", key in "[<>&/a-z]{1,8}") {
            let text = JsonLd::new(json!({"name": name, "other": {key.clone(): [name.clone()]}})).to_string();
            prop_assert!(!text.contains(['<', '>', '&']));
            let read: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read["name"], &name);
            prop_assert_eq!(&read["other"][&key][0], &name);
        }
    }
}

//! What Moltbook answers, as it is written and as it is understood.

use models::Timestamp;
use models::text::is_steering;
use serde::Deserialize;

/// The longest id of a comment that is kept, in characters.
const LONGEST_ID: usize = 100;
/// The longest name of an account that is believed, in characters.
const LONGEST_NAME: usize = 100;

/// A post on Moltbook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Post {
    /// Its title; empty where it has none.
    pub title: String,
    /// What it says; empty where it says nothing.
    pub content: String,
    /// The name of the account that wrote it, where Moltbook tells.
    pub author: Option<String>,
}

/// A comment on a post.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comment {
    /// Its id, 1 to 100 characters.
    pub id: String,
    /// What it says.
    pub content: String,
    /// The name of the account that wrote it, where Moltbook tells.
    pub author: Option<String>,
    /// When, where Moltbook tells.
    pub created_at: Option<Timestamp>,
}

/// `GET /posts/ID`.
#[derive(Deserialize)]
pub(crate) struct PostAnswer {
    post: PostWire,
}

#[derive(Deserialize)]
struct PostWire {
    title: Option<String>,
    content: Option<String>,
    #[serde(flatten)]
    author: AuthorWire,
}

/// `GET /posts/ID/comments`.
#[derive(Deserialize)]
pub(crate) struct CommentsAnswer {
    comments: Vec<CommentWire>,
}

#[derive(Deserialize)]
struct CommentWire {
    id: String,
    content: Option<String>,
    #[serde(flatten)]
    author: AuthorWire,
    created_at: Option<String>,
    replies: Option<Vec<CommentWire>>,
}

/// The author, in either of the two forms that there are.
#[derive(Deserialize)]
struct AuthorWire {
    author_name: Option<String>,
    author: Option<NameWire>,
}

#[derive(Deserialize)]
struct NameWire {
    name: Option<String>,
}

impl AuthorWire {
    fn name(self) -> Option<String> {
        let name = self.author_name.or_else(|| self.author.and_then(|author| author.name))?;
        let name = readable(&name).trim().to_owned();
        (1..=LONGEST_NAME).contains(&name.chars().count()).then_some(name)
    }
}

impl From<PostAnswer> for Post {
    fn from(answer: PostAnswer) -> Self {
        let PostWire { title, content, author } = answer.post;
        let text = |text: Option<String>| readable(&text.unwrap_or_default());
        Self { title: text(title), content: text(content), author: author.name() }
    }
}

impl CommentsAnswer {
    /// All comments, each before the replies to it. One whose id is none is left out.
    pub(crate) fn flatten(self) -> Vec<Comment> {
        let mut comments = Vec::new();
        // What is still to be looked at, the next one last.
        let mut waiting: Vec<CommentWire> = self.comments.into_iter().rev().collect();
        while let Some(CommentWire { id, content, author, created_at, replies }) = waiting.pop() {
            waiting.extend(replies.into_iter().flatten().rev());
            let is_id = (1..=LONGEST_ID).contains(&id.chars().count()) && readable(&id) == id;
            if is_id {
                comments.push(Comment {
                    id,
                    content: readable(&content.unwrap_or_default()),
                    author: author.name(),
                    created_at: created_at.as_deref().and_then(Timestamp::parse),
                });
            }
        }
        comments
    }
}

/// The text without the characters that no text here may hold.
fn readable(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|character| !is_steering(*character)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn post(value: serde_json::Value) -> serde_json::Result<Post> {
        Ok(serde_json::from_value::<PostAnswer>(value)?.into())
    }

    #[test]
    fn an_author_comes_in_two_forms() {
        let named = |author: serde_json::Value| {
            let mut body = json!({"id": "1", "title": "T", "content": "C", "upvotes": 5});
            body.as_object_mut().unwrap().extend(author.as_object().unwrap().clone());
            post(json!({"success": true, "post": body, "meta": {}})).unwrap().author
        };
        let tom = Some("Tom".to_owned());
        assert_eq!(named(json!({"author_name": " Tom "})), tom);
        assert_eq!(named(json!({"author": {"id": "7", "name": "Tom"}})), tom);
        assert_eq!(named(json!({"author_name": "Tom", "author": null})), tom);
        for author in [json!({}), json!({"author": null}), json!({"author": {}}), json!({"author_name": " \u{0}"})] {
            assert_eq!(named(author), None);
        }
        assert_eq!(named(json!({"author_name": "x".repeat(101)})), None);
    }

    #[test]
    fn what_steers_is_dropped() {
        let post = post(json!({"post": {"title": null, "content": "a\u{0}b\r\nc\u{202e}\u{e0041}\td"}})).unwrap();
        assert_eq!((post.title.as_str(), post.content.as_str()), ("", "ab\nc\td"));
    }

    #[test]
    fn replies_stand_behind_what_they_answer() {
        let answer = json!({"success": true, "comments": [
            {"id": "a", "content": "1", "author_name": "Tom", "created_at": "2026-01-01T00:00:00Z", "replies": [
                {"id": "b", "content": "2", "author": {"name": "Sam"}, "replies": [{"id": "c", "content": null}]},
                {"id": "d", "created_at": "yesterday", "replies": null},
            ]},
            {"id": "", "content": "no id"},
            {"id": "a\u{0}", "replies": [{"id": "e"}]},
        ]});
        let comments = serde_json::from_value::<CommentsAnswer>(answer).unwrap().flatten();
        let ids: Vec<&str> = comments.iter().map(|comment| comment.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c", "d", "e"]);
        assert_eq!(comments[0].created_at, Timestamp::parse("2026-01-01T00:00:00Z"));
        assert_eq!((comments[1].author.as_deref(), comments[3].created_at), (Some("Sam"), None));
    }

    #[test]
    fn what_is_something_else_is_no_answer() {
        for value in [json!({}), json!({"success": false, "error": "no"}), json!({"post": []}), json!([])] {
            assert!(post(value).is_err());
        }
    }
}

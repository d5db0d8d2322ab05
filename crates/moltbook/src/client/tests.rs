//! The client against a Moltbook of its own, over real HTTP.

use support::upstream::{Call, Trouble};
use support::{Moltbook, tokio};

use super::*;

fn id() -> PostId {
    PostId::parse("abc-1").unwrap()
}

fn a_moltbook_with_a_post() -> Moltbook {
    let moltbook = Moltbook::start();
    moltbook.add_post("abc-1", "Tom", "A title", "What it says");
    moltbook
}

#[tokio::test]
async fn a_post_and_its_comments() {
    let moltbook = a_moltbook_with_a_post();
    moltbook.add_comment("abc-1", "c1", "Sam", "first");
    moltbook.add_comment("abc-1", "c2", "Kim", "second");
    moltbook.add_reply("c1", "c3", "Tom", "answered");
    moltbook.add_reply("c3", "c4", "Sam", "deeper");
    moltbook.add_comment("other", "c5", "Sam", "elsewhere");
    let key = Secret::from("moltbook_key");
    let client = Client::new(moltbook.base(), Some(&key)).unwrap();
    let post = client.post(&id()).await.unwrap().unwrap();
    let author = Some("Tom".to_owned());
    assert_eq!(post, Post { title: "A title".to_owned(), content: "What it says".to_owned(), author });
    let comments = client.comments(&id()).await.unwrap().unwrap();
    let seen: Vec<_> = comments.iter().map(|comment| (comment.id.as_str(), comment.author.as_deref())).collect();
    assert_eq!(seen, [("c1", Some("Sam")), ("c3", Some("Tom")), ("c4", Some("Sam")), ("c2", Some("Kim"))]);
    let call = |path: &str| Call { path: path.to_owned(), key: Some("moltbook_key".to_owned()), body: String::new() };
    assert_eq!(moltbook.calls(), [call("/posts/abc-1"), call("/posts/abc-1/comments")]);
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let moltbook = Moltbook::start();
    let client = Client::new(moltbook.base(), None).unwrap();
    assert_eq!(client.post(&id()).await.unwrap(), None);
    assert_eq!(client.comments(&id()).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_no_post_is_no_answer() {
    let moltbook = a_moltbook_with_a_post();
    let client = Client::new(moltbook.base(), None).unwrap();
    moltbook.fail(Some(Trouble::Text(r#"{"success": false}"#)));
    assert!(matches!(client.post(&id()).await, Err(models::Error::UpstreamUnavailable("Moltbook"))));
}

//! The client against a Moltbook of its own, over real HTTP.

use support::moltbook::{Call, Trouble};
use support::{Moltbook, tokio};

use super::*;

fn client(moltbook: &Moltbook) -> Client {
    Client::new(moltbook.base(), None).unwrap()
}

/// A client that soon takes silence for an answer.
fn impatient(moltbook: &Moltbook) -> Client {
    Client::patient(moltbook.base(), None, Duration::from_millis(300)).unwrap()
}

fn id() -> PostId {
    PostId::parse("abc-1").unwrap()
}

fn is_unavailable<T: std::fmt::Debug>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::UpstreamUnavailable("Moltbook")))
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
    let call = |path: &str| Call { path: path.to_owned(), key: Some("moltbook_key".to_owned()) };
    assert_eq!(moltbook.calls(), [call("/posts/abc-1"), call("/posts/abc-1/comments")]);
    assert!(!format!("{client:?}").contains("moltbook_key"));
}

#[tokio::test]
async fn what_is_not_there_is_none_and_asked_for_once() {
    let moltbook = Moltbook::start();
    let client = client(&moltbook);
    assert_eq!(client.post(&id()).await.unwrap(), None);
    assert_eq!(client.comments(&id()).await.unwrap(), None);
    assert_eq!(moltbook.calls().len(), 2);
    assert_eq!(moltbook.calls()[0].key, None);
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_base_is_no_matter() {
    let moltbook = a_moltbook_with_a_post();
    let base = format!("{}/", moltbook.base()).parse().unwrap();
    assert!(Client::new(&base, None).unwrap().post(&id()).await.unwrap().is_some());
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let moltbook = a_moltbook_with_a_post();
    for troubles in [[Trouble::Status(500), Trouble::Status(502)], [Trouble::Hang, Trouble::Status(503)]] {
        let before = moltbook.calls().len();
        moltbook.stumble(&troubles);
        assert!(impatient(&moltbook).post(&id()).await.unwrap().is_some());
        assert_eq!(moltbook.calls().len(), before + 3);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_given_up() {
    let moltbook = a_moltbook_with_a_post();
    for (trouble, calls) in [(Trouble::Status(502), 3), (Trouble::Hang, 3)] {
        moltbook.fail(Some(trouble));
        let before = moltbook.calls().len();
        assert!(is_unavailable(&impatient(&moltbook).comments(&id()).await));
        assert_eq!(moltbook.calls().len(), before + calls);
    }
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap()).parse().unwrap()
    };
    assert!(is_unavailable(&Client::new(&nowhere, None).unwrap().post(&id()).await));
}

#[tokio::test]
async fn what_makes_no_sense_or_is_refused_is_asked_for_once() {
    let (moltbook, elsewhere) = (a_moltbook_with_a_post(), a_moltbook_with_a_post());
    let client = client(&moltbook);
    for trouble in [
        Trouble::Status(401),
        Trouble::Status(429),
        Trouble::Status(204),
        Trouble::Text("<html>"),
        Trouble::Text(r#"{"success": false}"#),
        Trouble::Long(LARGEST + 1),
        Trouble::Redirect(format!("{}/posts/abc-1", elsewhere.base())),
    ] {
        let before = moltbook.calls().len();
        moltbook.fail(Some(trouble.clone()));
        assert!(is_unavailable(&client.post(&id()).await), "{trouble:?}");
        assert_eq!(moltbook.calls().len(), before + 1, "{trouble:?}");
    }
    assert_eq!(elsewhere.calls(), [], "a redirect is not followed");
    moltbook.fail(None);
    assert!(client.post(&id()).await.unwrap().is_some());
}

#[test]
fn a_setting_that_cannot_work_is_refused() {
    for base in ["ftp://moltbook.com/", "mailto:tom@example.org"] {
        assert!(Client::new(&base.parse().unwrap(), None).is_err(), "{base}");
    }
    let base = "https://www.moltbook.com/api/v1".parse().unwrap();
    assert!(Client::new(&base, Some(&Secret::from("a\nb"))).is_err());
}

//! The client against a server of its own, over real HTTP.

use support::upstream::{Call, Trouble, Upstream};
use support::{Value, json, tokio};

use super::*;

/// A server that has one thing, and answers a query with it.
fn upstream() -> Upstream {
    Upstream::start("/api/v1", |path, query| match path {
        "/things/1 a" => Some(json!({"name": "a thing"})),
        "" => Some(json!({"name": query.first()?.1})),
        _ => None,
    })
}

fn client(upstream: &Upstream) -> Client {
    Client::new("Elsewhere", upstream.base(), None).unwrap()
}

/// A client that soon takes silence for an answer.
fn impatient(upstream: &Upstream) -> Client {
    Client::patient("Elsewhere", upstream.base(), None, Duration::from_millis(300)).unwrap()
}

async fn thing(client: &Client) -> Result<Option<Value>> {
    client.get(&["things", "1 a"]).await
}

fn is_unavailable<T: std::fmt::Debug>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::UpstreamUnavailable("Elsewhere")))
}

#[tokio::test]
async fn what_is_asked_for_by_path_and_by_query() {
    let upstream = upstream();
    let key = Secret::from("a_key");
    let client = Client::new("Elsewhere", upstream.base(), Some(&key)).unwrap();
    assert_eq!(thing(&client).await.unwrap(), Some(json!({"name": "a thing"})));
    let answered: Option<Value> = client.ask(&[("name", "a&b c")]).await.unwrap();
    assert_eq!(answered, Some(json!({"name": "a&b c"})));
    let call = |path: &str| Call { path: path.to_owned(), key: Some("a_key".to_owned()), body: String::new() };
    assert_eq!(upstream.calls(), [call("/things/1%20a"), call("?name=a%26b+c")]);
    assert!(!format!("{client:?}").contains("a_key"));
}

#[tokio::test]
async fn what_is_not_there_is_none_and_asked_for_once() {
    let upstream = upstream();
    assert_eq!(client(&upstream).get::<Value>(&["nothing"]).await.unwrap(), None);
    assert_eq!(upstream.calls(), [Call { path: "/nothing".to_owned(), key: None, body: String::new() }]);
}

#[tokio::test]
async fn what_is_sent_is_sent_once_as_json() {
    let upstream = upstream();
    let client = client(&upstream);
    let sent = json!({"question": "why?"});
    assert_eq!(client.post::<Value>(&["things", "1 a"], &sent).await.unwrap(), json!({"name": "a thing"}));
    let call = Call { path: "/things/1%20a".to_owned(), key: None, body: sent.to_string() };
    assert_eq!(upstream.calls(), [call]);
    assert!(is_unavailable(&client.post::<Value>(&["nothing"], &sent).await));
    upstream.fail(Some(Trouble::Status(503)));
    assert!(is_unavailable(&client.post::<Value>(&["things", "1 a"], &sent).await));
    assert_eq!(upstream.calls().len(), 3);
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_base_is_no_matter() {
    let upstream = upstream();
    let base = format!("{}/", upstream.base()).parse().unwrap();
    assert!(thing(&Client::new("Elsewhere", &base, None).unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let upstream = upstream();
    for troubles in [[Trouble::Status(500), Trouble::Status(502)], [Trouble::Hang, Trouble::Status(503)]] {
        let before = upstream.calls().len();
        upstream.stumble(&troubles);
        assert!(thing(&impatient(&upstream)).await.unwrap().is_some());
        assert_eq!(upstream.calls().len(), before + 3);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_given_up() {
    let upstream = upstream();
    for trouble in [Trouble::Status(502), Trouble::Hang] {
        upstream.fail(Some(trouble));
        let before = upstream.calls().len();
        assert!(is_unavailable(&thing(&impatient(&upstream)).await));
        assert_eq!(upstream.calls().len(), before + 3);
    }
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap()).parse().unwrap()
    };
    assert!(is_unavailable(&thing(&Client::new("Elsewhere", &nowhere, None).unwrap()).await));
}

#[tokio::test]
async fn what_makes_no_sense_or_is_refused_is_asked_for_once() {
    let (upstream, elsewhere) = (upstream(), upstream());
    let client = client(&upstream);
    for trouble in [
        Trouble::Status(401),
        Trouble::Status(429),
        Trouble::Status(204),
        Trouble::Text("<html>"),
        Trouble::Long(LARGEST + 1),
        Trouble::Redirect(format!("{}/things/1%20a", elsewhere.base())),
    ] {
        let before = upstream.calls().len();
        upstream.fail(Some(trouble.clone()));
        assert!(is_unavailable(&thing(&client).await), "{trouble:?}");
        assert_eq!(upstream.calls().len(), before + 1, "{trouble:?}");
    }
    assert_eq!(elsewhere.calls(), [], "a redirect is not followed");
    upstream.fail(None);
    assert!(thing(&client).await.unwrap().is_some());
}

#[test]
fn a_setting_that_cannot_work_is_refused() {
    for base in ["ftp://example.org/", "mailto:tom@example.org"] {
        assert!(Client::new("Elsewhere", &base.parse().unwrap(), None).is_err(), "{base}");
    }
    let base = "https://example.org/api/v1".parse().unwrap();
    assert!(Client::new("Elsewhere", &base, Some(&Secret::from("a\nb"))).is_err());
}

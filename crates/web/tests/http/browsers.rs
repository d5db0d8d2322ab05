//! Readers with a browser.

use models::Network;
use serde_json::json;

use crate::app::{App, NETWORKS, error_of};

#[tokio::test]
async fn a_reader_is_known_by_a_cookie_of_its_network_which_opens_nothing_else() {
    let app = App::start().await;
    for network in NETWORKS {
        let token = app.account(network, "Alice").await;
        let cookie = |network: Network| format!("theme=dark; {}_session={}", network.as_str(), token.expose());
        let read = async |path: &str, cookie: &str| {
            let path = format!("/{}/{path}", network.as_str());
            app.request("GET", &path).header("Cookie", cookie).send().await
        };
        assert_eq!(read("reader", &cookie(network)).await.json(), json!({"handle": "Alice"}));
        assert_eq!(read("me", &cookie(network)).await.status, 401, "no call of the API takes a cookie");
        for nobody in ["", "theme=dark", &cookie(Network::ALL[0]).replace(token.expose(), "nonsense")] {
            assert_eq!(read("reader", nobody).await.json(), json!({"handle": null}), "{nobody}");
        }
        for other in NETWORKS.into_iter().filter(|other| *other != network) {
            assert_eq!(read("reader", &cookie(other)).await.json(), json!({"handle": null}));
        }
    }
}

#[tokio::test]
async fn a_form_that_another_site_sends_does_nothing() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/form", network.as_str());
        let send = async |headers: &[(&str, &str)], body: &str| {
            let request =
                headers.iter().fold(app.request("POST", &path), |request, (name, value)| request.header(name, value));
            request.header("Content-Type", "application/x-www-form-urlencoded").body(body).send().await
        };
        let here = send(&[("Sec-Fetch-Site", "same-origin")], "content=a+%26+b&more=1").await;
        assert_eq!((here.status, here.json()), (200, json!({"content": "a & b"})));
        let own = [("Host", "social.example"), ("Origin", "http://social.example")];
        assert_eq!(send(&own, "content=a").await.status, 200);
        assert_eq!(send(&[], "content=a").await.status, 200);
        for elsewhere in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Origin", "null")] {
            assert_eq!(send(&[elsewhere], "content=a").await.status, 403, "{elsewhere:?}");
        }
        let missing = send(&[], "more=1").await;
        assert_eq!(missing.status, 400);
        assert!(error_of(network, &missing).1.contains("content"), "{missing:?}");
    }
}

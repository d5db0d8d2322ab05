//! Queries.

use serde_json::json;

use crate::app::{App, NETWORKS, error_of};

#[tokio::test]
async fn a_query_is_read_as_forms_write_it() {
    let app = App::start().await;
    for (query, name) in [
        ("name=a", "a"),
        ("name=a+b%20c", "a b c"),
        ("name=%E2%9C%93", "✓"),
        ("name=", ""),
        ("name", ""),
        ("name=a%26b%3Dc", "a&b=c"),
        ("name=%FF", "\u{fffd}"),
        ("name=%zz", "%zz"),
        ("&&name=a&unknown=5&unknown=6", "a"),
    ] {
        let response = app.get(&format!("/clankdin/query?{query}")).await;
        assert_eq!((response.status, response.json()), (200, json!({"name": name, "number": null})), "{query}");
    }
    let response = app.get("/clankdin/query?number=7&name=a").await;
    assert_eq!(response.json(), json!({"name": "a", "number": 7}));
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_told_with_its_field() {
    let app = App::start().await;
    for network in NETWORKS {
        for (query, field, text) in [
            ("", "name", "name is required"),
            ("number=7", "name", "name is required"),
            ("name=a&name=b", "name", "name is given twice"),
            ("name=a&number=seven", "number", "number is not right: invalid digit found in string"),
            ("name=a&number=-1", "number", "number is not right: invalid digit found in string"),
            ("name=a&number=", "number", "number is not right: cannot parse integer from empty string"),
            ("name=a&number=4294967296", "number", "number is not right: number too large to fit in target type"),
        ] {
            let response = app.get(&format!("/{}/query?{query}", network.as_str())).await;
            let (code, told) = error_of(network, &response);
            assert_eq!((response.status, told.as_str()), (400, text), "{query}");
            if network.as_str() == "clankdin" {
                assert_eq!(code, field, "{query}");
            }
        }
    }
}

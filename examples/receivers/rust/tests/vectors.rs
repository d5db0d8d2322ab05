//! The published vectors.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use std::collections::HashMap;

use serde::Deserialize;
use webhook_receiver::{Headers, is_clankdin_signature, is_delivery};

const PUBLISHED: &str = include_str!("../../../../docs/webhook-vectors.json");

#[derive(Deserialize)]
struct Published {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    secret: String,
    previous_secret: Option<String>,
    timestamp: i64,
    body: String,
    headers: HashMap<String, String>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str::<Published>(PUBLISHED).expect("the vectors are JSON").vectors
}

#[test]
fn clankdins_signature() {
    for Vector { name, secret, body, headers, .. } in vectors() {
        let (signature, body) = (&headers["X-ClankdIn-Signature"], body.as_bytes());
        assert!(is_clankdin_signature(&secret, signature, body), "{name}");
        assert!(!is_clankdin_signature(&secret, signature, &[body, b" "].concat()), "{name}");
        assert!(!is_clankdin_signature("whsec_AAAA", signature, body), "{name}");
        assert!(!is_clankdin_signature(&secret, "", body) && !is_clankdin_signature(&secret, "é", body), "{name}");
    }
}

#[test]
fn the_standards_signatures() {
    for Vector { name, secret, previous_secret, timestamp, body, headers } in vectors() {
        let body = body.as_bytes();
        let headers = Headers {
            id: &headers["webhook-id"],
            timestamp: &headers["webhook-timestamp"],
            signatures: &headers["webhook-signature"],
        };
        // Within a day of a rotation each of the two secrets will do.
        for secret in std::iter::once(&secret).chain(&previous_secret) {
            for seconds in [-300, 0, 300] {
                assert!(is_delivery(secret, headers, body, timestamp + seconds), "{name}");
            }
            for seconds in [-301, 301] {
                assert!(!is_delivery(secret, headers, body, timestamp + seconds), "{name}");
            }
            assert!(!is_delivery(secret, headers, &[body, b" "].concat(), timestamp), "{name}");
            assert!(!is_delivery(secret, Headers { id: "other", ..headers }, body, timestamp), "{name}");
            for signatures in ["", "v1,", "v2,AAAA", "v1,AAAA"] {
                assert!(!is_delivery(secret, Headers { signatures, ..headers }, body, timestamp), "{name}");
            }
        }
        assert!(!is_delivery("whsec_AAAA", headers, body, timestamp), "{name}");
    }
}

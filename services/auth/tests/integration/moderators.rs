//! Who moderates Clankspace, as the operator says.

use diesel::prelude::*;
use models::schema::audit_entries;
use support::{Http, Networks as _, Service, json, tokio};

use crate::service;

fn operator(service: &Service) -> Http {
    service.clankspace().http.with_token(&service.admin_token())
}

/// What the operator and moderators did, in the order of the alphabet.
async fn actions(service: &Service) -> Vec<String> {
    let actions = audit_entries::table.order(audit_entries::action).select(audit_entries::action);
    service.read(move |conn| Ok(actions.load(conn)?)).await
}

#[tokio::test]
async fn the_operator_makes_and_unmakes_moderators_at_once() {
    let service = service();
    let (operator, kai) = (operator(&service), service.a_clankspace_user("Kai").await);
    let _ = service.a_clankspace_user("tom").await;
    let suspend_tom = async || kai.http.post_nothing("/admin/suspend/tom").await;
    let _ = suspend_tom().await.is(403);
    for _ in 0..2 {
        let granted = operator.post_nothing("/admin/moderators/kai").await;
        let _ = granted.is_exactly(200, &json!({"username": "Kai", "is_admin": true}));
    }
    assert_eq!(kai.me().await.is(200)["is_admin"], true);
    let _ = suspend_tom().await.is(200);
    for _ in 0..2 {
        let revoked = operator.delete("/admin/moderators/KAI").await;
        let _ = revoked.is_exactly(200, &json!({"username": "Kai", "is_admin": false}));
    }
    assert_eq!(kai.me().await.is(200)["is_admin"], false);
    let _ = suspend_tom().await.is(403);
    assert_eq!(actions(&service).await, ["grant", "revoke", "suspend"]);
}

#[tokio::test]
async fn nobody_but_the_operator_does() {
    let service = service();
    let (operator, kai) = (operator(&service), service.a_clankspace_user("kai").await);
    let _ = service.a_clankspace_user("tom").await;
    let _ = operator.post_nothing("/admin/moderators/kai").await.is(200);
    for http in [&kai.http, &service.clankspace().http, &service.clankspace().http.with_token("wrong")] {
        let _ = http.post_nothing("/admin/moderators/tom").await.is(401);
        let _ = http.delete("/admin/moderators/kai").await.is(401);
    }
    let unknown = json!({"error": "User not found", "code": "not_found"});
    for name in ["nobody", "a%00b", "k%C3%A4i"] {
        let _ = operator.post_nothing(&format!("/admin/moderators/{name}")).await.is_exactly(404, &unknown);
        let _ = operator.delete(&format!("/admin/moderators/{name}")).await.is_exactly(404, &unknown);
    }
    assert_eq!(actions(&service).await, ["grant"]);
}

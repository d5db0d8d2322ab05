//! ClankdIn's way of telling the outside.

mod webhooks;

use web::{ClankdIn, Routes, delete, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("webhooks")
        .route(post("/webhooks/register").to(webhooks::register))
        .route(get("/webhooks").to(webhooks::list))
        .route(get("/webhooks/{id}").to(webhooks::webhook))
        .route(delete("/webhooks/{id}").to(webhooks::delete))
        .route(post("/webhooks/{id}/test").to(webhooks::test))
}

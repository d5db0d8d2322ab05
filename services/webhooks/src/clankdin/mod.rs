//! ClankdIn's way of telling the outside.

mod webhooks;

use web::{ClankdIn, Routes, delete, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("webhooks")
        .route(post("/webhooks/register").to_undocumented(webhooks::register))
        .route(get("/webhooks").to_undocumented(webhooks::list))
        .route(get("/webhooks/{id}").to_undocumented(webhooks::webhook))
        .route(delete("/webhooks/{id}").to_undocumented(webhooks::delete))
        .route(post("/webhooks/{id}/test").to_undocumented(webhooks::test))
}

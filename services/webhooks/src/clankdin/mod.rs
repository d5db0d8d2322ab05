//! ClankdIn's way of telling the outside.

mod webhooks;

use web::{ClankdIn, Routes, delete, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("webhooks")
        .route(
            post("/webhooks/register")
                .summary("Have events sent to an address of yours; the secret is shown once")
                .refuses(&[409])
                .to(webhooks::register),
        )
        .route(get("/webhooks").summary("Your webhooks").to(webhooks::list))
        .route(get("/webhooks/{id}").summary("One of your webhooks").to(webhooks::webhook))
        .route(delete("/webhooks/{id}").summary("Remove a webhook").to(webhooks::delete))
        .route(post("/webhooks/{id}/test").summary("Have a ping sent to a webhook").to(webhooks::test))
}

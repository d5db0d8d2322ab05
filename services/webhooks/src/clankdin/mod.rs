//! ClankdIn's way of telling the outside.

mod deliveries;
mod secrets;
mod webhooks;

use web::{Action, ClankdIn, Routes, delete, get, patch, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("webhooks")
        .route(
            post("/webhooks/register")
                .summary("Have events sent to an address of yours; the secret is shown once")
                .refuses(&[409])
                .to(webhooks::register),
        )
        .route(
            post("/webhooks/rotate-secret")
                .summary("Have a new secret for one of your webhooks, or for all of them")
                .refuses(&[404])
                .to(secrets::rotate),
        )
        .route(get("/webhooks").summary("Your webhooks").to(webhooks::list))
        .route(get("/webhooks/{id}").summary("One of your webhooks").to(webhooks::webhook))
        .route(
            patch("/webhooks/{id}")
                .summary("Change where a webhook leads, what it is sent, or whether it is sent anything")
                .refuses(&[409])
                .to(webhooks::change),
        )
        .route(delete("/webhooks/{id}").summary("Remove a webhook").to(webhooks::delete))
        .route(
            post("/webhooks/{id}/test")
                .summary("Have a ping sent to a webhook")
                .limit(Action::ClankdInWebhookTests)
                .to(deliveries::test),
        )
        .route(
            get("/webhooks/{id}/deliveries")
                .summary("What was sent to a webhook and what came of it, newest first")
                .to(deliveries::list),
        )
        .route(
            post("/webhooks/deliveries/{id}/resend")
                .summary("Have a delivery sent anew")
                .refuses(&[409])
                .to(deliveries::resend),
        )
}

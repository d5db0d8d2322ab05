//! ClankdIn's way of tying agents to one another.

mod connections;

use web::{ClankdIn, Routes, delete, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("messaging")
        .route(post("/connect").summary("Ask an agent for a connection").refuses(&[404, 409]).to(connections::connect))
        .route(
            post("/connections")
                .summary("Follow an agent, or ask it for a connection")
                .refuses(&[404, 409])
                .to(connections::open),
        )
        .route(get("/connections").summary("Read your connections in both directions").to(connections::list))
        .route(
            post("/connections/{id}/accept")
                .summary("Accept the connection that you were asked for")
                .refuses(&[403, 409])
                .to(connections::accept),
        )
        .route(
            post("/connections/{id}/decline")
                .summary("Decline the connection that you were asked for")
                .refuses(&[403, 409])
                .to(connections::decline),
        )
        .route(
            delete("/connections/{id}")
                .summary("Disconnect, follow no more, or take back what you asked")
                .refuses(&[409])
                .to(connections::delete),
        )
}

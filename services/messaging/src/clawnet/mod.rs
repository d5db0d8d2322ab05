//! ClawNet's way of saying things in private.

mod conversations;
mod guide;
mod history;
mod inbox;
mod message;
mod sending;
mod wrapping;

use web::{Action, ClawNet, Routes, get, post};

pub fn routes() -> Routes<ClawNet> {
    Routes::new("messaging")
        .route(post("/send").limit(Action::ClawNetSend).to_undocumented(sending::send))
        .route(get("/inbox/check").limit(Action::ClawNetInboxCheck).to_undocumented(inbox::check))
        .route(get("/inbox").limit(Action::ClawNetInbox).to_undocumented(inbox::inbox))
        .route(post("/inbox/{id}/ack").to_undocumented(inbox::acknowledge))
        .route(get("/messages/{name}").limit(Action::ClawNetMessages).to_undocumented(history::history))
        .route(get("/conversations").limit(Action::ClawNetMessages).to_undocumented(conversations::conversations))
}

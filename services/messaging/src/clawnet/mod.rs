//! ClawNet's way of saying things in private.

mod claims;
mod conversations;
mod guide;
mod history;
mod inbox;
mod message;
mod moltbook;
mod sending;
mod stream;
mod wrapping;

use web::{Action, ClawNet, Routes, delete, get, post};

pub fn routes() -> Routes<ClawNet> {
    let routes = Routes::new("messaging")
        .route(
            post("/send")
                .limit(Action::ClawNetSend)
                .repeatable()
                .summary("Send a message")
                .refuses(&[403, 404])
                .to(sending::send),
        )
        .route(
            get("/inbox/check")
                .limit(Action::ClawNetInboxCheck)
                .summary("Whether messages wait, and how many")
                .to(inbox::check),
        )
        .route(get("/inbox").limit(Action::ClawNetInbox).summary("Read the messages that wait").to(inbox::inbox))
        .route(
            get("/inbox/stream")
                .limit(Action::ClawNetInbox)
                .summary("Get messages as they arrive, as Server-Sent Events")
                .to(stream::stream),
        )
        .route(post("/inbox/{id}/ack").summary("Take a message out of the inbox").to(inbox::acknowledge))
        .route(
            get("/messages/{name}")
                .limit(Action::ClawNetMessages)
                .summary("Read what you and an agent have said to each other")
                .to(history::history),
        )
        .route(
            get("/conversations")
                .limit(Action::ClawNetMessages)
                .summary("Whom you have talked to, and what was said last")
                .to(conversations::conversations),
        );
    from_elsewhere(routes)
}

fn from_elsewhere(routes: Routes<ClawNet>) -> Routes<ClawNet> {
    routes
        .route(delete("/follows/moltbook/{id}").summary("Hear no more of a post on Moltbook").to(moltbook::unfollow))
        .route(
            post("/admin/claim-codes")
                .operator()
                .summary("Leave a message for an agent who has not joined yet")
                .refuses(&[404, 409])
                .to(claims::create),
        )
        .route(get("/claim/{code}").public().summary("Whose message a claim code stands for").to(claims::claim))
        .route(
            post("/claim/{code}")
                .summary("Get the message that a claim code stands for")
                .refuses(&[400, 409])
                .to(claims::redeem),
        )
}

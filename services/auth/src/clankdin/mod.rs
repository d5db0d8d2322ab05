//! ClankdIn's way of saying who you are.

mod agents;

use web::{Action, ClankdIn, Routes, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("auth")
        .route(post("/agents/register").public().limit(Action::ClankdInRegister).to_undocumented(agents::register))
        .route(get("/agents/me").to_undocumented(agents::me))
        .route(get("/agents/{handle}").public().to_undocumented(agents::agent))
}

//! ClawNet's way of saying who you are.

mod profile;
mod registration;
mod token;

use web::{Action, ClawNet, Routes, get, post};

pub fn routes() -> Routes<ClawNet> {
    Routes::new("auth")
        .route(post("/register").public().limit(Action::ClawNetRegister).to_undocumented(registration::register))
        .route(get("/me").to_undocumented(profile::me))
        .route(post("/me/token/rotate").limit(Action::ClawNetTokenRotate).to_undocumented(token::rotate))
        .route(get("/agents/{name}").public().to_undocumented(profile::agent))
}

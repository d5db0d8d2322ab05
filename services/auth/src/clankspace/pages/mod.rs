//! Pages for people: where they sign in and sign up, and where they see to their account.
//!
//! Signing in takes three steps at most, each a form: an address of mail, the code that is sent there, and for who is new a name. What one
//! step must know of those before travels in the forms and never in an address.

mod destination;
mod session;
mod settings;
mod sign_in;
mod sign_up;

use web::{Action, Clankspace, Routes, get, post};

/// These routes and those of the pages.
pub fn with_pages(routes: Routes<Clankspace>) -> Routes<Clankspace> {
    let limit = Action::ClankspaceSignIn;
    routes
        .route(get("/login").public().to_undocumented(sign_in::page))
        .route(post("/login").public().limit(limit).to_undocumented(sign_in::send_code))
        .route(post("/login/code").public().limit(limit).to_undocumented(sign_in::verify_code))
        .route(get("/signup").public().to_undocumented(sign_up::page))
        .route(post("/signup").public().limit(limit).to_undocumented(sign_up::sign_up))
        .route(post("/logout").public().to_undocumented(session::end))
        .route(get("/settings").public().to_undocumented(settings::page))
        .route(post("/settings/delete").public().to_undocumented(settings::delete))
}

//! Clankspace's way of saying who you are.

mod profile;
mod sign_in;

use web::{Clankspace, Routes, get, post};

pub fn routes() -> Routes<Clankspace> {
    Routes::new("auth")
        .route(post("/auth/request-code").public().to_undocumented(sign_in::request_code))
        .route(post("/auth/verify-code").public().to_undocumented(sign_in::verify_code))
        .route(post("/auth/signup").public().to_undocumented(sign_in::sign_up))
        .route(get("/me").to_undocumented(profile::me))
}

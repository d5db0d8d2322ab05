//! Clankspace's way of saying who you are.

mod moderators;
mod pages;
mod profile;
mod sign_in;
mod suspension;

use web::{Action, Clankspace, Routes, delete, get, post};

pub fn routes() -> Routes<Clankspace> {
    let routes = Routes::new("auth")
        .route(
            post("/auth/request-code")
                .public()
                .limit(Action::ClankspaceSignIn)
                .summary("Have a sign-in code sent by mail, three an hour to an address")
                .to(sign_in::request_code),
        )
        .route(
            post("/auth/verify-code")
                .public()
                .limit(Action::ClankspaceSignIn)
                .summary("Sign in with a code, or get a ticket to an account")
                .refuses(&[401, 403])
                .to(sign_in::verify_code),
        )
        .route(
            post("/auth/signup")
                .public()
                .limit(Action::ClankspaceSignIn)
                .summary("Make an account and get a token of it")
                .refuses(&[401, 403, 409])
                .to(sign_in::sign_up),
        )
        .route(get("/me").summary("Your own account").to(profile::me))
        .route(
            delete("/me").summary("Delete your account, and all that is its own").refuses(&[403]).to(profile::delete),
        );
    pages::with_pages(moderation(routes))
}

/// These routes and those of moderators and the operator.
fn moderation(routes: Routes<Clankspace>) -> Routes<Clankspace> {
    routes
        .route(
            post("/admin/suspend/{name}")
                .moderator()
                .summary("Suspend a user: nobody sees it or its posts any more, and it cannot sign in")
                .refuses(&[400, 409])
                .to(suspension::suspend),
        )
        .route(
            delete("/admin/suspend/{name}")
                .moderator()
                .summary("Lift a user's suspension")
                .refuses(&[400])
                .to(suspension::lift),
        )
        .route(post("/report/suspend").public().to_undocumented(suspension::suspend_by_form))
        .route(post("/report/lift").public().to_undocumented(suspension::lift_by_form))
        .route(post("/admin/moderators/{name}").operator().summary("Make a user a moderator").to(moderators::grant))
        .route(
            delete("/admin/moderators/{name}")
                .operator()
                .summary("Make a moderator a user like others")
                .to(moderators::revoke),
        )
}

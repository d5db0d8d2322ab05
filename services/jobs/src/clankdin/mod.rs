//! ClankdIn's way of finding work.

mod jobs;
mod organizations;

use web::{ClankdIn, Routes, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("jobs")
        .route(post("/organizations").to_undocumented(organizations::found))
        .route(get("/organizations/{handle}").public().to_undocumented(organizations::organization))
        .route(post("/jobs").to_undocumented(jobs::post))
        .route(get("/jobs").public().to_undocumented(jobs::list))
        .route(get("/jobs/{id}").public().to_undocumented(jobs::job))
}

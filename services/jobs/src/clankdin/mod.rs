//! ClankdIn's way of finding work.

mod jobs;
mod organizations;

use web::{ClankdIn, Routes, get, post};

pub fn routes() -> Routes<ClankdIn> {
    Routes::new("jobs")
        .route(post("/organizations").to(organizations::found))
        .route(get("/organizations/{handle}").public().to(organizations::organization))
        .route(post("/jobs").to(jobs::post))
        .route(get("/jobs").public().to(jobs::list))
        .route(get("/jobs/{id}").public().to(jobs::job))
}

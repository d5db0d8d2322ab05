//! Clankspace in public: posts, feeds, follows, pages.

mod follows;
mod pages;
mod posts;

use web::{Clankspace, Routes, delete, get, post};

pub fn routes() -> Routes<Clankspace> {
    Routes::new("posts")
        .route(post("/posts").to(posts::publish))
        .route(get("/posts").public().to(posts::everyone))
        .route(get("/posts/user/{name}").public().to(posts::by_user))
        .route(get("/leaders").to(posts::leaders))
        .route(post("/follow/{name}").to(follows::follow))
        .route(delete("/follow/{name}").to(follows::unfollow))
        .route(get("/feed").public().to(pages::feed))
}

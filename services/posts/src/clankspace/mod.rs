//! Clankspace in public: posts, feeds, follows, pages.

mod follows;
mod pages;
mod posts;

use web::{Clankspace, Routes, delete, get, post};

pub fn routes() -> Routes<Clankspace> {
    Routes::new("posts")
        .route(post("/posts").to_undocumented(posts::publish))
        .route(get("/posts").public().to_undocumented(posts::everyone))
        .route(get("/posts/user/{name}").public().to_undocumented(posts::by_user))
        .route(get("/leaders").to_undocumented(posts::leaders))
        .route(post("/follow/{name}").to_undocumented(follows::follow))
        .route(delete("/follow/{name}").to_undocumented(follows::unfollow))
        .route(get("/feed").public().to_undocumented(pages::feed))
}

//! Pages for people: the feed, a post with its comments, the directory of agents, an agent's profile.
//!
//! What they have in common with the pages that other services draw is in [`web::page`].

mod card;
mod category;
mod directory;
mod feed;
mod profile;
mod thread;

use web::page::clankdin::ICON;
use web::{Answer, ClankdIn, Routes, get, render};

/// These routes, and those of the pages.
pub fn for_people(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(get("").public().to_undocumented(feed::feed))
        .route(get("/").public().to_undocumented(feed::feed))
        .route(get("/feed/").public().to_undocumented(feed::feed))
        .route(get("/feed/{id}/").public().to_undocumented(thread::thread))
        .route(get("/clankrs").public().to_undocumented(directory::directory))
        .route(get("/clankrs/").public().to_undocumented(directory::directory))
        .route(get("/clankrs/{handle}").public().to_undocumented(profile::profile))
        .route(get("/icon.svg").public().to_undocumented(icon))
}

/// The site's icon, which browsers show beside the title of a page.
async fn icon() -> Answer<ClankdIn> {
    Ok(render::svg(ICON))
}

//! Pages for people: jobs, gigs, organizations.
//!
//! What they have in common with the pages that other services draw is in [`web::page`].

mod card;
mod gigs;
mod job;
mod jobs;
mod listing;
mod names;
mod organization;
mod organizations;

use web::{ClankdIn, Routes, get};

use self::listing::list;

/// These routes, and those of the pages.
pub fn for_people(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(get("/organizations/").public().to_undocumented(list::<organizations::Asking>))
        .route(get("/organizations/{handle}/").public().to_undocumented(organization::organization))
        .route(get("/jobs/").public().to_undocumented(list::<jobs::Asking>))
        .route(get("/jobs/{id}/").public().to_undocumented(job::job))
        .route(get("/gigs/").public().to_undocumented(list::<gigs::Asking>))
}

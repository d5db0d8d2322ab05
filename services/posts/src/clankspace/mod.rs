//! Clankspace in public: posts, feeds, follows, blocks, reports, pages.

mod audit;
mod autoposter;
mod blocks;
mod follows;
mod moderation;
mod pages;
mod posts;
mod reports;
mod suspended;

use web::paging::Limit;
use web::{Action, Clankspace, Routes, delete, get, post};

/// Items of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 200 };

pub fn routes() -> Routes<Clankspace> {
    let routes = Routes::new("posts")
        .route(post("/posts").summary("Say something, once an hour").refuses(&[429]).to(posts::publish))
        .route(delete("/posts").summary("Delete a post of your own").refuses(&[404]).to(posts::delete))
        .route(get("/posts").viewer().summary("What everybody says, or said on one day").to(posts::everyone))
        .route(get("/posts/user/{name}").viewer().summary("What one user says").to(posts::by_user))
        .route(get("/leaders").summary("What those say whom you follow, and you").to(posts::leaders))
        .route(post("/report").summary("Report a post").refuses(&[404]).to(reports::report));
    pages::with_pages(moderation(agent(people(routes))))
}

fn agent(routes: Routes<Clankspace>) -> Routes<Clankspace> {
    routes
        .route(get("/autoposter/settings").summary("What your AI Agent has been told").to(autoposter::settings))
        .route(post("/autoposter/settings").summary("Tell your AI Agent what to do").to(autoposter::save))
        .route(
            post("/autoposter/generate")
                .limit(Action::ClankspaceGenerate)
                .summary("Have your AI Agent write a post, which is not published")
                .refuses(&[400])
                .to(autoposter::generate),
        )
}

fn people(routes: Routes<Clankspace>) -> Routes<Clankspace> {
    routes
        .route(get("/follow").summary("Whom you follow").to(follows::list))
        .route(post("/follow/{name}").summary("Follow a user").refuses(&[400, 403, 409]).to(follows::follow))
        .route(delete("/follow/{name}").summary("Follow a user no more").to(follows::unfollow))
        .route(get("/block").summary("Whom you have blocked").to(blocks::list))
        .route(post("/block/{name}").summary("Block a user").refuses(&[400]).to(blocks::block))
        .route(delete("/block/{name}").summary("Block a user no more").to(blocks::unblock))
}

fn moderation(routes: Routes<Clankspace>) -> Routes<Clankspace> {
    routes
        .route(get("/report").moderator().or_page().summary("Posts that users have reported").to(reports::open))
        .route(
            delete("/admin/posts").moderator().summary("Delete anybody's post").refuses(&[404]).to(moderation::remove),
        )
        .route(
            post("/admin/reports/dismiss")
                .moderator()
                .summary("Dismiss the reports of a post")
                .refuses(&[404])
                .to(moderation::dismiss),
        )
        .route(get("/admin/suspended").moderator().summary("Who is suspended").to(suspended::list))
        .route(get("/admin/audit").moderator().summary("What moderators have done").to(audit::list))
}

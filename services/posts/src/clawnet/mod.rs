//! ClawNet in public: posts and threads, reactions and reposts, following and blocking, what one is notified of, finding things.

mod agents;
mod blocks;
mod follows;
mod hashtags;
mod notifications;
mod pages;
mod posts;
mod reactions;
mod search;
mod thread;

use web::paging::Limit;
use web::{Action, ClawNet, Routes, delete, get, post};

/// Items of a page, where a list says nothing else.
const LIMIT: Limit = Limit { default: 50, maximum: 200 };

pub fn routes() -> Routes<ClawNet> {
    let routes = Routes::new("posts")
        .route(
            post("/posts")
                .limit(Action::ClawNetPosts)
                .summary("Publish a post, a reply or a quote")
                .refuses(&[404])
                .to(posts::publish),
        )
        .route(
            get("/posts")
                .viewer()
                .summary("Read the feed: all, of one agent, with a hashtag, or of those you follow")
                .refuses(&[404])
                .to(posts::list),
        )
        .route(get("/posts/{id}").public().summary("Read a post and its conversation").to(thread::one))
        .route(
            post("/posts/{id}/follow").summary("Hear of each new reply in a thread").refuses(&[400]).to(thread::follow),
        )
        .route(delete("/posts/{id}/follow").summary("Hear no more of a thread").refuses(&[400]).to(thread::unfollow))
        .route(post("/posts/{id}/react").limit(Action::ClawNetReact).summary("Like a post").to(reactions::react))
        .route(delete("/posts/{id}/react").summary("Take a like back").to(reactions::take_back))
        .route(get("/posts/{id}/reactions").viewer().summary("Who likes a post").to(reactions::of_post))
        .route(post("/posts/{id}/repost").summary("Put a post before your followers").to(reactions::repost))
        .route(delete("/posts/{id}/repost").summary("Take a repost back").to(reactions::take_repost_back))
        .route(get("/posts/{id}/reposts").viewer().summary("Who reposted a post").to(reactions::reposts_of_post))
        .route(get("/mentions").summary("Posts that mention you").to(posts::mentions));
    for_people(finding(acquaintance(routes)))
}

fn for_people(routes: Routes<ClawNet>) -> Routes<ClawNet> {
    routes
        .route(get("").public().to_undocumented(pages::feed))
        .route(get("/").public().to_undocumented(pages::feed))
        .route(get("/agents/").public().to_undocumented(pages::directory))
        .route(get("/agents/{name}/").public().to_undocumented(pages::profile))
        .route(get("/posts/{id}/").public().to_undocumented(pages::thread))
        .route(get("/icon.svg").public().to_undocumented(pages::icon))
}

fn acquaintance(routes: Routes<ClawNet>) -> Routes<ClawNet> {
    routes
        .route(post("/follow/{name}").summary("Follow an agent").refuses(&[400]).to(follows::follow))
        .route(delete("/follow/{name}").summary("Follow an agent no more").to(follows::unfollow))
        .route(get("/following").summary("Whom you follow").to(follows::own_following))
        .route(get("/followers").summary("Who follows you").to(follows::own_followers))
        .route(get("/agents/{name}/followers").public().summary("Who follows an agent").to(follows::followers))
        .route(get("/agents/{name}/following").public().summary("Whom an agent follows").to(follows::following))
        .route(post("/block").summary("Block an agent").refuses(&[404]).to(blocks::block))
        .route(post("/unblock").summary("Block an agent no more").refuses(&[404]).to(blocks::unblock))
        .route(get("/blocks").summary("Whom you have blocked").to(blocks::list))
        .route(
            get("/notifications")
                .limit(Action::ClawNetNotifications)
                .summary("Likes and reposts of your posts")
                .to(notifications::list),
        )
        .route(post("/notifications/read-all").summary("Mark all notifications as read").to(notifications::read_all))
}

fn finding(routes: Routes<ClawNet>) -> Routes<ClawNet> {
    routes
        .route(get("/agents").public().summary("All agents, or those with a capability").to(agents::directory))
        .route(get("/suggestions/agents").summary("Agents you might follow").to(agents::suggestions))
        .route(get("/leaderboard").public().summary("Who has the most followers or posts").to(agents::leaderboard))
        .route(get("/search").public().summary("Find posts or agents by their words").to(search::search))
        .route(get("/hashtags").public().summary("Hashtags that are used most").to(hashtags::trending))
}

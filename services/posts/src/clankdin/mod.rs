//! ClankdIn in public: the feed under its two names, pinches, comments, notifications, pages, prompts.

mod comments;
mod feed;
mod notifications;
mod pages;
mod pinches;
mod prompts;

use web::{Action, ClankdIn, Routes, delete, get, post};

/// The stream's two names; every route of it is served under both.
const STREAMS: [Stream; 2] = [
    Stream { list: "/feed", one: "/feed/{id}", pinch: "/feed/{id}/pinch", comments: "/feed/{id}/comments" },
    Stream {
        list: "/town-square",
        one: "/town-square/{id}",
        pinch: "/town-square/{id}/pinch",
        comments: "/town-square/{id}/comments",
    },
];

struct Stream {
    list: &'static str,
    one: &'static str,
    pinch: &'static str,
    comments: &'static str,
}

pub fn routes() -> Routes<ClankdIn> {
    let notifications = Routes::new("posts")
        .route(get("/notifications").summary("What others did that concerns you").to(notifications::list))
        .route(
            get("/notifications/unread/count")
                .summary("How many notifications you have not read")
                .to(notifications::unread_count),
        )
        .route(post("/notifications/{id}/read").summary("Mark a notification as read").to(notifications::read))
        .route(post("/notifications/read-all").summary("Mark all notifications as read").to(notifications::read_all))
        .route(get("/agents/me/prompts").summary("What you might do next").to(prompts::list))
        .route(post("/agents/me/prompts/{id}/dismiss").summary("Be given a prompt no more").to(prompts::dismiss));
    pages::for_people(STREAMS.iter().fold(notifications, of_stream))
}

fn of_stream(routes: Routes<ClankdIn>, stream: &Stream) -> Routes<ClankdIn> {
    routes
        .route(post(stream.list).limit(Action::ClankdInPosts).summary("Publish a post").to(feed::publish))
        .route(get(stream.list).public().summary("Read the feed, or what it has of one category").to(feed::list))
        .route(get(stream.one).public().summary("Read a post and its comments").to(feed::one))
        .route(delete(stream.one).summary("Delete a post of your own").refuses(&[403]).to(feed::delete))
        .route(post(stream.pinch).limit(Action::ClankdInPinches).summary("Pinch a post").to(pinches::pinch))
        .route(delete(stream.pinch).summary("Take a pinch back").to(pinches::take_back))
        .route(get(stream.comments).public().summary("Read the comments under a post").to(comments::list))
        .route(
            post(stream.comments)
                .limit(Action::ClankdInComments)
                .summary("Comment on a post, or answer a comment under it")
                .to(comments::comment),
        )
}

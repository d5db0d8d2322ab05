//! ClankdIn in public: the feed under its two names, pinches, comments, notifications.

mod comments;
mod feed;
mod notifications;
mod pinches;

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
        .route(get("/notifications").to_undocumented(notifications::list))
        .route(get("/notifications/unread/count").to_undocumented(notifications::unread_count))
        .route(post("/notifications/{id}/read").to_undocumented(notifications::read))
        .route(post("/notifications/read-all").to_undocumented(notifications::read_all));
    STREAMS.iter().fold(notifications, |routes, stream| {
        routes
            .route(post(stream.list).limit(Action::ClankdInPosts).to_undocumented(feed::publish))
            .route(get(stream.list).public().to_undocumented(feed::list))
            .route(get(stream.one).public().to_undocumented(feed::one))
            .route(post(stream.pinch).limit(Action::ClankdInPinches).to_undocumented(pinches::pinch))
            .route(delete(stream.pinch).to_undocumented(pinches::take_back))
            .route(get(stream.comments).public().to_undocumented(comments::list))
            .route(post(stream.comments).limit(Action::ClankdInComments).to_undocumented(comments::comment))
    })
}

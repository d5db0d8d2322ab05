//! Who may call what: every route is in the table below, or this test fails.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops, and says where"
)]

use std::collections::BTreeMap;

use support::{ClankdIn, ClawNet, GENEROUS, Http, Networks as _, eventually, json, run, unique, unknown_token};

use crate::{BINARY, server};

/// A line of `clankwork routes`.
#[derive(Clone, Debug)]
struct Route {
    method: String,
    path: String,
    access: String,
}

impl Route {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with something in place of what varies.
    fn filled(&self, with: &str) -> String {
        let segment = |segment: &str| if segment.contains('{') { with.to_owned() } else { segment.to_owned() };
        self.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }
}

/// Every route that the server has, as it says itself.
fn routes() -> Vec<Route> {
    let output = run(BINARY, &["routes"], &[]);
    let text = String::from_utf8(output.stdout).expect("routes are text");
    let routes: Vec<Route> = text
        .lines()
        .map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [method, path, _, access, ..] => {
                Route { method: method.to_owned(), path: path.to_owned(), access: access.to_owned() }
            }
            _ => panic!("not a route: {line}"),
        })
        .collect();
    assert!(routes.len() > 20, "{text}");
    routes
}

fn routes_for(access: &str) -> Vec<Route> {
    let routes: Vec<Route> = routes().into_iter().filter(|route| route.access == access).collect();
    assert!(access != "account" || !routes.is_empty());
    routes
}

/// A valid token of each network.
struct Tokens {
    clawnet: String,
    clankspace: String,
    clankdin: String,
}

impl Tokens {
    async fn new() -> Self {
        Self {
            clawnet: server().clawnet().join(&unique("Tom")).await.http.token().to_owned(),
            clankspace: server().clankspace().join(&server().mails(), &unique("tom")).await.http.token().to_owned(),
            clankdin: server().clankdin().join(&unique("tom")).await.http.token().to_owned(),
        }
    }

    /// Those that are no token of the network that `path` belongs to: of the others, well-formed and unknown, malformed.
    fn strange_to(&self, path: &str) -> Vec<String> {
        let own = match path.split('/').nth(1) {
            Some("clawnet") => &self.clawnet,
            Some("clankspace") => &self.clankspace,
            _ => &self.clankdin,
        };
        let all = [&self.clawnet, &self.clankspace, &self.clankdin];
        let mut strange: Vec<String> = all.into_iter().filter(|token| *token != own).cloned().collect();
        let (prefix, _) = own.split_once('_').expect("a token has a prefix");
        strange.push(unknown_token(&format!("{prefix}_")));
        strange.push(format!("{own}0"));
        strange.push(own.to_uppercase());
        strange.push(prefix.to_owned());
        strange
    }
}

async fn call(http: &Http, route: &Route, with: &str) -> support::Answer {
    let body = (route.method != "GET").then(|| b"{}".to_vec());
    http.call(&route.method, &route.filled(with), body).await
}

#[tokio::test]
async fn every_route_for_accounts_refuses_who_has_none() {
    let tokens = Tokens::new().await;
    for route in routes_for("account") {
        let refused = call(&server().http(), &route, "x").await.is(401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{}", route.name());
        for token in tokens.strange_to(&route.path) {
            let _ = call(&server().http().with_token(&token), &route, "x").await.is(401);
        }
    }
}

#[tokio::test]
async fn a_route_for_everybody_refuses_a_wrong_token_alone() {
    let tokens = Tokens::new().await;
    for route in routes_for("viewer") {
        assert_ne!(call(&server().http(), &route, "x").await.status, 401, "{}", route.name());
        for token in tokens.strange_to(&route.path) {
            let _ = call(&server().http().with_token(&token), &route, "x").await.is(401);
        }
    }
}

#[tokio::test]
async fn a_public_route_does_not_look_at_tokens() {
    for route in routes_for("public") {
        let answer = call(&server().http().with_token("nonsense"), &route, "x").await;
        // Signing in has a 401 of its own, for a wrong ticket.
        assert!(answer.status != 401 || route.path.contains("/auth/"), "{}: {answer}", route.name());
    }
}

#[tokio::test]
async fn the_operators_routes_refuse_everybody_else() {
    let tokens = Tokens::new().await;
    for route in routes_for("operator") {
        let _ = call(&server().http(), &route, "x").await.is(401);
        for token in [&tokens.clawnet, &tokens.clankspace, &tokens.clankdin] {
            let _ = call(&server().http().with_token(token), &route, "x").await.is(401);
        }
        let operator = server().http().with_token(&server().admin_token());
        assert_ne!(call(&operator, &route, "x").await.status, 401, "{}", route.name());
    }
}

#[tokio::test]
async fn moderators_routes_are_for_moderators_and_the_operator() {
    // As a program asks: people are shown a page that sends them to sign in.
    let http = server().http().with_header("accept", "application/json");
    let tokens = Tokens::new().await;
    let moderator = server().clankspace().join(&server().mails(), &unique("mo")).await;
    let operator = http.with_token(&server().admin_token());
    let _ = operator.post_nothing(&format!("/clankspace/admin/moderators/{}", moderator.name)).await.is(200);
    for route in routes_for("moderator") {
        let refused = call(&http, &route, "x").await.is(401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{}", route.name());
        for token in tokens.strange_to(&route.path) {
            let _ = call(&http.with_token(&token), &route, "x").await.is(401);
        }
        let _ = call(&http.with_token(&tokens.clankspace), &route, "x").await.is(403);
        for may in [&http.with_token(moderator.http.token()), &operator] {
            let answer = call(may, &route, "x").await;
            assert!(!matches!(answer.status, 401 | 403), "{}: {answer}", route.name());
        }
    }
}

/// A form does what a cookie allows, and that comes along whoever has made the browser send it. What is no part of Clankspace's API and
/// takes POST is a form: one that is new is here by itself.
#[tokio::test]
async fn no_form_does_what_another_site_has_sent() {
    let document = server().clankspace().http.get("/openapi.json").await.is(200);
    let is_documented = |route: &Route| {
        let path = route.path.strip_prefix("/clankspace").and_then(|path| document["paths"].get(path));
        path.is_some_and(|path| path.get("post").is_some())
    };
    let mut forms = routes_for("public");
    forms.retain(|route| route.method == "POST" && route.path.starts_with("/clankspace/") && !is_documented(route));
    assert!(forms.len() > 15, "{forms:#?}");
    let user = server().clankspace().join(&server().mails(), &unique("tom")).await;
    let user = user.browser().at(server().origin());
    for path in forms.iter().map(|route| route.filled("x")) {
        for site in ["cross-site", "same-site"] {
            let refused = user.with_header("sec-fetch-site", site).form(&path, &[]).await.is(403);
            assert!(refused.text().contains("This form must be sent from a page of this site"), "{path}: {refused}");
        }
    }
}

/// Whether a route that needs an account reaches what belongs to one.
#[derive(Clone, Copy, Debug)]
enum Reach {
    /// It reaches the caller's own or everybody's alone: there is nothing of somebody else's to name.
    Nobodys,
    /// It names a thing of this kind, which to a stranger is not there.
    Own(Thing),
    /// It names a thing of this kind, which everybody sees, and does with it what a stranger may not.
    Kept(Thing),
}

/// What belongs to somebody.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Thing {
    Message,
    Notification,
    Prompt,
    Connection,
    Post,
    Gig,
    Organization,
    Job,
    Webhook,
    Delivery,
}

/// What each route for accounts reaches. Written by hand: a route that is new, or gone, fails the test until somebody has
/// thought about it.
fn reaches() -> BTreeMap<&'static str, Reach> {
    use Reach::{Kept, Nobodys, Own};
    BTreeMap::from([
        ("GET /clawnet/me", Nobodys),
        ("PATCH /clawnet/me", Nobodys),
        ("PATCH /clawnet/me/capabilities", Nobodys),
        ("GET /clawnet/me/rate-limits", Nobodys),
        ("POST /clawnet/me/token/rotate", Nobodys),
        ("POST /clawnet/moltbook/verify", Nobodys),
        ("POST /clawnet/moltbook/verify/confirm", Nobodys),
        ("DELETE /clawnet/moltbook/verify", Nobodys),
        ("POST /clawnet/send", Nobodys),
        ("GET /clawnet/inbox", Nobodys),
        ("GET /clawnet/inbox/check", Nobodys),
        ("GET /clawnet/inbox/stream", Nobodys),
        ("POST /clawnet/inbox/{id}/ack", Own(Thing::Message)),
        // The name is the other side's; what is shown lies between it and the caller.
        ("GET /clawnet/messages/{name}", Nobodys),
        ("GET /clawnet/conversations", Nobodys),
        ("POST /clawnet/block", Nobodys),
        ("POST /clawnet/unblock", Nobodys),
        ("GET /clawnet/blocks", Nobodys),
        // Whoever has a code may redeem it; what is followed on Moltbook is the caller's own following.
        ("POST /clawnet/claim/{code}", Nobodys),
        ("DELETE /clawnet/follows/moltbook/{id}", Nobodys),
        // Posts and agents are everybody's; what is changed is the caller's own relation to them.
        ("POST /clawnet/posts", Nobodys),
        ("POST /clawnet/posts/{id}/follow", Nobodys),
        ("DELETE /clawnet/posts/{id}/follow", Nobodys),
        ("POST /clawnet/posts/{id}/react", Nobodys),
        ("DELETE /clawnet/posts/{id}/react", Nobodys),
        ("POST /clawnet/posts/{id}/repost", Nobodys),
        ("DELETE /clawnet/posts/{id}/repost", Nobodys),
        ("GET /clawnet/mentions", Nobodys),
        ("POST /clawnet/follow/{name}", Nobodys),
        ("DELETE /clawnet/follow/{name}", Nobodys),
        ("GET /clawnet/following", Nobodys),
        ("GET /clawnet/followers", Nobodys),
        ("GET /clawnet/notifications", Nobodys),
        ("POST /clawnet/notifications/read-all", Nobodys),
        ("GET /clawnet/suggestions/agents", Nobodys),
        ("GET /clankspace/me", Nobodys),
        ("DELETE /clankspace/me", Nobodys),
        ("POST /clankspace/posts", Nobodys),
        // A post is known by its instant among those of its author: that of somebody else cannot be named here.
        ("DELETE /clankspace/posts", Nobodys),
        ("GET /clankspace/leaders", Nobodys),
        ("POST /clankspace/report", Nobodys),
        ("GET /clankspace/follow", Nobodys),
        ("POST /clankspace/follow/{name}", Nobodys),
        ("DELETE /clankspace/follow/{name}", Nobodys),
        ("GET /clankspace/block", Nobodys),
        ("POST /clankspace/block/{name}", Nobodys),
        ("DELETE /clankspace/block/{name}", Nobodys),
        ("GET /clankspace/autoposter/settings", Nobodys),
        ("POST /clankspace/autoposter/settings", Nobodys),
        ("POST /clankspace/autoposter/generate", Nobodys),
        ("GET /clankdin/agents/me", Nobodys),
        ("PUT /clankdin/agents/me", Nobodys),
        ("PATCH /clankdin/agents/me", Nobodys),
        ("PUT /clankdin/agents/me/current-task", Nobodys),
        ("PATCH /clankdin/agents/me/current-task", Nobodys),
        ("GET /clankdin/agents/me/applications", Nobodys),
        ("GET /clankdin/agents/me/prompts", Nobodys),
        ("POST /clankdin/agents/me/prompts/{id}/dismiss", Own(Thing::Prompt)),
        // Agents are everybody's; what is changed is what the caller says of them.
        ("POST /clankdin/agents/{handle}/back", Nobodys),
        ("DELETE /clankdin/agents/{handle}/back", Nobodys),
        ("POST /clankdin/agents/{handle}/skills/{skill}/endorse", Nobodys),
        ("DELETE /clankdin/agents/{handle}/skills/{skill}/endorse", Nobodys),
        ("POST /clankdin/connect", Nobodys),
        ("GET /clankdin/connections", Nobodys),
        ("POST /clankdin/connections", Nobodys),
        ("POST /clankdin/connections/{id}/accept", Own(Thing::Connection)),
        ("POST /clankdin/connections/{id}/decline", Own(Thing::Connection)),
        ("DELETE /clankdin/connections/{id}", Own(Thing::Connection)),
        ("POST /clankdin/feed", Nobodys),
        ("DELETE /clankdin/feed/{id}", Kept(Thing::Post)),
        ("POST /clankdin/feed/{id}/pinch", Nobodys),
        ("DELETE /clankdin/feed/{id}/pinch", Nobodys),
        ("POST /clankdin/feed/{id}/comments", Nobodys),
        ("POST /clankdin/town-square", Nobodys),
        ("DELETE /clankdin/town-square/{id}", Kept(Thing::Post)),
        ("POST /clankdin/town-square/{id}/pinch", Nobodys),
        ("DELETE /clankdin/town-square/{id}/pinch", Nobodys),
        ("POST /clankdin/town-square/{id}/comments", Nobodys),
        ("GET /clankdin/notifications", Nobodys),
        ("GET /clankdin/notifications/unread/count", Nobodys),
        ("POST /clankdin/notifications/read-all", Nobodys),
        ("POST /clankdin/notifications/{id}/read", Own(Thing::Notification)),
        ("POST /clankdin/gigs", Nobodys),
        ("PUT /clankdin/gigs/{id}", Kept(Thing::Gig)),
        ("DELETE /clankdin/gigs/{id}", Kept(Thing::Gig)),
        ("POST /clankdin/organizations", Nobodys),
        ("PUT /clankdin/organizations/{handle}", Kept(Thing::Organization)),
        ("POST /clankdin/organizations/{handle}/follow", Nobodys),
        ("DELETE /clankdin/organizations/{handle}/follow", Nobodys),
        ("POST /clankdin/organizations/{handle}/members", Kept(Thing::Organization)),
        ("DELETE /clankdin/organizations/{handle}/members/{agent}", Kept(Thing::Organization)),
        ("POST /clankdin/jobs", Nobodys),
        ("PUT /clankdin/jobs/{id}", Kept(Thing::Job)),
        ("DELETE /clankdin/jobs/{id}", Kept(Thing::Job)),
        // A job is there for everybody to apply for; its applications are not.
        ("POST /clankdin/jobs/{id}/apply", Nobodys),
        ("GET /clankdin/jobs/{id}/applications", Kept(Thing::Job)),
        ("PUT /clankdin/jobs/{id}/applications/{application}", Kept(Thing::Job)),
        ("POST /clankdin/webhooks/register", Nobodys),
        ("POST /clankdin/webhooks/rotate-secret", Nobodys),
        ("GET /clankdin/webhooks", Nobodys),
        ("GET /clankdin/webhooks/{id}", Own(Thing::Webhook)),
        ("PATCH /clankdin/webhooks/{id}", Own(Thing::Webhook)),
        ("DELETE /clankdin/webhooks/{id}", Own(Thing::Webhook)),
        ("GET /clankdin/webhooks/{id}/deliveries", Own(Thing::Webhook)),
        ("POST /clankdin/webhooks/{id}/test", Own(Thing::Webhook)),
        ("POST /clankdin/webhooks/deliveries/{id}/resend", Own(Thing::Delivery)),
    ])
}

#[test]
fn every_route_for_accounts_is_in_the_table() {
    let known = reaches();
    let served: Vec<String> = routes_for("account").iter().map(Route::name).collect();
    let new: Vec<&String> = served.iter().filter(|name| !known.contains_key(name.as_str())).collect();
    let gone: Vec<&&str> = known.keys().filter(|name| !served.iter().any(|served| served == *name)).collect();
    assert!(new.is_empty() && gone.is_empty(), "not in the table: {new:#?}, served no more: {gone:#?}");
}

/// Two agents on each network, the things of the first, and the second, who is a stranger to them.
struct Things {
    ids: BTreeMap<Thing, String>,
    /// The first agent on ClankdIn, who owns an organization, and an application for its job.
    member: String,
    application: String,
    strangers: (ClawNet, ClankdIn),
}

impl Things {
    async fn new() -> Self {
        let (clawnet, clankdin) = (server().clawnet(), server().clankdin());
        let (tom, eve) = (clawnet.join(&unique("Tom")).await, clawnet.join(&unique("Eve")).await);
        let (kai, zoe) = (clankdin.join(&unique("kai")).await, clankdin.join(&unique("zoe")).await);
        let third = clankdin.join(&unique("sam")).await;
        let sent = eve.send(&tom.name, "for Tom alone").await.is(201);
        let post = kai.posted("Hello").await;
        let _ = third.comment(&post, "Hello").await.is(201);
        let first =
            async || kai.notifications("").await.ok().each("notifications", "id").first().map(|id| (*id).to_owned());
        let notification = eventually(GENEROUS, "the comment is told", first).await;
        let prompt = kai.prompts().await.is(200).each("prompts", "id").first().map(|id| (*id).to_owned());
        let webhook = kai.register_webhook("http://127.0.0.1:1024/hook", &["all"]).await.is(201);
        let webhook = id_of(&webhook, "webhook");
        let delivery = kai.http.post_nothing(&format!("/webhooks/{webhook}/test")).await.is(200);
        let ask = json!({"recipient_handle": kai.handle});
        let connection = third.http.post("/connect", ask).await.is(201);
        let gig = kai.http.post("/gigs", support::gig("Tidy code for a fair price")).await.is(201);
        let organization = unique("clank");
        let _ = kai.found(support::organization(&organization)).await.is(201);
        let job = kai.offered("A job for a clankr", Some(&organization)).await;
        let application = third.apply(&job, "I can do that.").await.is(201);
        let ids = [
            (Thing::Message, sent.string("id").to_owned()),
            (Thing::Notification, notification),
            (Thing::Prompt, prompt.expect("a newcomer has something to do")),
            (Thing::Connection, id_of(&connection, "connection")),
            (Thing::Post, post),
            (Thing::Gig, id_of(&gig, "gig")),
            (Thing::Organization, organization),
            (Thing::Job, job),
            (Thing::Webhook, webhook),
            (Thing::Delivery, id_of(&delivery, "delivery")),
        ];
        let (member, application) = (kai.handle, id_of(&application, "application"));
        Self { ids: BTreeMap::from(ids), member, application, strangers: (eve, zoe) }
    }

    /// Has a stranger call `route` with the thing that it names.
    async fn call(&self, route: &Route, thing: Thing) -> support::Answer {
        let stranger = if route.path.starts_with("/clawnet") { &self.strangers.0.http } else { &self.strangers.1.http };
        let segment = |segment: &str| match segment {
            "{agent}" => self.member.clone(),
            "{application}" => self.application.clone(),
            segment if segment.contains('{') => self.ids[&thing].clone(),
            segment => segment.to_owned(),
        };
        let path = route.path.split('/').map(segment).collect::<Vec<_>>().join("/");
        // What each of these calls must say to be understood; the others read nothing of it.
        let body = match thing {
            Thing::Organization => json!({"agent_handle": self.member, "role": "member"}),
            Thing::Job if path.contains("/applications/") => json!({"status": "reviewed"}),
            _ => json!({}),
        };
        let body = (route.method != "GET").then(|| body.to_string().into_bytes());
        stranger.at(server().origin()).call(&route.method, &path, body).await
    }
}

fn id_of(answer: &support::Answer, noun: &str) -> String {
    answer[noun]["id"].as_str().expect("it has an id").to_owned()
}

#[tokio::test]
async fn nobody_reaches_what_is_somebody_elses() {
    let things = Things::new().await;
    let reaches = reaches();
    for route in routes_for("account") {
        let _ = match reaches.get(route.name().as_str()) {
            Some(&Reach::Own(thing)) => things.call(&route, thing).await.is(404),
            Some(&Reach::Kept(thing)) => things.call(&route, thing).await.is(403),
            _ => continue,
        };
    }
}

#[tokio::test]
async fn what_is_ones_own_is_reached() {
    let (clawnet, clankdin) = (server().clawnet(), server().clankdin());
    let (tom, eve) = (clawnet.join(&unique("Tom")).await, clawnet.join(&unique("Eve")).await);
    let sent = eve.send(&tom.name, "for Tom alone").await.is(201);
    // The sender is a stranger to the recipient's inbox as well.
    let _ = eve.acknowledge(sent.string("id")).await.is(404);
    let _ = tom.acknowledge(sent.string("id")).await.is(200);
    let kai = clankdin.join(&unique("kai")).await;
    let webhook = kai.register_webhook("http://127.0.0.1:1024/hook", &["all"]).await.is(201);
    let path = format!("/webhooks/{}", webhook["webhook"]["id"].as_str().expect("a webhook has an id"));
    let _ = kai.http.get(&path).await.is(200);
    let _ = kai.http.delete(&path).await.is(200);
    let _ = kai.http.get(&path).await.is(404);
}

#[tokio::test]
async fn only_ones_own_post_is_pinned() {
    let (tom, eve) = (server().clawnet().join(&unique("Tom")).await, server().clawnet().join(&unique("Eve")).await);
    let pin = json!({"pinned_post_id": tom.posted("mine").await});
    assert_eq!(eve.http.json("PATCH", "/me", &pin).await.is(403)["error"], "forbidden");
    let _ = tom.http.json("PATCH", "/me", &pin).await.is(200);
}

#[tokio::test]
async fn only_ones_own_post_is_deleted_on_clankspace() {
    let (clankspace, mails) = (server().clankspace(), server().mails());
    let (kai, eve) = (clankspace.join(&mails, &unique("kai")).await, clankspace.join(&mails, &unique("eve")).await);
    let post = kai.post("Mine to delete").await.is(201);
    let created_at = post["post"]["created_at"].as_str().expect("an instant");
    let _ = eve.delete_post(created_at).await.is(404);
    let _ = kai.delete_post(created_at).await.is(200);
    let _ = kai.delete_post(created_at).await.is(404);
}

#[tokio::test]
async fn only_an_owner_offers_an_organizations_jobs() {
    let (kai, zoe) = (server().clankdin().join(&unique("kai")).await, server().clankdin().join(&unique("zoe")).await);
    let handle = unique("clank");
    let organization = json!({"handle": handle, "name": "Small Works", "tagline": "Tools that do one thing", "industry": "technology", "size": "solo"});
    let _ = kai.found(organization).await.is(201);
    let job = json!({"title": "A job for a clankr", "description": "Ten characters and more.", "job_type": "task", "skills": ["SQL"], "organization": handle});
    let _ = zoe.offer(job.clone()).await.is(403);
    let _ = kai.offer(job).await.is(201);
}

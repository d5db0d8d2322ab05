//! What tests of webhooks share: the calls of their API, and events that lead to deliveries.

use models::event::Actor;
use models::{Event, Network, outbox};
use serde_json::{Value, json};

use crate::{Answer, ClankdIn, GENEROUS, Made, Networks as _, Receiver, Service, eventually};

impl ClankdIn {
    /// `POST /webhooks/register`.
    pub async fn register_webhook(&self, url: &str, events: &[&str]) -> Answer {
        self.http.post("/webhooks/register", json!({"url": url, "events": events})).await
    }

    /// Registers a webhook at `receiver`, and returns its secret and its id.
    pub async fn listen(&self, receiver: &Receiver, events: &[&str]) -> (String, String) {
        let new = self.register_webhook(receiver.url(), events).await.is(201);
        let id = new["webhook"]["id"].as_str().expect("a webhook has an id");
        (new.string("secret").to_owned(), id.to_owned())
    }

    /// `PATCH /webhooks/ID`.
    pub async fn change_webhook(&self, id: &str, change: Value) -> Answer {
        self.http.json("PATCH", &format!("/webhooks/{id}"), &change).await
    }

    /// `POST /webhooks/rotate-secret`.
    pub async fn rotate_secret(&self, body: Value) -> Answer {
        self.http.post("/webhooks/rotate-secret", body).await
    }

    /// `GET /webhooks/ID/deliveries` with this query, which may be empty.
    pub async fn deliveries(&self, id: &str, query: &str) -> Answer {
        self.http.get(&format!("/webhooks/{id}/deliveries{query}")).await
    }

    /// `POST /webhooks/deliveries/ID/resend`.
    pub async fn resend(&self, delivery: &str) -> Answer {
        self.http.post_nothing(&format!("/webhooks/deliveries/{delivery}/resend")).await
    }

    /// The newest deliveries of a webhook, once there are `count` attempts at them in all and none is under way.
    pub async fn attempted(&self, id: &str, count: usize) -> Vec<Value> {
        let attempts = |delivery: &Value| delivery["attempts"].as_array().map_or(0, Vec::len);
        let look = async || {
            let log = self.deliveries(id, "?limit=100").await.is(200).list("deliveries").to_vec();
            (log.iter().map(attempts).sum::<usize>() >= count).then_some(log)
        };
        eventually(GENEROUS, &format!("{count} attempts"), look).await
    }
}

impl Made {
    /// Who this is, as events name it.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id, handle: self.handle.clone(), name: self.handle.clone() }
    }

    /// The event that this account has commented on a post of `author`.
    pub fn comments(&self, author: &Self, preview: &str) -> Event {
        let (post_id, comment_id) = (author.id, self.id);
        Event::Commented {
            actor: self.actor(),
            recipient_id: author.id,
            post_id,
            comment_id,
            preview: preview.to_owned(),
        }
    }
}

impl Service {
    /// Makes an agent on ClankdIn: what it is, and its client.
    pub async fn a_known_agent(&self, handle: &str) -> (Made, ClankdIn) {
        let made = self.an_account(Network::ClankdIn, handle).await;
        let client = self.clankdin().known(&made.handle, &made.token);
        (made, client)
    }

    /// Lets these happen at once.
    pub async fn happen(&self, events: Vec<Event>) {
        let now = self.state.clock.now();
        self.write(move |tx| events.iter().try_for_each(|event| outbox::record(tx, now, event))).await;
    }
}

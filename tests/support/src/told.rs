//! What ClankdIn's agents are about to be notified of.

use diesel::prelude::*;
use models::schema::{accounts, outbox};
use models::{Event, Id, NotificationKind};

use crate::Service;

impl Service {
    /// What of this kind waits to be told: the handle of who did it, the handle of whom it concerns, the id of what it happened to, the
    /// preview; sorted. For services that tell and do not handle what they tell.
    ///
    /// # Panics
    /// Where the outbox holds what is no event, or tells of an account that is gone.
    pub async fn told(&self, kind: NotificationKind) -> Vec<[String; 4]> {
        let (bodies, handles): (Vec<String>, Vec<(Id, String)>) = self
            .read(|conn| {
                let bodies = outbox::table.select(outbox::event).load(conn)?;
                Ok((bodies, accounts::table.select((accounts::id, accounts::handle)).load(conn)?))
            })
            .await;
        let handle =
            |id: Id| handles.iter().find(|(other, _)| *other == id).expect("an account that is there").1.clone();
        let mut told = Vec::new();
        for body in bodies {
            if let Event::Notable { notification, actor, recipient_id, target_id, preview } =
                serde_json::from_str(&body).expect("an event")
                && notification == kind
            {
                told.push([actor.handle, handle(recipient_id), target_id.to_string(), preview]);
            }
        }
        told.sort();
        told
    }
}

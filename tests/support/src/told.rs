//! What ClankdIn's agents are about to be notified of.

use diesel::prelude::*;
use models::schema::{accounts, notifications, outbox};
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

    /// Notifies `recipient` of something that `actor` did to `target`, as has long been done.
    pub async fn a_notification(&self, kind: NotificationKind, actor: Id, recipient: Id, target: Id) {
        let now = self.state.clock.now();
        self.write(move |tx| {
            let id = Id::at(now);
            diesel::insert_into(notifications::table)
                .values((
                    notifications::id.eq(id),
                    notifications::account_id.eq(recipient),
                    notifications::event_id.eq(id),
                    notifications::kind.eq(kind.as_str()),
                    notifications::actor_id.eq(actor),
                    notifications::target_id.eq(target),
                    notifications::preview.eq(""),
                    notifications::created_at.eq(now),
                ))
                .execute(tx.conn())?;
            Ok(())
        })
        .await;
    }

    /// How many are notified of something that happened to `target`.
    pub async fn notified_of(&self, target: Id) -> i64 {
        let of_target = notifications::table.filter(notifications::target_id.eq(target));
        self.read(move |conn| Ok(of_target.count().get_result(conn)?)).await
    }
}

//! What an agent does best after it has read its inbox.

use models::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::message::show_id;

/// The one most useful next call. It is made of numbers, our own ids and fixed words alone: an agent trusts it, so nothing
/// that another agent wrote, not even a name, may get into it.
#[derive(Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct Guide {
    /// Method and path.
    next_call: String,
    /// Why.
    reason: String,
}

impl Guide {
    /// The guide beside a list whose first message is `oldest`, when `count` wait in all.
    pub fn to_inbox(oldest: Option<Id>, count: i64) -> Self {
        match (oldest, count) {
            (Some(oldest), count) => Self {
                next_call: format!("POST /inbox/{}/ack", show_id(oldest)),
                reason: format!(
                    "Waiting: {count}. Acknowledge each message once it is dealt with; until then it stays in the inbox."
                ),
            },
            (None, 1..) => Self {
                next_call: "GET /inbox".to_owned(),
                reason: format!("Nothing is newer than `since`. Waiting since before: {count}."),
            },
            (None, _) => Self {
                next_call: "GET /inbox/check".to_owned(),
                reason: "Nothing is waiting. Check again every few minutes.".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use models::Timestamp;

    use super::*;

    #[test]
    fn it_names_one_call_for_each_state_of_an_inbox() {
        let id = Id::at(Timestamp::from_micros(1));
        assert_eq!(Guide::to_inbox(Some(id), 3).next_call, format!("POST /inbox/{}/ack", id.to_typeid("msg")));
        assert!(Guide::to_inbox(Some(id), 3).reason.contains('3'));
        assert_eq!(Guide::to_inbox(None, 2).next_call, "GET /inbox");
        assert_eq!(Guide::to_inbox(None, 0).next_call, "GET /inbox/check");
    }
}

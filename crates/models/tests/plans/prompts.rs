//! The plans of what prompts on ClankdIn are drawn from. What they find is few, and may be sorted; what they look through may not be.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::schema::*;
use models::{Connection, Id, Timestamp};

use crate::{Hot, constraint, plan};

/// The queries of prompts, each with the index that serves it where it looks through the most.
pub fn drawn(conn: &mut Connection) -> Vec<Hot> {
    let (id, other) = (Id::at(Timestamp::from_micros(1_795_294_903_709_469)), Id::at(Timestamp::from_micros(1)));
    let mut drawn = Vec::new();
    macro_rules! drawn {
        ($name:literal by $index:expr => $query:expr) => {{
            let plan = plan(conn, $query);
            drawn.push(Hot { name: $name, index: $index, plan });
        }};
    }
    macro_rules! dismissed {
        ($target:expr) => {
            exists(prompt_dismissals::table.find((id, "kind", $target)))
        };
    }

    let hidden = diesel::alias!(accounts as suspended);
    let suspended =
        hidden.filter(hidden.field(accounts::suspended_at).is_not_null()).select(hidden.field(accounts::id));
    let (own, newest) = diesel::alias!(posts as own, posts as newest);
    let newest = newest
        .filter(newest.field(posts::root_post_id).eq(own.field(posts::id)))
        .filter(newest.field(posts::parent_post_id).is_not_null())
        .filter(newest.field(posts::account_id).ne_all(suspended))
        .order(newest.field(posts::id).desc())
        .limit(1)
        .select(newest.field(posts::id));
    let newest_of_each = own
        .filter(own.field(posts::account_id).eq(id))
        .filter(own.field(posts::id).ge(other))
        .filter(own.field(posts::parent_post_id).is_null())
        .filter(own.field(posts::reply_count).gt(0))
        .order(own.field(posts::id).desc())
        .limit(20)
        .select(newest.single_value());
    drawn!("comments to answer" by "posts_by_root" => posts::table
        .inner_join(accounts::table)
        .filter(posts::id.nullable().eq_any(newest_of_each))
        .filter(posts::account_id.ne(id))
        .filter(not(dismissed!(posts::id)))
        .order(posts::id.desc())
        .limit(10)
        .select((posts::id, posts::root_post_id, accounts::handle)));
    drawn!("requests to answer" by "connections_by_recipient" => connections::table
        .inner_join(accounts::table.on(accounts::id.eq(connections::requester_id)))
        .filter(connections::recipient_id.eq(id))
        .filter(connections::connection_type.eq("connect"))
        .filter(connections::status.eq("pending"))
        .filter(accounts::suspended_at.is_null())
        .filter(not(dismissed!(connections::id)))
        .order(connections::id.desc())
        .limit(10)
        .select((connections::id, accounts::handle)));

    let own = diesel::alias!(skills as own);
    let contact = notifications::table
        .filter(notifications::actor_id.eq(id))
        .filter(notifications::account_id.eq(skills::account_id));
    let newest = skills::table
        .filter(skills::network.eq("clankdin"))
        .filter(skills::name_key.eq(own.field(skills::name_key)))
        .filter(skills::account_id.ge(other))
        .filter(skills::account_id.ne(id))
        .filter(skills::account_id.ne_all(suspended))
        .filter(not(exists(contact)))
        .filter(not(dismissed!(skills::account_id)))
        .order(skills::account_id.desc())
        .limit(1)
        .select(skills::account_id);
    let newest_of_each = own.filter(own.field(skills::account_id).eq(id)).select(newest.single_value());
    drawn!("agents to welcome" by "skills_by_name" => accounts::table
        .filter(accounts::id.nullable().eq_any(newest_of_each))
        .order(accounts::id.desc())
        .limit(10)
        .select((accounts::id, accounts::handle)));
    let answered = notifications::table
        .filter(notifications::actor_id.eq(id))
        .filter(notifications::account_id.eq(accounts::id))
        .filter(notifications::kind.eq_any(["comment", "mention"]));
    drawn!("agents one worked with" by "notifications_by_actor" => accounts::table
        .filter(accounts::id.eq_any([id, other]))
        .filter(accounts::suspended_at.is_null())
        .filter(exists(answered))
        .select((accounts::id, accounts::handle)));
    let endorsement = endorsements::table.find((skills::account_id, skills::name_key, id));
    drawn!("skills to endorse" by constraint("skills_pkey", "skills USING PRIMARY KEY") => skills::table
        .inner_join(own.on(own.field(skills::name_key).eq(skills::name_key)))
        .filter(own.field(skills::account_id).eq(id))
        .filter(skills::account_id.eq_any([id, other]))
        .filter(not(exists(endorsement)))
        .filter(not(dismissed!(skills::account_id)))
        .order(own.field(skills::position))
        .select((skills::account_id, own.field(skills::name))));
    drawn!("agents to back" by constraint("backings_by_backer", "backings USING PRIMARY KEY") => accounts::table
        .filter(accounts::id.eq_any([id, other]))
        .filter(not(exists(backings::table.find((accounts::id, id)))))
        .filter(not(dismissed!(accounts::id)))
        .select(accounts::id));

    let (newest, said) = diesel::alias!(posts as newest, posts as said);
    let newest = newest
        .filter(newest.field(posts::network).eq("clankdin"))
        .filter(newest.field(posts::parent_post_id).is_null())
        .filter(newest.field(posts::id).ge(other))
        .order(newest.field(posts::id).desc())
        .limit(200)
        .select(newest.field(posts::id));
    let joined = said
        .filter(said.field(posts::account_id).eq(id))
        .filter(said.field(posts::id).ge(other))
        .select(said.field(posts::root_post_id));
    drawn!("discussions to join" by "posts_feed" => posts::table
        .inner_join(accounts::table)
        .filter(posts::id.eq_any(newest))
        .filter(posts::reply_count.ge(3))
        .filter(posts::id.ne_all(joined))
        .filter(accounts::suspended_at.is_null())
        .filter(not(dismissed!(posts::id)))
        .order((posts::reply_count.desc(), posts::id.desc()))
        .limit(10)
        .select((posts::id, posts::reply_count, accounts::handle)));
    drawn
}

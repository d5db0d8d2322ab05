//! The plans of Clankspace's queries.

use diesel::dsl::{count_star, exists, max, min, not};
use diesel::prelude::*;
use models::schema::*;
use models::{Connection, Id, Timestamp, locked};

use crate::{Hot, constraint, plan};

diesel::define_sql_function! {
    fn coalesce<T: diesel::sql_types::SingleValue>(first: diesel::sql_types::Nullable<T>, second: T) -> T;
}

/// The queries of Clankspace, each with the index that serves it.
pub fn hot(conn: &mut Connection) -> Vec<Hot> {
    let now = Timestamp::from_micros(1_795_294_903_709_469);
    let (id, other) = (Id::at(now), Id::at(now));
    let network = "clankspace";
    let mut hot = Vec::new();
    macro_rules! hot {
        ($name:literal by $index:expr => $query:expr) => {{
            let plan = plan(conn, $query);
            hot.push(Hot { name: $name, index: $index, plan });
        }};
    }

    let by_viewer = blocks::table.filter(blocks::blocker_id.eq(id)).filter(blocks::blocked_id.eq(posts::account_id));
    let of_viewer = blocks::table.filter(blocks::blocker_id.eq(posts::account_id)).filter(blocks::blocked_id.eq(id));
    hot!("feed as a user sees it" by "posts_feed " => posts::table
        .inner_join(accounts::table)
        .filter(posts::network.eq(network))
        .filter(posts::parent_post_id.is_null())
        .filter(posts::id.lt(other))
        .filter(accounts::suspended_at.is_null())
        .filter(not(exists(by_viewer)))
        .filter(not(exists(of_viewer)))
        .order(posts::id.desc())
        .limit(51)
        .select((posts::id, posts::content, accounts::handle)));
    hot!("post by its author and instant" by "posts_by_account" => locked!(posts::table
        .filter(posts::account_id.eq(id))
        .filter(posts::id.ge(Id::floor(now)))
        .filter(posts::id.lt(other))
        .order(posts::id)
        .limit(1)
        .select(posts::id)));
    let newest = posts::table
        .filter(posts::account_id.eq(follows::followed_id))
        .filter(posts::id.lt(other))
        .order(posts::id.desc())
        .limit(1)
        .select(posts::id);
    hot!("newest post of each that is followed" by "posts_by_account" => follows::table
        .inner_join(accounts::table)
        .filter(follows::follower_id.eq(id))
        .filter(accounts::suspended_at.is_null())
        .select((follows::followed_id, newest.single_value())));
    hot!("blocks between two" by constraint("blocks_pkey", "blocks USING PRIMARY KEY") => diesel::select(exists(blocks::table
        .filter(blocks::blocker_id.eq_any([id, other]))
        .filter(blocks::blocked_id.eq_any([id, other])))));
    hot!("accounts to lock" by constraint("accounts_pkey", "sqlite_autoindex_accounts_1") => locked!(accounts::table
        .filter(accounts::id.eq_any([id, other]))
        .order(accounts::id)
        .select(accounts::id)));
    hot!("reported posts" by "reports_open" => reports::table
        .filter(reports::dismissed_at.is_null())
        .filter(reports::post_id.lt(id))
        .group_by(reports::post_id)
        .order(reports::post_id.desc())
        .limit(51)
        .select((reports::post_id, count_star(), min(reports::created_at), max(reports::created_at))));
    let actors = diesel::alias!(accounts as actors);
    hot!("what moderators did" by "audit_entries_by_network" => audit_entries::table
        .left_join(actors.on(actors.field(accounts::id).nullable().eq(audit_entries::actor_id)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(audit_entries::account_id)))
        .filter(audit_entries::network.eq(network))
        .filter(audit_entries::id.lt(other))
        .order(audit_entries::id.desc())
        .limit(51)
        .select((audit_entries::id, actors.field(accounts::handle).nullable(), accounts::handle.nullable())));
    let named = accounts::table
        .filter(accounts::network.eq(network))
        .filter(accounts::suspended_at.is_null())
        .filter(accounts::id.gt(id))
        .order(accounts::id);
    hot!("names of a sitemap" by "accounts_by_age" => named.limit(10_000).select(accounts::handle));
    hot!("where the next sitemap begins" by "accounts_by_age" => named.offset(9_999).limit(2).select(accounts::id));
    let own = diesel::alias!(posts as own_posts);
    let last_of_author = own
        .filter(own.field(posts::account_id).eq(accounts::id))
        .filter(own.field(posts::id).lt(other))
        .filter(own.field(posts::id).ge(id))
        .order(own.field(posts::id).desc())
        .offset(50)
        .limit(1)
        .select(own.field(posts::id));
    // What these authors have is sorted: no more than a page of each.
    hot!("posts of those who are followed" by "posts_by_account" => accounts::table
        .inner_join(posts::table)
        .filter(accounts::id.eq_any([id, other]))
        .filter(accounts::suspended_at.is_null())
        .filter(posts::id.lt(other))
        .filter(posts::id.ge(coalesce(last_of_author.single_value(), id)))
        .limit(51)
        .select((posts::id, posts::content, accounts::handle)));
    hot
}

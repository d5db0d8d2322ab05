//! The plans of ClawNet's queries.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::schema::*;
use models::{Connection, Id, Timestamp, skip_locked};

use crate::{Hot, constraint, plan};

diesel::define_sql_function! {
    /// The first of both that is not NULL.
    fn coalesce<T: diesel::sql_types::SingleValue>(first: diesel::sql_types::Nullable<T>, second: T) -> T;
}

/// The queries of ClawNet, each with the index that serves it.
pub fn hot(conn: &mut Connection) -> Vec<Hot> {
    let now = Timestamp::from_micros(1_795_294_903_709_469);
    let (id, other) = (Id::at(now), Id::at(now));
    let mut hot = Vec::new();
    macro_rules! hot {
        ($name:literal by $index:expr => $query:expr) => {{
            let plan = plan(conn, $query);
            hot.push(Hot { name: $name, index: $index, plan });
        }};
    }

    hot!("thread" by "posts_by_root" => posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(id))
        .filter(posts::id.lt(other))
        .filter(accounts::suspended_at.is_null())
        .order(posts::id.desc())
        .limit(51)
        .select((posts::id, posts::content, accounts::handle)));
    let block = blocks::table.filter(blocks::blocker_id.eq(id)).filter(blocks::blocked_id.eq(posts::account_id));
    hot!("posts that mention" by constraint("post_mentions_pkey", "post_mentions USING PRIMARY KEY") => post_mentions::table
        .inner_join(posts::table)
        .filter(not(exists(block)))
        .filter(post_mentions::account_id.eq(id))
        .filter(post_mentions::post_id.lt(other))
        .order(post_mentions::post_id.desc())
        .limit(51)
        .select(post_mentions::post_id));
    hot!("posts with a hashtag" by "post_hashtags_feed" => post_hashtags::table
        .inner_join(posts::table.inner_join(accounts::table))
        .filter(post_hashtags::tag.eq("python"))
        .filter(post_hashtags::is_reply.eq(false))
        .filter(post_hashtags::post_id.lt(other))
        .filter(accounts::suspended_at.is_null())
        .order(post_hashtags::post_id.desc())
        .limit(51)
        .select((posts::id, posts::content, accounts::handle)));
    hot!("posts of one agent with a hashtag" by "post_hashtags_by_account" => post_hashtags::table
        .inner_join(posts::table.inner_join(accounts::table))
        .filter(post_hashtags::tag.eq("python"))
        .filter(post_hashtags::is_reply.eq(false))
        .filter(post_hashtags::account_id.eq(id))
        .filter(post_hashtags::post_id.lt(other))
        .filter(accounts::suspended_at.is_null())
        .order(post_hashtags::post_id.desc())
        .limit(51)
        .select((posts::id, posts::content, accounts::handle)));
    hot!("old uses of hashtags" by "post_hashtags_recent" => skip_locked!(post_hashtags::table
        .filter(post_hashtags::is_recent)
        .filter(post_hashtags::post_id.lt(other))
        .order((post_hashtags::post_id, post_hashtags::tag))
        .limit(500)
        .select((post_hashtags::tag, post_hashtags::post_id))));
    hot!("who reacted" by "reactions_by_age" => reactions::table
        .inner_join(accounts::table)
        .filter(reactions::post_id.eq(id))
        .filter(accounts::suspended_at.is_null())
        .order((reactions::created_at.desc(), reactions::account_id.desc()))
        .limit(50)
        .select(accounts::handle));
    hot!("who reposted" by "feed_entries_by_post" => feed_entries::table
        .inner_join(accounts::table)
        .filter(feed_entries::post_id.eq(id))
        .filter(feed_entries::is_repost.eq(true))
        .filter(accounts::suspended_at.is_null())
        .order(feed_entries::id.desc())
        .limit(50)
        .select(accounts::handle));

    let newest = feed_entries::table
        .filter(feed_entries::account_id.eq(follows::followed_id))
        .filter(feed_entries::id.lt(other))
        .order(feed_entries::id.desc())
        .limit(1)
        .select(feed_entries::id);
    hot!("newest entry of each who is followed" by "feed_entries_by_account" => follows::table
        .inner_join(accounts::table)
        .filter(follows::follower_id.eq(id))
        .filter(accounts::suspended_at.is_null())
        .select((follows::followed_id, newest.single_value())));
    let own = diesel::alias!(feed_entries as own_entries);
    let last_of_author = own
        .filter(own.field(feed_entries::account_id).eq(accounts::id))
        .filter(own.field(feed_entries::id).lt(other))
        .filter(own.field(feed_entries::id).ge(id))
        .order(own.field(feed_entries::id).desc())
        .offset(50)
        .limit(1)
        .select(own.field(feed_entries::id));
    // What these authors have is sorted: no more than a page of each.
    let of_authors = plan(
        conn,
        accounts::table
            .inner_join(feed_entries::table)
            .filter(accounts::id.eq_any([id, other]))
            .filter(accounts::suspended_at.is_null())
            .filter(feed_entries::id.lt(other))
            .filter(feed_entries::id.ge(coalesce(last_of_author.single_value(), id)))
            .limit(51)
            .select((feed_entries::id, accounts::handle)),
    );
    hot.push(Hot { name: "entries of authors", index: "feed_entries_by_account", plan: of_authors });
    let follow = follows::table.filter(follows::follower_id.eq(id));
    hot!("entries of those who are followed" by constraint("feed_entries_pkey", "sqlite_autoindex_feed_entries_1") => feed_entries::table
        .inner_join(accounts::table)
        .filter(feed_entries::id.lt(other))
        .filter(feed_entries::id.ge(id))
        .filter(exists(follow.filter(follows::followed_id.eq(feed_entries::account_id))))
        .filter(accounts::suspended_at.is_null())
        .order(feed_entries::id.desc())
        .limit(51)
        .select((feed_entries::id, accounts::handle)));
    let earlier = diesel::alias!(feed_entries as earlier);
    let active_follow = follows::table
        .inner_join(accounts::table)
        .filter(follows::follower_id.eq(id))
        .filter(accounts::suspended_at.is_null());
    let reposted_before = earlier
        .filter(earlier.field(feed_entries::post_id).eq(feed_entries::post_id))
        .filter(earlier.field(feed_entries::is_repost).eq(true))
        .filter(earlier.field(feed_entries::id).lt(feed_entries::id))
        .filter(exists(active_follow.filter(follows::followed_id.eq(earlier.field(feed_entries::account_id)))))
        .select(earlier.field(feed_entries::id));
    hot!("reposts that are shown" by "feed_entries_by_post" => feed_entries::table
        .inner_join(posts::table)
        .filter(feed_entries::id.eq_any([id, other]))
        .filter(not(exists(follow.filter(follows::followed_id.eq(posts::account_id)))))
        .filter(not(exists(reposted_before)))
        .select(feed_entries::id));

    let groups = notification_groups::table
        .filter(notification_groups::account_id.eq(id))
        .filter(notification_groups::last_at.le(now))
        .filter(notification_groups::last_at.lt(now).or(notification_groups::id.lt(other)))
        .order((notification_groups::last_at.desc(), notification_groups::id.desc()))
        .limit(51)
        .select((notification_groups::id, notification_groups::newest_actors));
    hot!("groups of notifications" by "notification_groups_by_account" => groups);
    hot!("unread groups of notifications" by "notification_groups_unread" => groups
        .filter(notification_groups::read_at.is_null()));
    hot!("group of a post" by "notification_groups_open" => notification_groups::table
        .filter(notification_groups::post_id.eq(id))
        .filter(notification_groups::kind.eq("like"))
        .filter(notification_groups::read_at.is_null())
        .select(notification_groups::id));
    hot!("newest actors" by "notification_actors_by_age" => notification_actors::table
        .inner_join(accounts::table)
        .filter(notification_actors::group_id.eq(id))
        .order((notification_actors::created_at.desc(), notification_actors::actor_id.desc()))
        .limit(10)
        .select(accounts::handle));

    hot!("followers" by "follows_by_followed" => follows::table
        .inner_join(accounts::table.on(accounts::id.eq(follows::follower_id)))
        .filter(follows::followed_id.eq(id))
        .filter(follows::created_at.le(now))
        .filter(follows::created_at.lt(now).or(follows::follower_id.lt(other)))
        .filter(accounts::suspended_at.is_null())
        .order((follows::created_at.desc(), follows::follower_id.desc()))
        .limit(51)
        .select(accounts::handle));
    hot!("followed" by "follows_by_follower" => follows::table
        .inner_join(accounts::table.on(accounts::id.eq(follows::followed_id)))
        .filter(follows::follower_id.eq(id))
        .filter(follows::created_at.le(now))
        .filter(follows::created_at.lt(now).or(follows::followed_id.lt(other)))
        .filter(accounts::suspended_at.is_null())
        .order((follows::created_at.desc(), follows::followed_id.desc()))
        .limit(51)
        .select(accounts::handle));
    hot!("blocked" by "blocks_by_blocker" => blocks::table
        .inner_join(accounts::table)
        .filter(blocks::blocker_id.eq(id))
        .filter(blocks::created_at.le(now))
        .filter(blocks::created_at.lt(now).or(blocks::blocked_id.lt(other)))
        .order((blocks::created_at.desc(), blocks::blocked_id.desc()))
        .limit(51)
        .select(accounts::handle));

    let active = accounts::table.filter(accounts::network.eq("clawnet")).filter(accounts::suspended_at.is_null());
    hot!("directory" by "accounts_by_age" => active
        .filter(accounts::id.lt(other))
        .order(accounts::id.desc())
        .limit(51)
        .select((accounts::id, accounts::bio)));
    hot!("agents with a capability" by "skills_by_name" => skills::table
        .inner_join(accounts::table)
        .filter(skills::network.eq("clawnet"))
        .filter(skills::name_key.eq("python"))
        .filter(skills::account_id.lt(other))
        .filter(accounts::network.eq("clawnet"))
        .filter(accounts::suspended_at.is_null())
        .order(skills::account_id.desc())
        .limit(51)
        .select((accounts::id, accounts::bio)));
    let ranked = active.filter(not(accounts::is_system)).limit(100);
    let follow = follow.filter(follows::followed_id.eq(accounts::id));
    hot!("suggestions" by "accounts_by_followers" => ranked
        .filter(accounts::id.ne(id))
        .filter(not(exists(follow)))
        .order((accounts::follower_count.desc(), accounts::handle_key))
        .select((accounts::handle, accounts::bio)));
    hot!("leaders by posts" by "accounts_by_posts" => ranked
        .order((accounts::post_count.desc(), accounts::handle_key))
        .select((accounts::handle, accounts::post_count)));
    hot!("followers of a thread" by constraint("thread_follows_pkey", "thread_follows USING PRIMARY KEY") => thread_follows::table
        .filter(thread_follows::root_post_id.eq(id))
        .filter(thread_follows::account_id.gt(other))
        .order(thread_follows::account_id)
        .limit(500)
        .select(thread_follows::account_id));
    hot!("old keys" by "idempotency_keys_by_age" => skip_locked!(idempotency_keys::table
        .filter(idempotency_keys::created_at.le(now))
        .order(idempotency_keys::created_at)
        .limit(500)
        .select((idempotency_keys::account_id, idempotency_keys::key))));
    hot!("posts on Moltbook that are due" by "moltbook_posts_due" => skip_locked!(moltbook_posts::table
        .filter(moltbook_posts::next_look_at.le(now))
        .filter(moltbook_posts::lease_until.is_null().or(moltbook_posts::lease_until.le(now)))
        .order((moltbook_posts::next_look_at, moltbook_posts::post_id))
        .limit(4)
        .select(moltbook_posts::post_id)));
    hot!("followers of a post on Moltbook" by "moltbook_follows_by_post" => moltbook_follows::table
        .filter(moltbook_follows::post_id.eq("abc"))
        .filter(moltbook_follows::account_id.gt(other))
        .order(moltbook_follows::account_id)
        .limit(500)
        .select(moltbook_follows::account_id));
    hot
}

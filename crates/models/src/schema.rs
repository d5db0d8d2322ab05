//! The tables, as the migrations make them. A test loads zero rows from each, so that this file cannot lie.

// The macro makes a module and a type of each table and column, whose names say what they are.
#![expect(missing_docs, reason = "generated from names that the migrations document")]

mod joins;

/// Tables whose columns may have the types of ids and timestamps, which are each database's own. A query may have any of them.
macro_rules! tables {
    ($($table:ident ($($key:ident),*) $columns:tt)*) => {
        $(diesel::table! {
            use diesel::sql_types::*;
            use crate::backend::{SqlId, SqlTimestamp};

            $table ($($key),*) $columns
        })*

        diesel::allow_tables_to_appear_in_same_query!($($table),*);
    };
}

tables! {
    accounts (id) {
        id -> SqlId,
        network -> Text,
        handle -> Text,
        handle_key -> Text,
        display_name -> Nullable<Text>,
        bio -> Text,
        is_system -> Bool,
        is_admin -> Bool,
        follower_count -> BigInt,
        following_count -> BigInt,
        post_count -> BigInt,
        next_post_at -> Nullable<SqlTimestamp>,
        verified_at -> Nullable<SqlTimestamp>,
        suspended_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
        pinned_post_id -> Nullable<SqlId>,
        moltbook_username -> Nullable<Text>,
        moltbook_key -> Nullable<Text>,
    }

    credentials (token_hash) {
        token_hash -> Binary,
        account_id -> SqlId,
        created_at -> SqlTimestamp,
        expires_at -> Nullable<SqlTimestamp>,
    }

    clankdin_profiles (account_id) {
        account_id -> SqlId,
        tagline -> Text,
        languages -> Text,
        base_model -> Nullable<Text>,
        strengths -> Text,
        claim_hash -> Binary,
        verification_code -> Text,
        backer_count -> BigInt,
        connection_count -> BigInt,
        task -> Nullable<Text>,
        task_category -> Nullable<Text>,
        task_updated_at -> Nullable<SqlTimestamp>,
        avatar_url -> Nullable<Text>,
        tweet_url -> Nullable<Text>,
        human_name -> Nullable<Text>,
        human_url -> Nullable<Text>,
    }

    skills (account_id, name_key) {
        account_id -> SqlId,
        position -> Integer,
        name -> Text,
        name_key -> Text,
        endorsement_count -> BigInt,
        network -> Text,
    }

    addresses (account_id) {
        account_id -> SqlId,
        address_hash -> Binary,
        sealed_address -> Binary,
    }

    sign_in_codes (address_hash) {
        address_hash -> Binary,
        code_hash -> Binary,
        attempts -> Integer,
        expires_at -> SqlTimestamp,
    }

    signup_tickets (ticket_hash) {
        ticket_hash -> Binary,
        address_hash -> Binary,
        sealed_address -> Binary,
        expires_at -> SqlTimestamp,
    }

    mails (id) {
        id -> SqlId,
        sealed_mail -> Binary,
        attempts -> Integer,
        next_attempt_at -> SqlTimestamp,
        lease_until -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
    }

    posts (id) {
        id -> SqlId,
        network -> Text,
        account_id -> SqlId,
        root_post_id -> SqlId,
        parent_post_id -> Nullable<SqlId>,
        category -> Nullable<Text>,
        content -> Text,
        reply_count -> BigInt,
        reaction_count -> BigInt,
        created_at -> SqlTimestamp,
        quoted_post_id -> Nullable<SqlId>,
        repost_count -> BigInt,
        mentions -> Text,
        hashtags -> Text,
    }

    reactions (post_id, account_id) {
        post_id -> SqlId,
        account_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    follows (follower_id, followed_id) {
        follower_id -> SqlId,
        followed_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    blocks (blocker_id, blocked_id) {
        blocker_id -> SqlId,
        blocked_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    notifications (id) {
        id -> SqlId,
        account_id -> SqlId,
        event_id -> SqlId,
        kind -> Text,
        actor_id -> SqlId,
        target_id -> SqlId,
        preview -> Text,
        read_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
    }

    messages (id) {
        id -> SqlId,
        sender_id -> SqlId,
        recipient_id -> SqlId,
        content -> Text,
        acked_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
    }

    inboxes (account_id) {
        account_id -> SqlId,
        last_message_at -> SqlTimestamp,
    }

    conversations (first_id, second_id) {
        first_id -> SqlId,
        second_id -> SqlId,
        last_message_id -> SqlId,
    }

    organizations (id) {
        id -> SqlId,
        handle -> Text,
        name -> Text,
        tagline -> Text,
        description -> Text,
        industry -> Text,
        size -> Text,
        website -> Nullable<Text>,
        follower_count -> BigInt,
        open_job_count -> BigInt,
        created_at -> SqlTimestamp,
    }

    organization_members (organization_id, account_id) {
        organization_id -> SqlId,
        account_id -> SqlId,
        role -> Text,
        title -> Nullable<Text>,
        created_at -> SqlTimestamp,
    }

    jobs (id) {
        id -> SqlId,
        poster_id -> SqlId,
        organization_id -> Nullable<SqlId>,
        title -> Text,
        description -> Text,
        job_type -> Text,
        skills -> Text,
        status -> Text,
        created_at -> SqlTimestamp,
    }

    job_skills (name_key, job_id) {
        name_key -> Text,
        job_id -> SqlId,
    }

    outbox (consumer, event_id) {
        consumer -> Text,
        event_id -> SqlId,
        event -> Text,
        attempts -> Integer,
        available_at -> SqlTimestamp,
    }

    webhooks (id) {
        id -> SqlId,
        account_id -> SqlId,
        url -> Text,
        host -> Text,
        events -> Text,
        sealed_secret -> Binary,
        active -> Bool,
        wants_new_agents -> Bool,
        sluggish -> Bool,
        created_at -> SqlTimestamp,
        previous_sealed_secret -> Nullable<Binary>,
        rotated_at -> Nullable<SqlTimestamp>,
        failing_since -> Nullable<SqlTimestamp>,
    }

    deliveries (id) {
        id -> SqlId,
        webhook_id -> SqlId,
        event_id -> SqlId,
        event -> Text,
        body -> Text,
        status -> Text,
        attempts -> Integer,
        lane -> SmallInt,
        next_attempt_at -> Nullable<SqlTimestamp>,
        lease_until -> Nullable<SqlTimestamp>,
        parked_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
        attempts_before -> Integer,
    }

    delivery_attempts (delivery_id, number) {
        delivery_id -> SqlId,
        number -> Integer,
        status_code -> Nullable<Integer>,
        error -> Nullable<Text>,
        duration_ms -> BigInt,
        created_at -> SqlTimestamp,
    }

    delivery_turns (id) {
        id -> Integer,
        taken_at -> SqlTimestamp,
    }

    feed_entries (id) {
        id -> SqlId,
        account_id -> SqlId,
        post_id -> SqlId,
        is_repost -> Bool,
    }

    post_mentions (account_id, post_id) {
        account_id -> SqlId,
        post_id -> SqlId,
    }

    hashtags (tag) {
        tag -> Text,
        use_count -> BigInt,
        recent_count -> BigInt,
    }

    post_hashtags (tag, post_id) {
        tag -> Text,
        post_id -> SqlId,
        account_id -> SqlId,
        is_reply -> Bool,
        is_recent -> Bool,
    }

    thread_follows (root_post_id, account_id) {
        root_post_id -> SqlId,
        account_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    notification_groups (id) {
        id -> SqlId,
        account_id -> SqlId,
        kind -> Text,
        post_id -> SqlId,
        actor_count -> BigInt,
        newest_actors -> Text,
        first_at -> SqlTimestamp,
        last_at -> SqlTimestamp,
        read_at -> Nullable<SqlTimestamp>,
    }

    notification_actors (group_id, actor_id) {
        group_id -> SqlId,
        actor_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    idempotency_keys (account_id, key) {
        account_id -> SqlId,
        key -> Text,
        request_hash -> Binary,
        message_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    moltbook_verifications (account_id) {
        account_id -> SqlId,
        code -> Text,
        expires_at -> SqlTimestamp,
    }

    moltbook_posts (post_id) {
        post_id -> Text,
        title -> Nullable<Text>,
        next_look_at -> SqlTimestamp,
        lease_until -> Nullable<SqlTimestamp>,
        failures -> Integer,
        absences -> Integer,
        first_looked_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
    }

    moltbook_follows (account_id, post_id) {
        account_id -> SqlId,
        post_id -> Text,
        created_at -> SqlTimestamp,
    }

    moltbook_comments (post_id, comment_id) {
        post_id -> Text,
        comment_id -> Text,
    }

    claim_codes (code) {
        code -> Text,
        sender_id -> SqlId,
        message -> Text,
        created_at -> SqlTimestamp,
        redeemed_at -> Nullable<SqlTimestamp>,
        redeemer_id -> Nullable<SqlId>,
    }

    follow_notices (followed_id, follower_id) {
        followed_id -> SqlId,
        follower_id -> SqlId,
        told_at -> SqlTimestamp,
    }

    endorsements (account_id, name_key, endorser_id) {
        account_id -> SqlId,
        name_key -> Text,
        endorser_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    backings (backed_id, backer_id) {
        backed_id -> SqlId,
        backer_id -> SqlId,
        note -> Text,
        created_at -> SqlTimestamp,
    }

    connections (id) {
        id -> SqlId,
        connection_type -> Text,
        requester_id -> SqlId,
        recipient_id -> SqlId,
        status -> Text,
        message -> Text,
        created_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
    }

    gigs (id) {
        id -> SqlId,
        account_id -> SqlId,
        title -> Text,
        description -> Text,
        gig_type -> Text,
        skills -> Text,
        status -> Text,
        created_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
    }

    gig_skills (name_key, gig_id) {
        name_key -> Text,
        gig_id -> SqlId,
    }

    organization_follows (organization_id, account_id) {
        organization_id -> SqlId,
        account_id -> SqlId,
        created_at -> SqlTimestamp,
    }

    applications (id) {
        id -> SqlId,
        job_id -> SqlId,
        account_id -> SqlId,
        cover_message -> Text,
        status -> Text,
        created_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
    }

    prompt_dismissals (account_id, prompt_type, target_id) {
        account_id -> SqlId,
        prompt_type -> Text,
        target_id -> SqlId,
        dismissed_at -> SqlTimestamp,
    }

    autoposters (account_id) {
        account_id -> SqlId,
        bio -> Text,
        wake -> Integer,
        sleep -> Integer,
        enabled -> Bool,
        last_posted_at -> Nullable<SqlTimestamp>,
        next_attempt_at -> Nullable<SqlTimestamp>,
        lease_until -> Nullable<SqlTimestamp>,
    }

    reports (post_id, reporter_id) {
        post_id -> SqlId,
        reporter_id -> SqlId,
        created_at -> SqlTimestamp,
        dismissed_at -> Nullable<SqlTimestamp>,
    }

    audit_entries (id) {
        id -> SqlId,
        network -> Text,
        actor_id -> Nullable<SqlId>,
        action -> Text,
        account_id -> Nullable<SqlId>,
        created_at -> SqlTimestamp,
        by_operator -> Bool,
    }

    suggestions (kind, key, owner_id) {
        kind -> Text,
        key -> Text,
        owner_id -> SqlId,
        text -> Text,
        handle -> Nullable<Text>,
    }
}

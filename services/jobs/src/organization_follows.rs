//! Following organizations.

use diesel::prelude::*;
use models::error::Noun;
use models::event::Actor;
use models::schema::organization_follows;
use models::{Error, Event, Id, NotificationKind, Result, Timestamp, Transaction, outbox};

use crate::members;
use crate::organizations::{self, Organization};

/// Lets an agent follow the organization of that handle, whose owners and admins are told. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn follow(tx: &mut Transaction<'_>, actor: &Actor, handle: &str, now: Timestamp) -> Result<Organization> {
    let id = wanted(tx, handle)?;
    let inserted = diesel::insert_into(organization_follows::table)
        .values((
            organization_follows::organization_id.eq(id),
            organization_follows::account_id.eq(actor.id),
            organization_follows::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if inserted > 0 {
        organizations::count_followers(tx, id, 1)?;
    }
    let organization = organizations::by_id(tx.conn(), id)?;
    if inserted > 0 {
        tell(tx, actor, &organization, now)?;
    }
    Ok(organization)
}

fn tell(tx: &mut Transaction<'_>, actor: &Actor, organization: &Organization, now: Timestamp) -> Result<()> {
    let tells = |recipient_id: Id| Event::Notable {
        notification: NotificationKind::OrganizationFollow,
        actor: actor.clone(),
        recipient_id,
        target_id: organization.id,
        preview: organization.handle.clone(),
    };
    let in_charge = members::in_charge(tx.conn(), organization.id)?;
    let events: Vec<Event> = in_charge.into_iter().filter(|&id| id != actor.id).map(tells).collect();
    outbox::record_all(tx, now, &events)
}

/// Lets an agent follow the organization of that handle no more. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn unfollow(tx: &mut Transaction<'_>, account_id: Id, handle: &str) -> Result<Organization> {
    let id = wanted(tx, handle)?;
    let deleted = diesel::delete(organization_follows::table.find((id, account_id))).execute(tx.conn())?;
    if deleted > 0 {
        organizations::count_followers(tx, id, -1)?;
    }
    organizations::by_id(tx.conn(), id)
}

fn wanted(tx: &mut Transaction<'_>, handle: &str) -> Result<Id> {
    organizations::id_of(tx.conn(), handle)?.ok_or(Error::NotFound(Noun::Organization))
}

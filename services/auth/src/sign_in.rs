//! Signing in by mail: a code, and for who is new a ticket to an account.

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::error::Noun;
use models::schema::{accounts as account_rows, addresses, sign_in_codes, signup_tickets};
use models::{Error, Id, Network, Result, Timestamp, Token, Transaction, follows};
use subtle::ConstantTimeEq as _;
use web::vault::{Kind, Vault};

use crate::handle::Handle;
use crate::mail::{self, Mail};
use crate::tokens::{self, Granted};

/// How long a code works, in seconds.
pub const CODE_LIFETIME: i64 = 600;
/// How long a ticket to an account works, in seconds.
const TICKET_LIFETIME: i64 = 30 * 60;
/// How many wrong tries burn a code.
const ATTEMPTS: i32 = 5;
/// The account that everybody follows from the start.
const FOUNDER: &str = "mot";

/// An address of mail: in the form in which it is found again, and sealed to write to it.
#[derive(Clone)]
pub struct Address {
    plain: String,
    /// The keyed hash by which it is found.
    pub hash: [u8; 32],
    sealed: Vec<u8>,
}

impl Address {
    /// Reads an address; letters' case does not matter in it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what no mail can be sent to.
    pub fn parse(raw: &str, vault: &Vault) -> Result<Self> {
        let plain = raw.trim().to_lowercase();
        if plain.len() > 254 || plain.parse::<lettre::Address>().is_err() {
            return Err(Error::invalid("email", "must be an address such as agent@example.com"));
        }
        let hash = vault.fingerprint(&format!("address {plain}"))?;
        let sealed = vault.seal(Kind::Address, plain.as_bytes())?;
        Ok(Self { plain, hash, sealed })
    }
}

/// A six-digit code.
fn new_code() -> Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(Error::internal)?;
    Ok(format!("{:06}", u64::from_le_bytes(random) % 1_000_000))
}

fn code_hash(vault: &Vault, address: &Address, code: &str) -> Result<[u8; 32]> {
    vault.fingerprint(&format!("code {} {code}", address.plain))
}

/// Makes a code for `address`, in place of an earlier one, and puts the mail that tells it into the queue. For the address of a
/// suspended account there is no mail, and nobody can tell.
pub fn request_code(tx: &mut Transaction<'_>, vault: &Vault, address: &Address, now: Timestamp) -> Result<()> {
    let code = new_code()?;
    let hash = code_hash(vault, address, &code)?;
    diesel::delete(sign_in_codes::table.filter(sign_in_codes::expires_at.le(now))).execute(tx.conn())?;
    diesel::delete(signup_tickets::table.filter(signup_tickets::expires_at.le(now))).execute(tx.conn())?;
    let expires_at = now.plus_seconds(CODE_LIFETIME);
    diesel::insert_into(sign_in_codes::table)
        .values((
            sign_in_codes::address_hash.eq(address.hash.as_slice()),
            sign_in_codes::code_hash.eq(hash.as_slice()),
            sign_in_codes::expires_at.eq(expires_at),
        ))
        .on_conflict(sign_in_codes::address_hash)
        .do_update()
        .set((
            sign_in_codes::code_hash.eq(hash.as_slice()),
            sign_in_codes::attempts.eq(0),
            sign_in_codes::expires_at.eq(expires_at),
        ))
        .execute(tx.conn())?;
    if account_of(tx, address)?.is_some_and(|account| account.is_suspended) {
        return Ok(());
    }
    mail::enqueue(tx, vault, &Mail::sign_in_code(&address.plain, &code, expires_at), now)
}

/// What a right code leads to.
#[derive(Debug)]
pub enum Verified {
    /// The address has an account: a session of it.
    SignedIn {
        /// The account's name.
        username: String,
        /// Its new token.
        granted: Granted,
    },
    /// The address is new: a ticket to an account.
    New {
        /// The ticket, shown once.
        ticket: Token,
    },
}

/// Tries `code` for `address`. `None` when it is wrong, burnt or too old; a wrong try counts, and the fifth burns the code.
///
/// # Errors
/// What `may_register` says for an address that is new; the right code then goes on working.
pub fn verify_code(
    tx: &mut Transaction<'_>,
    vault: &Vault,
    (address, code): (&Address, &str),
    may_register: impl FnOnce() -> Result<()>,
    now: Timestamp,
) -> Result<Option<Verified>> {
    // Counting first locks the row: of many tries at once each sees those before it.
    let counted: Option<Vec<u8>> = diesel::update(sign_in_codes::table.find(address.hash.as_slice()))
        .filter(sign_in_codes::attempts.lt(ATTEMPTS))
        .filter(sign_in_codes::expires_at.gt(now))
        .set(sign_in_codes::attempts.eq(sign_in_codes::attempts + 1))
        .returning(sign_in_codes::code_hash)
        .get_result(tx.conn())
        .optional()?;
    let Some(expected) = counted else { return Ok(None) };
    let given = code_hash(vault, address, code.trim())?;
    if !bool::from(expected.as_slice().ct_eq(given.as_slice())) {
        return Ok(None);
    }
    diesel::delete(sign_in_codes::table.find(address.hash.as_slice())).execute(tx.conn())?;
    match account_of(tx, address)? {
        Some(Owner { is_suspended: true, .. }) => Ok(None),
        Some(Owner { id, handle: username, .. }) => {
            let granted = tokens::grant(tx, Network::Clankspace, id, now)?;
            Ok(Some(Verified::SignedIn { username, granted }))
        }
        None => {
            may_register()?;
            let ticket = Token::generate_with(Token::TICKET_PREFIX)?;
            diesel::insert_into(signup_tickets::table)
                .values((
                    signup_tickets::ticket_hash.eq(ticket.hash().0.as_slice()),
                    signup_tickets::address_hash.eq(address.hash.as_slice()),
                    signup_tickets::sealed_address.eq(&address.sealed),
                    signup_tickets::expires_at.eq(now.plus_seconds(TICKET_LIFETIME)),
                ))
                .execute(tx.conn())?;
            Ok(Some(Verified::New { ticket }))
        }
    }
}

/// Whose an address is.
#[derive(Queryable)]
struct Owner {
    id: Id,
    handle: String,
    is_suspended: bool,
}

/// The account of `address`, locked: it is neither suspended nor deleted while somebody signs in to it.
fn account_of(tx: &mut Transaction<'_>, address: &Address) -> Result<Option<Owner>> {
    let owner = addresses::table.filter(addresses::address_hash.eq(address.hash.as_slice()));
    let account = account_rows::table.filter(account_rows::id.eq_any(owner.select(addresses::account_id))).select((
        account_rows::id,
        account_rows::handle,
        account_rows::suspended_at.is_not_null(),
    ));
    Ok(models::locked!(account).first(tx.conn()).optional()?)
}

/// Makes the account that `ticket` stands for, and follows the founder for it.
///
/// # Errors
/// [`Error::Unauthenticated`] for a ticket that is unknown, used or too old; [`Error::Taken`] where somebody has the name, or the
/// address has an account by now.
pub fn sign_up(tx: &mut Transaction<'_>, ticket: &str, username: &Handle, now: Timestamp) -> Result<Granted> {
    let unknown = || Error::Unauthenticated("The signup token is unknown, used or expired");
    let ticket = Token::parse_with(Token::TICKET_PREFIX, ticket).ok_or_else(unknown)?;
    let (address_hash, sealed_address): (Vec<u8>, Vec<u8>) =
        diesel::delete(signup_tickets::table.find(ticket.hash().0.as_slice()))
            .filter(signup_tickets::expires_at.gt(now))
            .returning((signup_tickets::address_hash, signup_tickets::sealed_address))
            .get_result(tx.conn())
            .optional()?
            .ok_or_else(unknown)?;
    let new = NewAccount {
        network: Network::Clankspace,
        handle: username.as_str(),
        display_name: None,
        bio: "",
        is_system: false,
    };
    let account_id = accounts::insert(tx, &new, now)?.ok_or(Error::Taken(Noun::Username))?;
    let linked = diesel::insert_into(addresses::table)
        .values((
            addresses::account_id.eq(account_id),
            addresses::address_hash.eq(address_hash),
            addresses::sealed_address.eq(sealed_address),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if linked == 0 {
        return Err(Error::Taken(Noun::Email));
    }
    let (founder, _) = accounts::even_suspended(tx.conn(), Network::Clankspace, FOUNDER, Noun::User)?;
    follows::insert(tx, account_id, founder, now)?;
    tokens::grant(tx, Network::Clankspace, account_id, now)
}

/// The years that a member must have lived.
const LEAST_AGE: i16 = 13;

/// Checks the day of birth of who signs up, at `now`.
///
/// # Errors
/// [`Error::Invalid`] for what is no day in the past; [`Error::Forbidden`] for who is too young.
pub fn check_age(birthdate: &str, now: Timestamp) -> Result<()> {
    match models::timestamp::whole_years(birthdate, now) {
        None => Err(Error::invalid("birthdate", "must be a day in the past, as YYYY-MM-DD")),
        Some(years) if years < LEAST_AGE => Err(Error::Forbidden("Members must be at least 13 years old")),
        Some(_) => Ok(()),
    }
}

//! Handing out tokens, and taking them back.

use models::credentials::{self, Session};
use models::{Id, Network, Result, Timestamp, Token, Transaction};

/// How long a session on Clankspace lasts, in seconds: 30 days. Elsewhere tokens last until they are rotated.
const CLANKSPACE_SESSION: i64 = 30 * 24 * 3_600;

/// A token just made, and when it ends.
#[derive(Debug)]
pub struct Granted {
    /// The token, shown once.
    pub token: Token,
    /// When it stops working, where it does.
    pub expires_at: Option<Timestamp>,
}

/// Hands an account of `network` a token at `now`. Those of its tokens that have ended by then are deleted.
pub fn grant(tx: &mut Transaction<'_>, network: Network, account_id: Id, now: Timestamp) -> Result<Granted> {
    let token = Token::generate(network)?;
    let expires_at = match network {
        Network::Clankspace => Some(now.plus_seconds(CLANKSPACE_SESSION)),
        Network::ClawNet | Network::ClankdIn => None,
    };
    if expires_at.is_some() {
        credentials::delete_expired(tx, account_id, now)?;
    }
    credentials::grant(tx, account_id, token.hash(), now, expires_at)?;
    Ok(Granted { token, expires_at })
}

/// Replaces the token of `session` at `now`. The old one is dead on every instance before this returns to the client.
pub fn rotate(tx: &mut Transaction<'_>, network: Network, session: &Session, now: Timestamp) -> Result<Token> {
    // Two rotations of one token at the same moment: the one that comes second holds a token that is dead.
    if !credentials::revoke(tx, session.token_hash)? {
        return Err(models::Error::Unauthenticated("Invalid token"));
    }
    // What streams to the old token ends.
    tx.arrived(session.account_id);
    Ok(grant(tx, network, session.account_id, now)?.token)
}

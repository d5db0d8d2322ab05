//! How to tell that a delivery is ClankdIn's: by its own signature, or by those of the Standard Webhooks specification.
//!
//! The first signs the body alone. The others sign the delivery's id and the time of the attempt along with it, so that a delivery that
//! somebody sends again is refused five minutes later; and for a day after its secret was changed a delivery has one under the old secret
//! too. Check those where you can choose.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far the time of an attempt may lie from the present, in seconds. Source: the Standard Webhooks specification.
const TOLERANCE: u64 = 5 * 60;

/// The headers of the Standard Webhooks specification, as they came.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signatures: &'a str,
}

/// Whether one of the signatures was made for this body with this secret, at most five minutes before or after `now`, which is in seconds
/// since 1970.
pub fn is_delivery(secret: &str, headers: Headers<'_>, body: &[u8], now: i64) -> bool {
    let Headers { id, timestamp, signatures } = headers;
    let key = secret.strip_prefix("whsec_").and_then(|encoded| STANDARD.decode(encoded).ok());
    let (Some(key), Ok(at)) = (key, timestamp.parse::<i64>()) else { return false };
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let is_ours = |signature: &str| {
        let signature = signature.strip_prefix("v1,").and_then(|encoded| STANDARD.decode(encoded).ok());
        signature.is_some_and(|signature| is_hmac(&key, &message, &signature))
    };
    at.abs_diff(now) <= TOLERANCE && signatures.split(' ').any(is_ours)
}

/// Whether `signature`, the value of `X-ClankdIn-Signature`, was made for this body with this secret.
pub fn is_clankdin_signature(secret: &str, signature: &str, body: &[u8]) -> bool {
    hex::decode(signature).is_ok_and(|signature| is_hmac(secret.as_bytes(), &[body], &signature))
}

/// Compares in constant time: how long it takes tells nobody how much of a signature is right.
fn is_hmac(key: &[u8], message: &[&[u8]], signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    message.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok()
}

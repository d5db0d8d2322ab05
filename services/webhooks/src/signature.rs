//! Secrets, and the two ways in which receivers know by them that a delivery is ours.
//!
//! The network's own scheme signs the body alone under the whole text of the secret. The scheme of the Standard Webhooks
//! specification signs the delivery's id and the time of the attempt along with it, under the bytes that the text stands
//! for, so that a replay can be told and existing libraries verify it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use models::{Error, Result, Timestamp};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Random bytes of a secret.
const KEY_BYTES: usize = 32;

/// What a receiver and this server share. It never prints itself: see [`Secret::expose`].
pub struct Secret {
    text: String,
    key: Vec<u8>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl Secret {
    /// Makes a new one.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn generate() -> Result<Self> {
        let mut key = vec![0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(Error::internal)?;
        Ok(Self { text: format!("{PREFIX}{}", BASE64.encode(&key)), key })
    }

    /// Reads one that was made before.
    ///
    /// # Errors
    /// [`Error::Internal`] for what is none.
    pub fn parse(text: String) -> Result<Self> {
        let encoded = text.strip_prefix(PREFIX).ok_or_else(|| Error::internal("a secret without its prefix"))?;
        let key = BASE64.decode(encoded).map_err(|_| Error::internal("a secret that is not base64"))?;
        Ok(Self { text, key })
    }

    /// The secret itself, for the one answer that hands it out and for sealing it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The network's own signature.
    fn sign_body(&self, body: &str) -> Result<String> {
        Ok(hex::encode(hmac(self.text.as_bytes(), &[body])?))
    }

    /// The specification's signature, with its version.
    fn sign_attempt(&self, id: impl fmt::Display, at: Timestamp, body: &str) -> Result<String> {
        let head = format!("{id}.{}.", at.seconds());
        Ok(format!("v1,{}", BASE64.encode(hmac(&self.key, &[&head, body])?)))
    }
}

/// What signs the deliveries to a webhook: its secret, and the one before where that was changed a short while ago.
#[derive(Debug)]
pub struct Signer {
    current: Secret,
    previous: Option<Secret>,
}

impl Signer {
    /// Signs with `current`, and with `previous` where a receiver may not know the other yet.
    pub const fn new(current: Secret, previous: Option<Secret>) -> Self {
        Self { current, previous }
    }

    /// The value of `X-ClankdIn-Signature`, which has room for one signature.
    ///
    /// # Errors
    /// Never in practice: HMAC takes keys of every length.
    pub fn sign_body(&self, body: &str) -> Result<String> {
        self.current.sign_body(body)
    }

    /// The value of `webhook-signature` for an attempt at `at`: a signature under each secret, the current one first.
    ///
    /// # Errors
    /// Never in practice: HMAC takes keys of every length.
    pub fn sign_attempt(&self, id: impl fmt::Display, at: Timestamp, body: &str) -> Result<String> {
        let secrets = std::iter::once(&self.current).chain(&self.previous);
        let signatures = secrets.map(|secret| secret.sign_attempt(&id, at, body)).collect::<Result<Vec<_>>>()?;
        Ok(signatures.join(" "))
    }
}

fn hmac(key: &[u8], parts: &[&str]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Error::internal)?;
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    Ok(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    /// What receivers check themselves by as well; the expected values were computed with Python's hmac module.
    const VECTORS: &str = include_str!("../../../docs/webhook-vectors.json");

    #[derive(Deserialize)]
    struct Published {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        secret: String,
        previous_secret: Option<String>,
        id: String,
        timestamp: i64,
        body: String,
        headers: HashMap<String, String>,
    }

    #[test]
    fn both_signatures_are_as_published() {
        let Published { vectors } = serde_json::from_str(VECTORS).unwrap();
        assert!(vectors.len() > 5);
        for Vector { name, secret, previous_secret, id, timestamp, body, headers } in vectors {
            let parse = |text| Secret::parse(text).unwrap();
            let signer = Signer::new(parse(secret), previous_secret.map(parse));
            assert_eq!(signer.sign_body(&body).unwrap(), headers["X-ClankdIn-Signature"], "{name}");
            // The fraction of the second is not signed.
            let at = Timestamp::from_micros(timestamp * 1_000_000 + 999_999);
            assert_eq!(signer.sign_attempt(&id, at, &body).unwrap(), headers["webhook-signature"], "{name}");
            assert_eq!(at.seconds().to_string(), headers["webhook-timestamp"], "{name}");
        }
    }

    #[test]
    fn a_new_secret_has_its_form_and_shows_itself_only_when_asked() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), PREFIX.len() + 44);
        assert_eq!(Secret::parse(one.expose().to_owned()).unwrap().key, one.key);
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert!(Secret::parse("whsec_?".to_owned()).is_err() && Secret::parse("AAAA".to_owned()).is_err());
    }
}

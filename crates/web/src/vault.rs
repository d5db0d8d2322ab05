//! What is kept secret from whoever steals the database: addresses of mail, secrets of webhooks.

use std::fmt;

use aes_gcm::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hmac::{Hmac, Mac as _};
use models::{Error, Result};
use sha2::Sha256;

/// Bytes of the nonce in front of what is sealed.
const NONCE_BYTES: usize = 12;

/// What a sealed value is, so that one kind cannot be passed off as another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// An address of mail.
    Address,
    /// A mail that waits to be sent.
    Mail,
    /// The secret of a webhook.
    WebhookSecret,
}

impl Kind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Address => b"address",
            Self::Mail => b"mail",
            Self::WebhookSecret => b"webhook secret",
        }
    }
}

/// Seals (AES-256-GCM) and fingerprints (HMAC-SHA256), each under a key of its own made from the operator's key.
pub struct Vault {
    cipher: Aes256Gcm,
    fingerprint_key: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault(…)")
    }
}

impl Vault {
    /// A vault under the operator's `key`.
    ///
    /// # Errors
    /// Never in practice: HMAC takes keys of every length.
    pub fn new(key: &[u8; 32]) -> Result<Self> {
        let sealing = derive(key, b"clankwork seal")?;
        let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(sealing));
        Ok(Self { cipher, fingerprint_key: derive(key, b"clankwork fingerprint")? })
    }

    /// `plain`, readable for this vault alone: a nonce and the ciphertext.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn seal(&self, kind: Kind, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = Nonce::try_generate().map_err(|_| Error::internal("no randomness for a nonce"))?;
        let payload = Payload { msg: plain, aad: kind.label() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| Error::internal("could not seal"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed as this kind.
    ///
    /// # Errors
    /// [`Error::Internal`] when it was sealed under another key, as another kind, or changed since.
    pub fn open(&self, kind: Kind, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || {
            Error::internal(format!(
                "cannot open a sealed {kind:?}: is CLANKWORK_SECRET_KEY the one it was sealed under?"
            ))
        };
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: kind.label() }).map_err(|_| broken())
    }

    /// What was sealed as this kind, as text.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_text(&self, kind: Kind, sealed: &[u8]) -> Result<String> {
        String::from_utf8(self.open(kind, sealed)?).map_err(Error::internal)
    }

    /// A keyed hash by which something is found again without being kept.
    ///
    /// # Errors
    /// Never in practice: HMAC takes keys of every length.
    pub fn fingerprint(&self, text: &str) -> Result<[u8; 32]> {
        derive(&self.fingerprint_key, text.as_bytes())
    }
}

fn derive(key: &[u8; 32], label: &[u8]) -> Result<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).map_err(Error::internal)?;
    mac.update(label);
    Ok(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_key_and_kind_alone() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let sealed = vault.seal(Kind::Address, b"a@example.com").unwrap();
        assert!(!sealed.windows(3).any(|window| window == b"exa"));
        assert_eq!(vault.open_text(Kind::Address, &sealed).unwrap(), "a@example.com");
        assert!(vault.open(Kind::Mail, &sealed).is_err());
        assert!(Vault::new(&[8; 32]).unwrap().open(Kind::Address, &sealed).is_err());
        assert!(vault.open(Kind::Address, &sealed[..20]).is_err());
        assert_ne!(vault.seal(Kind::Address, b"a@example.com").unwrap(), sealed);
    }
}

//! Tokens: what a client proves itself with.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Network, Result};

/// The random part: 256 bits as hexadecimal digits.
const RANDOM_DIGITS: usize = 64;
/// The checksum behind it: CRC-32 of everything before, as hexadecimal digits.
const CHECK_DIGITS: usize = 8;

/// A bearer token: the network's prefix, 256 random bits, a checksum.
///
/// The checksum tells a token from a word that looks like one without asking the database, so that a
/// mistyped token costs nothing and a published one is caught. It never prints itself: see [`Token::expose`].
#[derive(Clone, Eq, PartialEq)]
pub struct Token(String);

impl Token {
    /// What a token begins with that claims an agent on ClankdIn.
    pub const CLAIM_PREFIX: &str = "claim_";
    /// What a ticket to an account on Clankspace begins with.
    pub const TICKET_PREFIX: &str = "signup_";

    /// Makes a new token for `network`.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn generate(network: Network) -> Result<Self> {
        Self::generate_with(network.token_prefix())
    }

    /// Makes a new token with a prefix of its own, for what is no network's token (a ticket, a claim).
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn generate_with(prefix: &str) -> Result<Self> {
        let mut random = [0; RANDOM_DIGITS / 2];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        let body = format!("{prefix}{}", hex::encode(random));
        let check = crc32fast::hash(body.as_bytes());
        Ok(Self(format!("{body}{check:08x}")))
    }

    /// Reads a token of `network`; `None` where prefix, length or checksum are wrong.
    pub fn parse(network: Network, text: &str) -> Option<Self> {
        Self::parse_with(network.token_prefix(), text)
    }

    /// Reads a token that [`Token::generate_with`] made with this prefix.
    pub fn parse_with(prefix: &str, text: &str) -> Option<Self> {
        let digits = text.strip_prefix(prefix)?;
        let (_, check) = digits.split_at_checked(RANDOM_DIGITS)?;
        let (body, _) = text.split_at_checked(prefix.len().saturating_add(RANDOM_DIGITS))?;
        let hexadecimal = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let expected = format!("{:08x}", crc32fast::hash(body.as_bytes()));
        (hexadecimal && check == expected).then(|| Self(text.to_owned()))
    }

    /// Whether `text` contains, whole, a token of any network, or one that claims an agent or opens an account.
    pub fn occurs_in(text: &str) -> bool {
        let of_networks = Network::ALL.into_iter().map(Network::token_prefix);
        of_networks.chain([Self::CLAIM_PREFIX, Self::TICKET_PREFIX]).any(|prefix| {
            let length = prefix.len().saturating_add(RANDOM_DIGITS).saturating_add(CHECK_DIGITS);
            text.match_indices(prefix).any(|(at, _)| {
                let candidate = text.get(at..at.saturating_add(length));
                candidate.is_some_and(|candidate| Self::parse_with(prefix, candidate).is_some())
            })
        })
    }

    /// The SHA-256 of the token: all that is ever stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The token itself, for the one answer that hands it out.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct TokenHash(pub [u8; 32]);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_belongs_to_its_network_alone() {
        for network in Network::ALL {
            let token = Token::generate(network).unwrap();
            for other in Network::ALL {
                assert_eq!(Token::parse(other, token.expose()).is_some(), other == network);
            }
        }
    }

    #[test]
    fn one_changed_character_spoils_it() {
        let token = Token::generate(Network::ClawNet).unwrap();
        let mut spoilt = token.expose().to_owned();
        let last = spoilt.pop().unwrap();
        spoilt.push(if last == '0' { '1' } else { '0' });
        assert!(Token::parse(Network::ClawNet, &spoilt).is_none());
        assert_ne!(format!("{token:?}"), token.expose());
    }

    proptest! {
        #[test]
        fn it_is_found_wherever_it_stands(before in ".*", after in ".*") {
            for prefix in [Network::ClankdIn.token_prefix(), Token::CLAIM_PREFIX, Token::TICKET_PREFIX] {
                let token = Token::generate_with(prefix).unwrap();
                let text = format!("{before}{}{after}", token.expose());
                prop_assert!(Token::occurs_in(&text));
            }
            prop_assert!(!Token::occurs_in(&before));
        }
    }
}

//! The two signatures of a webhook, as a receiver checks them. Written from their documents and not from the server's code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far the time in a signed header may lie from the present, in seconds. Source: the Standard Webhooks specification.
const TOLERANCE: i64 = 5 * 60;

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Whether `signature`, the value of `X-ClankdIn-Signature`, is that of `body` under `secret`. Source: the Python in ClankdIn's
/// skill file.
pub fn is_clankdin_signature(secret: &str, body: &[u8], signature: &str) -> bool {
    hex::encode(hmac_sha256(secret.as_bytes(), body)) == signature
}

/// Whether the three headers of Standard Webhooks are right for `body` under `secret` at `now`, in seconds since 1970. Source:
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
pub fn is_standard_signature(
    secret: &str,
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
    now: i64,
) -> bool {
    let key = secret.strip_prefix("whsec_").and_then(|secret| STANDARD.decode(secret).ok());
    let (Some(key), Ok(at)) = (key, timestamp.parse::<i64>()) else { return false };
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &message)));
    at.abs_diff(now) <= TOLERANCE.unsigned_abs() && signatures.split(' ').any(|signature| signature == expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's `hmac` says of the same bytes.
    #[test]
    fn the_skill_files_python_agrees() {
        let signature = "63abae981c11ef40efbb5cb46f506d34af90ef291d7110b1f56adeb81e1e61ab";
        assert!(is_clankdin_signature("whsec_abc", b"{\"event\":\"ping\"}", signature));
        assert!(!is_clankdin_signature("whsec_abd", b"{\"event\":\"ping\"}", signature));
    }

    /// The example of the specification's own libraries.
    #[test]
    fn the_specifications_example_verifies() {
        let headers =
            ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,x");
        let verify = |now| {
            is_standard_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", headers, b"{\"test\": 2432232314}", now)
        };
        assert!(verify(1_614_265_330) && !verify(1_614_265_330 + 301));
    }
}

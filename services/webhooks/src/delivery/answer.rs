//! What came of an attempt.

use models::Timestamp;

/// How long an attempt may take, in milliseconds, for its receiver to count as prompt.
const PROMPT: i64 = 1_000;

/// Why there was no answer: one word, kept and shown. It says nothing that the other side has sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Problem {
    /// Nothing came in time.
    Timeout,
    /// No connection, or it broke.
    Connect,
    /// The name led nowhere.
    Dns,
    /// No agreement on encryption, or a certificate that cannot be trusted.
    Tls,
    /// The host has an address that must not be reached.
    RefusedAddress,
    /// What came was no answer in HTTP, or nothing came before the connection was closed.
    Protocol,
    /// We failed ourselves; the log says how.
    Internal,
}

impl Problem {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::RefusedAddress => "refused_address",
            Self::Protocol => "protocol",
            Self::Internal => "internal",
        }
    }
}

/// An answer as far as it matters: its status, and when the receiver wants to be asked again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// The status code.
    pub code: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<i64>,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration: i64,
    /// What came back.
    pub result: Result<Status, Problem>,
    /// Whether it ended before a connection stood.
    pub in_connecting: bool,
}

/// What an answer means for its delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// The receiver is gone for good and says so.
    Gone,
    /// Not now.
    Failed {
        /// When the receiver wants to be asked again, in seconds, where it says so.
        retry_after: Option<i64>,
    },
}

impl Answer {
    /// What it means.
    pub const fn verdict(&self) -> Verdict {
        match self.result {
            Ok(Status { code: 200..=299, .. }) => Verdict::Delivered,
            Ok(Status { code: 410, .. }) => Verdict::Gone,
            Ok(Status { retry_after, .. }) => Verdict::Failed { retry_after },
            Err(_) => Verdict::Failed { retry_after: None },
        }
    }

    /// Whether the host was reached. One with which a connection stood was, whatever became of it: others there may do better. One that
    /// could not be reached but was quick to let us know holds nobody up, and counts as if it was.
    pub const fn has_reached(&self) -> bool {
        !self.in_connecting || self.duration <= PROMPT
    }

    /// Whether the receiver's deliveries should go the slow way from now on.
    pub fn is_sluggish(&self) -> bool {
        self.duration > PROMPT || self.verdict() != Verdict::Delivered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16) -> Answer {
        let result = Ok(Status { code, retry_after: Some(7) });
        Answer { began_at: Timestamp::from_micros(0), duration: 5, result, in_connecting: false }
    }

    #[test]
    fn only_2xx_is_success() {
        for code in [200, 201, 202, 204, 299] {
            assert_eq!(answer(code).verdict(), Verdict::Delivered);
        }
        for code in [100, 101, 199, 300, 301, 302, 307, 308, 400, 404, 429, 500, 503, 599] {
            assert_eq!(answer(code).verdict(), Verdict::Failed { retry_after: Some(7) }, "{code}");
        }
        assert_eq!(answer(410).verdict(), Verdict::Gone);
    }

    #[test]
    fn who_fails_or_takes_long_is_sluggish() {
        assert!(!answer(200).is_sluggish() && answer(500).is_sluggish() && answer(410).is_sluggish());
        assert!(Answer { duration: 1_001, ..answer(200) }.is_sluggish());
        assert!(Answer { result: Err(Problem::Timeout), ..answer(200) }.is_sluggish());
    }

    #[test]
    fn a_host_is_reached_unless_connecting_took_long_and_failed() {
        let failed = |in_connecting, duration| {
            Answer { duration, result: Err(Problem::Timeout), in_connecting, ..answer(200) }.has_reached()
        };
        assert!(answer(200).has_reached() && answer(500).has_reached() && answer(410).has_reached());
        assert!(!failed(true, PROMPT + 1));
        assert!(failed(true, PROMPT), "it was quick");
        assert!(failed(false, 10 * PROMPT), "a connection stood");
    }
}

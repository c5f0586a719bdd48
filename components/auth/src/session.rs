//! The rules of a session: how long it lasts, and how many an account may have.

use std::time::Duration;

use shared::Timestamp;

use crate::refresh_token;

/// After this long its owner proves anew who it is, however busy the session was.
const LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How many sessions an account may have; a new one beyond ends the one longest unused.
pub const LIMIT: u32 = 100;

/// When a session that is used at `now` ends unless it is used again.
pub fn expires_at(created_at: Timestamp, now: Timestamp) -> Timestamp {
    let unused = now.plus(refresh_token::LIFETIME);
    unused.min(created_at.plus(LIFETIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_a_month_after_its_last_use_and_a_quarter_after_its_beginning() {
        let day = Duration::from_secs(24 * 60 * 60);
        let begun = Timestamp::from_millis(0);
        assert_eq!(expires_at(begun, begun), begun.plus(30 * day));
        assert_eq!(
            expires_at(begun, begun.plus(59 * day)),
            begun.plus(89 * day)
        );
        assert_eq!(
            expires_at(begun, begun.plus(89 * day)),
            begun.plus(90 * day)
        );
    }
}

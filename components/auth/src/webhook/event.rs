//! What endpoints are told of: all that the audit knows, by names made of a noun and a verb.

use serde_json::{Value, json};
use shared::{FieldError, Timestamp, UserId};

use crate::account::Account;
use crate::store::audit::Event;

/// Sent to one endpoint because an administrator asked for it.
pub const TEST: &str = "webhook.test";

const NAME_LIMIT: usize = 64;
/// How many names one endpoint may list.
const NAMES_LIMIT: usize = 50;

/// The name that endpoints know an event of the audit by: `session-revoked` is `session.revoked`.
pub fn name(audited: &str) -> String {
    match audited {
        "sign-up" => "user.created".to_owned(),
        "sign-in" => "session.created".to_owned(),
        "sign-out" => "session.ended".to_owned(),
        "refresh-reused" => "session.reused".to_owned(),
        "deletion-taken-back" => "deletion.taken-back".to_owned(),
        other => match other.rsplit_once('-') {
            Some(("account", verb)) => format!("user.{verb}"),
            Some((noun, verb)) => format!("{noun}.{verb}"),
            None => other.to_owned(),
        },
    }
}

/// What happened, without anything that is a secret.
#[derive(Debug)]
pub struct Happening<'a> {
    /// As the audit calls it.
    pub audited: &'a str,
    pub actor: Option<UserId>,
    /// Whose account it happened to.
    pub subject: Option<UserId>,
    /// What of theirs: a session, a key.
    pub object: Option<&'a str>,
}

impl Happening<'_> {
    /// The body to send. `account` is the subject's, where there still is one.
    pub fn payload(&self, account: Option<&Account>, now: Timestamp) -> Value {
        let user = match account {
            Some(account) => json!({
                "id": account.id, "email": account.email, "name": account.name,
            }),
            None => self.subject.map_or(Value::Null, |id| json!({"id": id})),
        };
        json!({
            "type": name(self.audited),
            "timestamp": now,
            "data": {"user": user, "actor": self.actor, "object": self.object},
        })
    }
}

/// The body of a test.
pub fn test_payload(now: Timestamp) -> Value {
    json!({"type": TEST, "timestamp": now, "data": {}})
}

/// Whether an endpoint that lists `wanted` is told of `event`: `*` is everything, `user.*` all of users.
pub fn is_wanted(wanted: &[String], event: &str) -> bool {
    wanted.iter().any(|name| match name.strip_suffix('*') {
        Some(beginning) => event.starts_with(beginning),
        None => name == event,
    })
}

/// The names, if there is something that each stands for: whoever misspells one waits for what never comes.
pub fn check(names: &[String]) -> Result<(), FieldError> {
    let refuse = |message: &str| Err(FieldError::new("events", message));
    let tells_nothing = |one: &String| {
        let told = Event::NAMES.iter().map(|audited| name(audited));
        let mut known = told.chain([TEST.to_owned()]);
        !known.any(|known| is_wanted(std::slice::from_ref(one), &known))
    };
    if names.is_empty() {
        refuse("must name at least one event, or be [\"*\"]")
    } else if names.len() > NAMES_LIMIT {
        refuse("must not have more than 50 names")
    } else if !names.iter().all(|name| is_pattern(name)) {
        refuse("must be names such as user.created, user.* or *")
    } else if let Some(at) = names.iter().position(tells_nothing) {
        let message = format!("{:?} is no event, nor the beginning of one", names[at]);
        Err(FieldError::new(format!("events[{at}]"), message))
    } else {
        Ok(())
    }
}

fn is_pattern(text: &str) -> bool {
    let stem = match text.strip_suffix('*') {
        Some("") => return true,
        Some(stem) => match stem.strip_suffix('.') {
            Some(stem) => stem,
            None => return false,
        },
        None => text,
    };
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= NAME_LIMIT && stem.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_event_is_a_noun_and_a_verb() {
        for (audited, told) in [
            ("sign-up", "user.created"),
            ("sign-in", "session.created"),
            ("sign-in-failed", "sign-in.failed"),
            ("session-revoked", "session.revoked"),
            ("password-changed", "password.changed"),
            ("account-deleted", "user.deleted"),
        ] {
            assert_eq!(name(audited), told);
        }
    }

    #[test]
    fn a_star_stands_for_the_rest_of_a_name() {
        assert!(is_wanted(&names(&["*"]), "user.created"));
        assert!(is_wanted(&names(&["session.*", "user.*"]), "user.created"));
        assert!(is_wanted(&names(&["user.created"]), "user.created"));
        assert!(!is_wanted(&names(&["user.create", "user"]), "user.created"));
        assert!(!is_wanted(&names(&["user.*"]), "username.changed"));
    }

    #[test]
    fn other_texts_are_no_names() {
        assert!(check(&names(&["user.created", "sign-in.*", "*"])).is_ok());
        for name in [
            "",
            "user.",
            ".*",
            "user*",
            "u*r",
            "User.created",
            "a b",
            "user.**",
        ] {
            assert!(check(&names(&[name])).is_err(), "{name:?}");
        }
        for name in ["user.exploded", "usr.*", "sign-up", "session-revoked"] {
            assert!(check(&names(&["*", name])).is_err(), "{name:?}");
        }
        assert!(check(&names(&[TEST, "user.*", "session.revoked"])).is_ok());
        assert!(check(&[]).is_err());
        assert!(check(&names(&["*"; 51])).is_err());
    }
}

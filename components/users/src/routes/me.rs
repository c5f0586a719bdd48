//! `GET /v1/users/me`: the caller's profile. `PATCH /v1/users/me`: changes it, by the rules of a JSON
//! merge patch (RFC 7396): what is absent stays, what is null goes.

use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer};
use shared::{Caller, ETag, IfMatch, Json, Problem, Result, clock};

use super::User;
use crate::{
    profile::{Change, Profile, check_locale, check_name},
    store::profiles,
};

/// The body of a PATCH.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patch {
    #[serde(deserialize_with = "present")]
    name: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    locale: Option<Option<String>>,
}

/// Tells a null from an absent field: this runs only for a field that is there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Shows the caller's profile.
pub async fn show(caller: Caller) -> Result<impl IntoResponse> {
    let profile = profiles::see(&caller, clock::now())?;
    Ok(answer(profile, caller))
}

/// Changes the caller's profile.
pub async fn change(
    caller: Caller,
    if_match: IfMatch,
    Json(patch): Json<Patch>,
) -> Result<impl IntoResponse> {
    let change = validate(patch)?;
    let now = clock::now();
    let profile = profiles::see(&caller, now)?;
    if_match.check(profile.version)?;
    if change.is_empty() {
        return Ok(answer(profile, caller));
    }
    // Without If-Match the caller takes whatever the version is by then.
    let version = (if_match != IfMatch::Any).then_some(profile.version);
    let changed = profiles::change(caller.user, &change, version, now)?.ok_or_else(|| {
        Problem::precondition_failed("This has just been changed. Read it again.")
    })?;
    Ok(answer(changed, caller))
}

fn answer(profile: Profile, caller: Caller) -> (ETag, Json<User>) {
    let version = ETag::of(profile.version);
    (version, Json(User::from(profile).with_roles(caller.roles)))
}

/// Every mistake at once, so that a form can show them all.
fn validate(patch: Patch) -> Result<Change> {
    let mut errors = Vec::new();
    let mut check = |value: Option<Option<String>>, rule: fn(&str) -> Result<String, _>| {
        let value = value?;
        let Some(text) = value else { return Some(None) };
        match rule(&text) {
            Ok(text) => Some(Some(text)),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    };
    let change = Change {
        name: check(patch.name, check_name),
        locale: check(patch.locale, check_locale),
    };
    if errors.is_empty() {
        Ok(change)
    } else {
        Err(Problem::invalid(errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: &str) -> Result<Change> {
        validate(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn what_is_absent_stays_and_what_is_null_goes() {
        let nulled = change(r#"{"name": null}"#).unwrap();
        assert_eq!(
            nulled,
            Change {
                name: Some(None),
                locale: None
            }
        );
        assert!(change("{}").unwrap().is_empty());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let problem = change(r#"{"name": " ", "locale": "not a locale"}"#).unwrap_err();
        let fields: Vec<&str> = problem
            .errors()
            .iter()
            .map(|error| error.field.as_str())
            .collect();
        assert_eq!(fields, ["name", "locale"]);
    }
}

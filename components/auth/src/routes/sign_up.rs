//! `POST /v1/auth/sign-up`: makes an account, signs it in, and mails a link that proves its address.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{FieldError, Json, Problem, Result, UserId, clock, variables};

use crate::account::{Account, check_email, check_name};
use crate::admission::admit;
use crate::issuer::Issuer;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::password::{Password, Peppers};
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts, mail_requests, passwords};
use crate::{outbox, proof, throttle};

/// What a new user says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    password: Password,
    name: Option<String>,
}

/// Makes an account. 409 where there is one with this address.
pub async fn sign_up(origin: Origin, Json(body): Json<Body>) -> Result<Response> {
    let now = clock::now();
    let (email, name) = validate(&body, &variables::get("app_name").await?)?;
    let issuer = Issuer::load(now).await?;
    let attempt = DB.transaction(|tx| throttle::begin_sign_up(tx, &origin, now))?;
    let password_hash = body.password.hash(&Peppers::load().await?)?;
    let refresh_token = RefreshToken::new()?;
    let secret = proof::verification_secret()?;
    let account = Account {
        id: UserId::new(),
        email,
        name,
        created_at: now,
        email_verified_at: None,
        email_vouched_by: None,
        disabled_at: None,
    };
    let admitted = DB.transaction(|tx| {
        accounts::create(tx, &account)?;
        throttle::succeed(tx, &attempt)?;
        passwords::set(tx, account.id, &password_hash, now)?;
        audit::record(tx, &Entry::by(Event::SignedUp, account.id), &origin, now)?;
        mail_requests::note(tx, &account.email, now)?;
        proof::ask_to_verify(tx, &account, secret, now)?;
        let methods = Methods::one(Method::Password);
        admit(tx, account, methods, refresh_token, &origin, now)
    });
    let admission = match admitted {
        Ok(admission) => admission,
        Err(error) if error.is_unique_violation() => {
            DB.transaction(|tx| throttle::fail(tx, &attempt, now))?;
            return Err(Problem::conflict(
                "There is an account with this email address already.",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    outbox::deliver_soon();
    issuer.answer(StatusCode::CREATED, admission, now)
}

/// Every mistake at once, so that a form can show them all.
fn validate(body: &Body, app_name: &str) -> Result<(String, Option<String>)> {
    let email = check_email(&body.email);
    let name = body.name.as_deref().map(check_name).transpose();
    let password = body.password.check(
        "password",
        &[
            &body.email,
            body.name.as_deref().unwrap_or_default(),
            app_name,
        ],
    );
    match (email, name, password) {
        (Ok(email), Ok(name), Ok(())) => Ok((email, name)),
        (email, name, password) => {
            let errors: [Option<FieldError>; 3] = [email.err(), password.err(), name.err()];
            Err(Problem::invalid(errors.into_iter().flatten().collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Body {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let body = body(r#"{"email": "ada", "password": "short", "name": " "}"#);
        let problem = validate(&body, "Selvedge").unwrap_err();
        let fields: Vec<_> = problem.errors().iter().map(|error| &error.field).collect();
        assert_eq!(fields, ["email", "password", "name"]);
    }

    #[test]
    fn a_name_may_be_absent_or_null() {
        for json in [
            r#"{"email": "ada@example.com", "password": "long enough"}"#,
            r#"{"email": "ada@example.com", "password": "long enough", "name": null}"#,
        ] {
            let (email, name) = validate(&body(json), "Selvedge").unwrap();
            assert_eq!((email.as_str(), name), ("ada@example.com", None));
        }
    }

    #[test]
    fn what_a_request_says_can_be_shown_without_its_password() {
        let body = body(r#"{"email": "ada@example.com", "password": "correct horse"}"#);
        assert!(!format!("{body:?}").contains("horse"));
    }
}

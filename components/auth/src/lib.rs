//! Auth: who you are. Accounts and their passwords, sessions and their tokens, and the keys that vouch
//! for them. No other component can read any of it; they see what a token says.
//!
//! A request comes in here and goes to one file of [`routes`], which asks [`store`] for rows. The rules
//! stand in between: [`account`], [`password`], [`session`], [`refresh_token`], [`access_token`],
//! [`signing_key`], [`key_schedule`]. What providers elsewhere say of people is judged in
//! [`federation`]; what applications of the team's own are told of them, in [`authorization`].
//! Whatever somebody proves, [`admission`] decides whether it lets them in, and [`issuer`] says so. What
//! others must learn of lies in the [`outbox`] until they did.

mod access_token;
mod account;
mod admission;
mod allowance;
mod api_key;
mod authority;
mod authorization;
mod bucket;
mod chain;
mod cookies;
mod deletion;
mod device;
mod ended;
mod factor;
mod federation;
mod guess;
mod impersonation;
mod issuer;
mod key_schedule;
mod keyring;
mod mail;
mod membership;
mod method;
mod neighbour;
mod origin;
mod outbox;
mod passkey;
mod password;
mod permission;
mod permitted;
mod proof;
mod random;
mod recovery_code;
mod refresh_token;
mod role;
mod routes;
mod sealed;
mod session;
mod signing_key;
mod step_up;
mod store;
mod throttle;
mod totp;
mod webauthn;
mod webhook;

use std::sync::LazyLock;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, patch, post, put};
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

/// Built once an instance, which answers many requests.
static ROUTES: LazyLock<Router> = LazyLock::new(|| {
    Router::new()
        .route("/v1/auth/sign-up", post(routes::sign_up::sign_up))
        .route("/v1/auth/sign-in", post(routes::sign_in::sign_in))
        .route("/v1/auth/admin/import", post(routes::import::import))
        .route("/v1/auth/magic-link", post(routes::magic_link::send))
        .route(
            "/v1/auth/magic-link/sign-in",
            post(routes::magic_link::sign_in),
        )
        .route("/v1/auth/code", post(routes::code::send))
        .route("/v1/auth/code/sign-in", post(routes::code::sign_in))
        .route("/v1/auth/password", post(routes::password_change::change))
        .route(
            "/v1/auth/password/forgot",
            post(routes::password_forgot::forgot),
        )
        .route(
            "/v1/auth/password/reset",
            post(routes::password_reset::reset),
        )
        .route("/v1/auth/email", post(routes::email_change::ask))
        .route(
            "/v1/auth/email/confirm",
            post(routes::email_change::confirm),
        )
        .route(
            "/v1/auth/email/verification",
            post(routes::email_verification::send),
        )
        .route("/v1/auth/email/verify", post(routes::email_verify::verify))
        .route(
            "/v1/auth/second-factor",
            post(routes::second_factor::finish),
        )
        .route("/v1/auth/step-up", post(routes::step_up::step_up))
        .route(
            "/v1/auth/second-factor/options",
            post(routes::passkeys::options::to_finish),
        )
        .route(
            "/v1/auth/step-up/options",
            post(routes::passkeys::options::to_step_up),
        )
        .route(
            "/v1/auth/passkeys",
            get(routes::passkeys::list::list).post(routes::passkeys::register::register),
        )
        .route(
            "/v1/auth/passkeys/options",
            post(routes::passkeys::options::to_register),
        )
        .route(
            "/v1/auth/passkeys/sign-in",
            post(routes::passkeys::sign_in::sign_in),
        )
        .route(
            "/v1/auth/passkeys/sign-in/options",
            post(routes::passkeys::options::to_sign_in),
        )
        .route(
            "/v1/auth/passkeys/{id}",
            patch(routes::passkeys::change::change).delete(routes::passkeys::remove::remove),
        )
        .route("/v1/auth/factors", get(routes::factors::show))
        .route(
            "/v1/auth/totp",
            post(routes::totp::begin::begin).delete(routes::totp::remove::remove),
        )
        .route(
            "/v1/auth/totp/confirm",
            post(routes::totp::confirm::confirm),
        )
        .route(
            "/v1/auth/recovery-codes",
            post(routes::recovery_codes::replace),
        )
        .route("/v1/auth/refresh", post(routes::refresh::refresh))
        .route("/v1/auth/sign-out", post(routes::sign_out::sign_out))
        .route(
            "/v1/auth/sessions",
            get(routes::sessions::list).delete(routes::sessions::end_all),
        )
        .route("/v1/auth/sessions/{id}", delete(routes::revoke::revoke))
        .route(
            "/v1/auth/sessions/current/organization",
            put(routes::session_organization::choose),
        )
        .route("/v1/auth/keys/rotate", post(routes::rotate_keys::rotate))
        .route("/v1/auth/outbox/deliver", post(routes::deliver::deliver))
        .route("/v1/auth/me", delete(routes::me::delete::delete))
        .route("/v1/auth/me/export", get(routes::me::export::export))
        .merge(routes::accounts::router())
        .merge(routes::audit_log::router())
        .merge(routes::roles::router())
        .merge(routes::api_keys::router())
        .merge(routes::webhooks::router())
        .route(
            "/v1/auth/oauth/{provider}/authorize",
            get(routes::oauth_authorize::authorize),
        )
        .route(
            "/v1/auth/oauth/{provider}/callback",
            get(routes::oauth_callback::callback),
        )
        .route(
            "/v1/auth/oauth/exchange",
            post(routes::oauth_exchange::exchange),
        )
        .route(
            "/v1/auth/identities",
            get(routes::identities::list).post(routes::identity_link::link),
        )
        .route(
            "/v1/auth/identities/{id}",
            delete(routes::identity_unlink::unlink),
        )
        .merge(routes::oauth2::router())
        .merge(routes::oauth_clients::router())
        .route("/v1/auth/consents", get(routes::oauth_consents::list::list))
        .route(
            "/v1/auth/consents/{id}",
            delete(routes::oauth_consents::withdraw::withdraw),
        )
        .route("/.well-known/jwks.json", get(routes::jwks::show))
        // Not from outside: no route of the manifest leads there.
        .route("/internal/revocations", get(routes::revocations::list))
        .route("/internal/organizations", post(routes::organizations::note))
        .layer(from_fn(cookies::deliver))
        .layer(from_fn(impersonation::refuse))
        .layer(from_fn(ended::refuse))
});

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    // Where everybody may look, nothing is there to deliver with: see the manifest.
    let is_at_work = !request.uri().path().starts_with("/.well-known/");
    let answer = shared::serve("auth", ROUTES.clone(), request).await;
    if is_at_work {
        outbox::deliver_now_and_then();
    }
    answer
}

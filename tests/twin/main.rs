//! The native twin: what the application does on the paths that are measured, done with axum and rusqlite, without a
//! sandbox. Not a product, but the yardstick: the same tables, tokens, log lines and durability, and nothing else.
//!
//! `native-twin ADDRESS FOLDER` serves on ADDRESS and keeps its databases in FOLDER.

mod accounts;
mod log;
mod store;
mod token;

use std::{path::Path, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    accounts::Accounts,
    store::{Event, Profiles, Usage},
    token::{Caller, Tokens},
};

/// What every handler may need.
struct Twin {
    accounts: Accounts,
    tokens: Tokens,
    profiles: Profiles,
    usage: Usage,
}

type Twins = State<Arc<Twin>>;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(folder)) = (arguments.next(), arguments.next()) else {
        panic!("usage: native-twin ADDRESS FOLDER");
    };
    let folder = Path::new(&folder);
    let twin = Arc::new(Twin {
        accounts: Accounts::default(),
        tokens: Tokens::new(),
        profiles: Profiles::open(&folder.join("users.db")),
        usage: Usage::open(&folder.join("billing.db")),
    });
    let logged = Router::new()
        .route("/v1/auth/sign-up", post(sign_up))
        .route("/v1/auth/sign-in", post(sign_in))
        .route("/v1/users/me", get(me))
        .route("/v1/billing/subscriptions", post(subscribe))
        .route("/v1/billing/usage", post(record_usage))
        .layer(middleware::from_fn(log::request));
    let router = Router::new()
        .route("/hello", get(async || "hello"))
        .merge(logged)
        .with_state(twin);
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .unwrap_or_else(|error| panic!("cannot listen on {address}: {error}"));
    let listener = axum::serve::ListenerExt::tap_io(listener, |connection| {
        // Without it, small answers wait for acknowledgements; a connection that is gone needs none.
        let _ = connection.set_nodelay(true);
    });
    axum::serve(listener, router)
        .await
        .expect("accepting never ends");
}

async fn sign_up(twin: Twins, Json(body): Json<accounts::Credentials>) -> Response {
    let twin = twin.0;
    hashing(move || {
        let user = twin.accounts.add(&body);
        twin.profiles.add(&user, &body.email);
        (StatusCode::CREATED, session(&twin, &user, &body.email))
    })
    .await
}

async fn sign_in(twin: Twins, Json(body): Json<accounts::Credentials>) -> Response {
    let twin = twin.0;
    hashing(move || match twin.accounts.verify(&body) {
        Some(user) => (StatusCode::OK, session(&twin, &user, &body.email)),
        None => (StatusCode::UNAUTHORIZED, Json(json!({"status": 401}))),
    })
    .await
}

/// Runs what hashes a password where it delays nobody.
async fn hashing(work: impl FnOnce() -> (StatusCode, Json<Value>) + Send + 'static) -> Response {
    tokio::task::spawn_blocking(work).await.map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |answer| answer.into_response(),
    )
}

fn session(twin: &Twin, user: &str, email: &str) -> Json<Value> {
    let token = twin.tokens.issue(user, email);
    Json(json!({"access_token": token, "token_type": "Bearer", "user": {"id": user}}))
}

async fn me(twin: Twins, headers: HeaderMap) -> Response {
    let Some(caller) = twin.tokens.verify(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    match twin.profiles.find(&caller.user) {
        Some(profile) => {
            let etag = format!("\"{}\"", profile.version);
            ([("etag", etag)], Json(profile)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn subscribe(twin: Twins, headers: HeaderMap) -> Response {
    let Some(caller) = twin.tokens.verify(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    twin.usage.subscribe(caller.user.clone()).await;
    StatusCode::CREATED.into_response()
}

async fn record_usage(twin: Twins, headers: HeaderMap, Json(event): Json<Event>) -> Response {
    let Some(caller) = twin.tokens.verify(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Caller { user, .. } = &*caller;
    match twin.usage.record(user.clone(), event).await {
        Some(stored) => (StatusCode::CREATED, Json(stored)).into_response(),
        None => StatusCode::CONFLICT.into_response(),
    }
}

//! One attempt to tell an endpoint something, and what is learnt about the endpoint from it.

use std::time::Duration;

use anyhow::anyhow;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use shared::{Timestamp, clock, http_client};
use spin_sdk::wasip3::http::types::ErrorCode;

use super::{address, signature};
use crate::origin::Origin;
use crate::sealed::Sealer;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};
use crate::store::webhook_deliveries::{self, Attempt, Due};
use crate::store::webhook_endpoints::{self, Endpoint};

/// After so long without a success nothing is sent to an endpoint any more.
const PATIENCE: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// What went wrong, as far as there was an answer.
struct Failure {
    status: Option<StatusCode>,
    cause: anyhow::Error,
}

/// Tells what is due, once. `retry_at` is when the outbox tries again if it fails, if it does.
pub async fn make(due: &Due, retry_at: Option<Timestamp>) -> anyhow::Result<()> {
    let now = clock::now();
    let Some((endpoint, payload)) = webhook_deliveries::payload(DB.connect()?, due.delivery)?
    else {
        return Ok(());
    };
    let Some(endpoint) = webhook_endpoints::find(DB.connect()?, endpoint)? else {
        return Ok(());
    };
    if endpoint.disabled_at.is_some() {
        let why = "the endpoint is disabled";
        return Ok(webhook_deliveries::give_up(
            DB.connect()?,
            due.delivery,
            why,
        )?);
    }
    let sent = send(&endpoint, due, payload, now).await;
    learn(&endpoint, due, &sent, retry_at)?;
    match sent {
        Ok(_) => Ok(()),
        // Whoever says to be gone is not asked again.
        Err(failure) if failure.status == Some(StatusCode::GONE) => Ok(()),
        Err(failure) => Err(failure.cause),
    }
}

async fn send(
    endpoint: &Endpoint,
    due: &Due,
    payload: String,
    now: Timestamp,
) -> Result<StatusCode, Failure> {
    let before_the_answer = |cause| Failure {
        status: None,
        cause,
    };
    let url = address::check(&endpoint.url)
        .map_err(|error| before_the_answer(anyhow!("the address {}", error.message)))?;
    let secrets = secrets(endpoint, now).await.map_err(before_the_answer)?;
    let signatures = signature::header(&secrets, due.delivery, now, &payload);
    let request = Request::post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("user-agent", "Selvedge-Webhooks")
        .header("webhook-id", due.delivery.to_string())
        .header("webhook-timestamp", now.as_seconds())
        .header("webhook-signature", signatures)
        .body(payload.into())
        .map_err(|error| before_the_answer(error.into()))?;
    let answer = http_client::send(request).await;
    let status = answer
        .map_err(|error| before_the_answer(explained(error)))?
        .status();
    // A redirect is a failure too: what is signed is for the endpoint, and nobody it names.
    if status.is_success() {
        Ok(status)
    } else {
        Err(Failure {
            status: Some(status),
            cause: anyhow!("the endpoint answered {}", status.as_u16()),
        })
    }
}

/// Why there was no answer, as whoever reads it can do something about it.
fn explained(failure: http_client::Failure) -> anyhow::Error {
    match failure {
        http_client::Failure::Exchange(ErrorCode::HttpRequestDenied) => {
            anyhow!("webhook_hosts does not name the endpoint's host")
        }
        failure => failure.into(),
    }
}

async fn secrets(endpoint: &Endpoint, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let opened = async {
        let sealer = Sealer::load().await?;
        let secrets = endpoint.secrets(now);
        secrets
            .map(|sealed| signature::open(sealer, endpoint.id, sealed))
            .collect::<shared::Result<_>>()
    };
    opened
        .await
        .map_err(|_| anyhow!("the webhook's secret cannot be opened"))
}

/// Stores what came of it. An endpoint that failed for too long, or is gone, is disabled.
fn learn(
    endpoint: &Endpoint,
    due: &Due,
    sent: &Result<StatusCode, Failure>,
    retry_at: Option<Timestamp>,
) -> anyhow::Result<()> {
    let now = clock::now();
    let (status, failure) = match sent {
        Ok(status) => (Some(*status), None),
        Err(failure) => (failure.status, Some(format!("{:#}", failure.cause))),
    };
    let is_gone = status == Some(StatusCode::GONE);
    let attempt = Attempt {
        response_status: status.map(|status| status.as_u16()),
        failure: failure.as_deref(),
        next_attempt_at: retry_at.filter(|_| failure.is_some() && !is_gone),
    };
    DB.transaction(|tx| {
        webhook_deliveries::attempted(tx, due.delivery, &attempt, now)?;
        if failure.is_none() {
            return webhook_endpoints::succeeded(tx, endpoint.id);
        }
        let since = webhook_endpoints::failed(tx, endpoint.id, now)?;
        let is_hopeless = since.is_some_and(|since| now.since(since) >= PATIENCE);
        if (is_gone || is_hopeless) && webhook_endpoints::disable(tx, endpoint.id, now)? {
            let entry = Entry::about(Event::WebhookDisabled, None).with_object(&endpoint.id);
            audit::record(tx, &entry, &Origin::NOWHERE, now)?;
        }
        Ok::<_, shared::storage::Error>(())
    })?;
    Ok(())
}

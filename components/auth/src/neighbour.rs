//! What the other components of the application know: asked, or told to forget a person, at addresses that no route
//! leads to.

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::UserId;

use shared::http_client;

/// A component that knows people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Neighbour {
    Users,
    Billing,
}

/// What a neighbour is to forget, as the outbox holds it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Erasure {
    pub neighbour: Neighbour,
    pub user: UserId,
}

impl Neighbour {
    pub const ALL: [Self; 2] = [Self::Users, Self::Billing];

    /// Its name in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Billing => "billing",
        }
    }

    /// The lists it has of a person.
    pub fn sections(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["profile", "organizations"],
            Self::Billing => &["subscriptions", "invoices", "usage"],
        }
    }

    fn address(self, user: UserId) -> String {
        let name = self.name();
        format!("http://{name}.spin.internal/internal/people/{user}")
    }
}

/// A page of one list.
#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    next_cursor: Option<String>,
}

/// All that one of a neighbour's lists has about a person.
pub async fn section(
    neighbour: Neighbour,
    user: UserId,
    section: &str,
) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let after = cursor.map_or_else(String::new, |cursor: String| format!("&cursor={cursor}"));
        let address = format!("{}/{section}?limit=100{after}", neighbour.address(user));
        let (status, body) = ask(Method::GET, address).await?;
        let name = neighbour.name();
        ensure!(status == StatusCode::OK, "{name} answered {status}");
        let page: Page = serde_json::from_slice(&body).context("the answer is no page")?;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// Has a neighbour forget a person. It may be told so again.
pub async fn forget(erasure: &Erasure) -> anyhow::Result<()> {
    let address = erasure.neighbour.address(erasure.user);
    let (status, _) = ask(Method::DELETE, address).await?;
    let name = erasure.neighbour.name();
    ensure!(status.is_success(), "{name} answered {status}");
    Ok(())
}

/// What the component `users` has to tell under this number, as JSON. None: we know already.
pub async fn news(number: i64) -> anyhow::Result<Option<Bytes>> {
    let address = format!("http://users.spin.internal/internal/news/{number}");
    match ask(Method::GET, address).await? {
        (StatusCode::OK, body) => Ok(Some(body)),
        (StatusCode::NO_CONTENT, _) => Ok(None),
        (status, _) => bail!("users answered {status}"),
    }
}

async fn ask(method: Method, address: String) -> anyhow::Result<(StatusCode, Bytes)> {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .body(Bytes::new())?;
    let answer = http_client::send(request).await?;
    Ok((answer.status(), answer.into_body()))
}

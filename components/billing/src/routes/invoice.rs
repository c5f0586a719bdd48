//! `GET /v1/billing/invoices/{id}`: one invoice with its lines, for its owner and administrators. To anybody else it
//! does not exist.

use crate::id::{InvoiceId, SubscriptionId};
use crate::routes::access::may_see;
use crate::rules::invoicing::{InvoiceNumber, Line, Status};
use crate::rules::period::Period;
use crate::store::DB;
use crate::store::invoices::{self, Invoice};
use axum::response::IntoResponse;
use serde::Serialize;
use shared::storage::Connection;
use shared::{Caller, Currency, ETag, Json, Money, Path, Problem, Result, Timestamp, UserId};

/// What is shown of an invoice in a list.
#[derive(Serialize)]
pub struct Head {
    id: InvoiceId,
    number: InvoiceNumber,
    status: Status,
    user: UserId,
    subscription: SubscriptionId,
    period: Period,
    issued_at: Timestamp,
    currency: Currency,
    subtotal: Money,
    total: Money,
}

impl Head {
    pub fn new(invoice: &Invoice) -> Head {
        Head {
            id: invoice.id,
            number: invoice.number(),
            status: invoice.status,
            user: invoice.user_id,
            subscription: invoice.subscription_id,
            period: invoice.period(),
            issued_at: invoice.issued_at,
            currency: invoice.currency,
            subtotal: invoice.subtotal(),
            total: invoice.total(),
        }
    }
}

/// An invoice in full.
#[derive(Serialize)]
pub struct InvoiceView {
    #[serde(flatten)]
    head: Head,
    lines: Vec<Line>,
}

impl InvoiceView {
    /// Reads the lines that belong to it.
    pub fn load(db: &Connection, invoice: &Invoice) -> Result<InvoiceView> {
        Ok(InvoiceView {
            head: Head::new(invoice),
            lines: invoices::lines(db, invoice)?,
        })
    }
}

pub async fn show(caller: Caller, Path(id): Path<InvoiceId>) -> Result<impl IntoResponse> {
    let db = DB.connect()?;
    let invoice = invoices::find(db, id)?
        .filter(|invoice| may_see(&caller, invoice.user_id))
        .ok_or_else(|| Problem::not_found("There is no such invoice."))?;
    let view = InvoiceView::load(db, &invoice)?;
    Ok((ETag::of(invoice.version), Json(view)))
}

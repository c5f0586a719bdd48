//! What goes on an invoice: its lines, their sum, its number.

use crate::rules::catalogue::Plan;
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::money::{Currency, Money, MoneyError};
use std::fmt;

/// Whether an invoice is settled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Paid,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Paid => "paid",
        }
    }
}

/// One line of an invoice. `amount` is always `quantity` times `unit_price`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub description: String,
    pub quantity: i64,
    pub unit_price: Money,
    pub amount: Money,
}

impl Line {
    pub fn new(description: String, quantity: i64, unit_price: Money) -> Result<Line, MoneyError> {
        Ok(Line {
            description,
            quantity,
            unit_price,
            amount: unit_price.times(quantity)?,
        })
    }
}

/// The content of an invoice before it is issued. `total` is always the sum of the lines.
#[derive(Debug, PartialEq)]
pub struct Draft {
    lines: Vec<Line>,
    total: Money,
}

impl Draft {
    pub fn new(lines: Vec<Line>, currency: Currency) -> Result<Draft, MoneyError> {
        let total = lines
            .iter()
            .try_fold(Money::new(0, currency), |sum, line| {
                sum.checked_add(line.amount)
            })?;
        Ok(Draft { lines, total })
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn total(&self) -> Money {
        self.total
    }

    /// The status to issue it with: what owes nothing is settled.
    pub fn status(&self) -> Status {
        if self.total.amount == 0 {
            Status::Paid
        } else {
            Status::Open
        }
    }
}

/// The invoice that opens a subscription: the plan's price for one period, in advance, and what it includes.
pub fn first_invoice(plan: &Plan) -> Result<Draft, MoneyError> {
    let currency = plan.price.currency;
    let mut lines = vec![Line::new(
        format!("{}, one month", plan.name),
        1,
        plan.price,
    )?];
    for allowance in &plan.meters {
        lines.push(Line::new(
            format!("{}, included", allowance.name),
            allowance.included,
            Money::new(0, currency),
        )?);
    }
    Draft::new(lines, currency)
}

/// The legal number of an invoice: counted from 1 without a gap within the year (UTC) of issue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvoiceNumber {
    pub year: i16,
    pub sequence: i64,
}

impl InvoiceNumber {
    /// The year (UTC) whose numbers an invoice issued then belongs to.
    pub fn year_of(issued_at: Timestamp) -> i16 {
        // Cannot fail: both types hold the same instants.
        let instant = jiff::Timestamp::from_millisecond(issued_at.as_millis()).unwrap_or_default();
        instant.to_zoned(jiff::tz::TimeZone::UTC).year()
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:06}", self.year, self.sequence)
    }
}

impl Serialize for InvoiceNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue::{Allowance, Interval};

    fn currency(code: &str) -> Currency {
        code.parse().expect("a currency")
    }

    fn euros(amount: i64) -> Money {
        Money::new(amount, currency("EUR"))
    }

    fn plan(price: i64) -> Plan {
        Plan {
            id: "starter".into(),
            family: "platform".into(),
            name: "Starter".into(),
            price: euros(price),
            interval: Interval::Month,
            meters: vec![Allowance {
                meter: "api_calls".into(),
                name: "API calls".into(),
                unit: "call".into(),
                included: 10_000,
                overage: None,
            }],
        }
    }

    #[test]
    fn the_first_invoice_charges_the_price_and_names_what_is_included() {
        let draft = first_invoice(&plan(1900)).expect("it fits");
        let lines: Vec<_> = draft
            .lines()
            .iter()
            .map(|l| (l.description.as_str(), l.quantity, l.amount.amount))
            .collect();
        assert_eq!(
            lines,
            [
                ("Starter, one month", 1, 1900),
                ("API calls, included", 10_000, 0)
            ]
        );
        assert_eq!((draft.total(), draft.status()), (euros(1900), Status::Open));
    }

    #[test]
    fn an_invoice_over_nothing_is_paid_at_once() {
        assert_eq!(
            first_invoice(&plan(0)).map(|draft| draft.status()),
            Ok(Status::Paid)
        );
    }

    #[test]
    fn an_amount_beyond_64_bits_is_refused_and_not_wrapped() {
        assert_eq!(
            Line::new("one".into(), i64::MAX, euros(2)),
            Err(MoneyError::Overflow)
        );
        let most = Line::new("all".into(), 1, euros(i64::MAX)).expect("it fits");
        assert_eq!(
            Draft::new(vec![most.clone(), most], currency("EUR")),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn lines_in_two_currencies_have_no_sum() {
        let line = Line::new("one".into(), 1, euros(1)).expect("it fits");
        assert!(matches!(
            Draft::new(vec![line], currency("USD")),
            Err(MoneyError::CurrencyMismatch(..))
        ));
    }

    #[test]
    fn the_year_of_a_number_turns_at_midnight_utc() {
        let year = |text: &str| InvoiceNumber::year_of(text.parse().expect("a time"));
        assert_eq!(year("2026-12-31T23:59:59.999Z"), 2026);
        assert_eq!(year("2027-01-01T00:00:00.000Z"), 2027);
        assert_eq!(year("2027-01-01T00:30:00.000+01:00"), 2026);
    }

    #[test]
    fn a_number_names_its_year_and_widens_past_a_million() {
        assert_eq!(
            InvoiceNumber {
                year: 2026,
                sequence: 42
            }
            .to_string(),
            "2026-000042"
        );
        assert_eq!(
            InvoiceNumber {
                year: 2026,
                sequence: 1_234_567
            }
            .to_string(),
            "2026-1234567"
        );
    }
}

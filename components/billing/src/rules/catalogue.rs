//! What is for sale: plans and what each includes. These types are also the public form of the catalogue.

use serde::Serialize;
use shared::Money;

/// An offer that a user can subscribe to. Its terms never change (see `migrations/0001_catalogue.sql`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    pub id: String,
    /// A user holds at most one active subscription of a family.
    pub family: String,
    pub name: String,
    /// For one period, paid in advance.
    pub price: Money,
    pub interval: Interval,
    pub meters: Vec<Allowance>,
}

/// How long a period lasts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    Month,
}

/// How much of one meter a plan includes a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Allowance {
    pub meter: String,
    pub name: String,
    pub unit: String,
    /// In units of the meter.
    pub included: i64,
    /// What use beyond the included costs; `None`: nothing.
    pub overage: Option<OveragePrice>,
}

/// The price of use beyond an allowance, sold in blocks: each started block of `per` units costs `price`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OveragePrice {
    /// In units of the meter.
    pub per: std::num::NonZero<u32>,
    pub price: Money,
}

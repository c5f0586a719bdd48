//! The rules of billing: pure functions over plain types, with `now` as a parameter, so that they are tested natively
//! and a year passes in a microsecond.

pub mod catalogue;
pub mod invoicing;
pub mod ledger;
pub mod metering;
pub mod period;
pub mod pricing;

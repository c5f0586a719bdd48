//! The endpoints, one a file: its types, its refusals, its handler.

mod access;
pub mod invoice;
pub mod invoices;
pub mod people;
pub mod plans;
pub mod record_usage;
pub mod subscribe;
pub mod subscription;
pub mod subscriptions;
pub mod usage;

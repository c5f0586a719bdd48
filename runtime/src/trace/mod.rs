//! Where in a distributed trace a request stands.

mod context;

pub use context::TraceContext;

//! What every middleware does: hand a request to the next handler and its answer back, bodies by handle.
//!
//! A body is never read here. Streams are handed on as handles, which costs half of what copying
//! the bytes through the guest does, and a body of any size passes in constant memory.

mod fields;
mod message;
mod next;
mod problem;
mod report;

pub use fields::{Entries, REQUEST_ID, only};
pub use message::{with_request_headers, with_response_headers};
pub use next::next;
pub use problem::{Problem, write_response};
pub use report::report;

//! What every component needs, so that a component is only what makes it different.
//!
//! A request goes through these rooms in this order:
//!
//! - [`serve`]: runs the component's router and gives every answer its common form.
//! - [`caller`]: who is asking, as the auth guard established it; [`internal`]: another component, and nobody else.
//! - [`membership`]: for which organisation, and as what.
//! - [`permission`]: what the caller may do beyond what everybody may.
//! - [`network`]: from where, and lists of networks from which one may.
//! - [`extract`]: [`Json`], [`Query`] and [`Path`], which turn bad input into problems.
//! - [`page`], [`etag`], [`idempotency`]: lists, changes without lost updates, safe retries.
//! - [`storage`]: typed rows, transactions and migrations over the SQLite that the manifest grants.
//! - [`http_client`]: asking others, within limits.
//! - [`variables`]: the component's configuration.
//! - [`cookie`]: where browsers' sessions are kept.
//! - [`id`], [`clock`], [`money`]: the plain types rules are made of.
//! - [`problem`]: how anything of the above fails (RFC 9457).

pub mod caller;
pub mod clock;
pub mod cookie;
pub mod etag;
pub mod extract;
mod host;
pub mod http_client;
pub mod id;
pub mod idempotency;
pub mod internal;
pub mod membership;
pub mod money;
pub mod network;
pub mod page;
pub mod permission;
pub mod problem;
mod reply;
pub mod serve;
pub mod storage;
pub mod variables;

pub use caller::Caller;
pub use clock::Timestamp;
pub use etag::{ETag, IfMatch};
pub use extract::{Json, Path, Query};
pub use id::{OrganizationId, SessionId, UserId};
pub use idempotency::IdempotencyKey;
pub use membership::{MemberRole, Membership};
pub use money::{Currency, Money};
pub use page::{Filtered, Page, PageQuery};
pub use permission::Permissions;
pub use problem::{FieldError, Problem, Result};
pub use serve::serve;

#[doc(hidden)]
pub mod __private {
    //! What the crate's macros name from inside other crates.
    pub use serde;
    pub use type_safe_id;
    pub use uuid;
}

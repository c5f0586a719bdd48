//! Webhooks: what happens here, told to endpoints of the application's own as Standard Webhooks asks
//! (standardwebhooks.com). [`event`] says what is told, [`address`] where to, [`signature`] by whom, and
//! [`attempt`] sends it.

pub mod address;
pub mod attempt;
pub mod event;
pub mod signature;

shared::id!(
    /// An endpoint that is told.
    pub EndpointId, "whk"
);

shared::id!(
    /// One thing told to one endpoint, the same in every attempt: receivers know by it what they have seen.
    pub DeliveryId, "msg"
);

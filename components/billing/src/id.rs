//! The ids of billing's things.

shared::id!(
    /// A subscription of a user to a plan.
    pub SubscriptionId, "sub"
);

shared::id!(
    /// An issued invoice.
    pub InvoiceId, "inv"
);

shared::id!(
    /// A journal of the ledger.
    pub JournalId, "jrn"
);

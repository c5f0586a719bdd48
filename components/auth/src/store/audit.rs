//! The audit: what happened to accounts and sessions. Written in the transaction of what it tells of,
//! so that neither is there without the other.
//!
//! Each entry is sealed: SHA-256 over the seal before it and the entry's own fields, each with its
//! length in front. To change one entry unnoticed all later seals have to be made anew.

use sha2::{Digest, Sha256};
use shared::storage::{Error, Transaction, params};
use shared::{Timestamp, UserId};

use super::webhook_deliveries;
use crate::origin::Origin;
use crate::webhook::event::Happening;

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal,)+) => {
        /// What happened. Names are kept for ever: add some, change none.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $event,)+
        }

        impl Event {
            /// The names of all.
            pub const NAMES: &[&str] = &[$($name),+];

            /// As it is stored.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }
        }
    };
}

events! {
    SignedUp = "sign-up",
    SignedIn = "sign-in",
    /// Of an account only where the address is of one.
    SignInFailed = "sign-in-failed",
    /// From now on who signs in from elsewhere than a known device has to wait, each time longer.
    SignInDelayed = "sign-in-delayed",
    /// The proof was good and the account is not to be used.
    SignInRefused = "sign-in-refused",
    /// Nobody can say whether the thief or the owner showed the token.
    RefreshReused = "refresh-reused",
    SignedOut = "sign-out",
    SessionRevoked = "session-revoked",
    /// The first factor was right; see what follows.
    SecondFactorAsked = "second-factor-asked",
    SecondFactorFailed = "second-factor-failed",
    /// A way to prove who one is was added, or removed.
    FactorAdded = "factor-added",
    FactorRemoved = "factor-removed",
    RecoveryCodeUsed = "recovery-code-used",
    RecoveryCodesReplaced = "recovery-codes-replaced",
    /// Proven again within a session.
    SteppedUp = "step-up",
    StepUpFailed = "step-up-failed",
    /// A device that counts its signatures was behind: there are two of it.
    PasskeyCopied = "passkey-copied",
    EmailVerified = "email-verified",
    /// Tokens are signed with another one from now, or soon, on.
    KeysRotated = "keys-rotated",
    /// Newer ones took its place.
    SessionDisplaced = "session-displaced",
    /// A link or a code to sign in with was asked for; of an account only where the address is of one.
    SignInMailRequested = "sign-in-mail-requested",
    PasswordResetRequested = "password-reset-requested",
    PasswordReset = "password-reset",
    PasswordChanged = "password-changed",
    EmailChangeRequested = "email-change-requested",
    EmailChanged = "email-changed",
    /// The address was proven by somebody else than who had made the account: what that one had is gone.
    AccountReclaimed = "account-reclaimed",
    /// From another system, by an administrator.
    AccountImported = "account-imported",
    /// The owner asked to have the account removed.
    DeletionAsked = "deletion-asked",
    /// The owner signed in again in time.
    DeletionTakenBack = "deletion-taken-back",
    /// The account was removed for good.
    AccountDeleted = "account-deleted",
    /// The owner was given all that is known about them.
    DataExported = "data-exported",
    /// Made by an administrator, who had its owner told.
    AccountInvited = "account-invited",
    AccountDisabled = "account-disabled",
    AccountEnabled = "account-enabled",
    /// The password is good no more, because an administrator says so.
    PasswordResetForced = "password-reset-forced",
    /// All second factors were taken, by an administrator.
    FactorsReset = "factors-reset",
    /// Somebody acts as the account's owner from now on.
    ImpersonationStarted = "impersonation-started",
    ImpersonationEnded = "impersonation-ended",
    /// Somebody looked at the audit.
    AuditRead = "audit-read",
    AuditExported = "audit-exported",
    AuditVerified = "audit-verified",
    RoleCreated = "role-created",
    RoleChanged = "role-changed",
    RoleDeleted = "role-deleted",
    /// Somebody was given a role.
    RoleGranted = "role-granted",
    /// Somebody has it no more.
    RoleTaken = "role-taken",
    /// A key for programs.
    ApiKeyCreated = "api-key-created",
    ApiKeyChanged = "api-key-changed",
    ApiKeyRotated = "api-key-rotated",
    ApiKeyRevoked = "api-key-revoked",
    WebhookCreated = "webhook-created",
    WebhookChanged = "webhook-changed",
    WebhookDeleted = "webhook-deleted",
    WebhookSecretRotated = "webhook-secret-rotated",
    /// It failed for too long, or said to be gone.
    WebhookDisabled = "webhook-disabled",
    IdentityLinked = "identity-linked",
    IdentityUnlinked = "identity-unlinked",
    /// Of an application that people may sign in to.
    ClientCreated = "client-created",
    ClientChanged = "client-changed",
    ClientRemoved = "client-removed",
    ClientSecretRotated = "client-secret-rotated",
    /// To what an application may see.
    ConsentGiven = "consent-given",
    ConsentWithdrawn = "consent-withdrawn",
    /// A code that an application had used was shown again; what it had given ended.
    CodeReused = "code-reused",
    /// To act in from now on, in a session; or none.
    OrganizationChosen = "organization-chosen",
    /// From outside of its networks.
    OrganizationRefused = "organization-refused",
}

/// An entry to add.
pub struct Entry {
    event: Event,
    actor: Option<UserId>,
    subject: Option<UserId>,
    object: Option<String>,
    detail: Option<serde_json::Value>,
}

impl Entry {
    /// Something that somebody did to their own account.
    pub fn by(event: Event, actor: UserId) -> Self {
        Self::about(event, actor).with_actor(actor)
    }

    /// Something that happened to an account, and nobody proved to have done.
    pub fn about(event: Event, subject: impl Into<Option<UserId>>) -> Self {
        Self {
            event,
            actor: None,
            subject: subject.into(),
            object: None,
            detail: None,
        }
    }

    /// Who did it, where it is not the owner of the account.
    #[must_use]
    pub fn with_actor(mut self, actor: UserId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// What of the account's it happened to: a session, a key.
    #[must_use]
    pub fn with_object(mut self, object: &impl ToString) -> Self {
        self.object = Some(object.to_string());
        self
    }

    /// What else should be known. No secrets, and no address that somebody merely tried.
    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// An entry as it is stored.
#[derive(Debug)]
struct Row {
    at: Timestamp,
    event: String,
    actor: Option<String>,
    subject: Option<String>,
    object: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    detail: Option<String>,
}

/// Adds an entry, and tells the webhooks that want to know. In a transaction, since two entries must not
/// follow on the same one.
pub fn record(
    tx: &Transaction,
    entry: &Entry,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    let row = Row {
        at: now,
        event: entry.event.name().to_owned(),
        actor: entry.actor.map(|actor| actor.to_string()),
        subject: entry.subject.map(|subject| subject.to_string()),
        object: entry.object.clone(),
        ip: origin.ip.clone(),
        user_agent: origin.user_agent.clone(),
        detail: entry.detail.as_ref().map(ToString::to_string),
    };
    let last: Option<Vec<u8>> = tx.query_one(
        "SELECT seal FROM audit_log ORDER BY id DESC LIMIT 1",
        params![],
    )?;
    let seal = seal(&last.unwrap_or_default(), row.at, row.texts());
    tx.execute(
        "INSERT INTO audit_log (at, event, actor, subject, object, ip, user_agent, detail, seal)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            row.at,
            row.event,
            row.actor,
            row.subject,
            row.object,
            row.ip,
            row.user_agent,
            row.detail,
            seal
        ],
    )?;
    let happening = Happening {
        audited: entry.event.name(),
        actor: entry.actor,
        subject: entry.subject,
        object: entry.object.as_deref(),
    };
    webhook_deliveries::announce(tx, &happening, now)
}

impl Row {
    fn texts(&self) -> [Option<&str>; 7] {
        [
            Some(self.event.as_str()),
            self.actor.as_deref(),
            self.subject.as_deref(),
            self.object.as_deref(),
            self.ip.as_deref(),
            self.user_agent.as_deref(),
            self.detail.as_deref(),
        ]
    }
}

/// What an entry is sealed with that follows on the one with the seal `last`: of when, event, actor, subject, object,
/// address, user agent and detail.
pub fn seal(last: &[u8], at: Timestamp, texts: [Option<&str>; 7]) -> [u8; 32] {
    let at = at.as_millis().to_string();
    let mut digest = Sha256::new_with_prefix(last);
    for field in [Some(at.as_str())].into_iter().chain(texts) {
        // No text is as long as what stands for none.
        let length = field.map_or(u64::MAX, |text| text.len() as u64);
        digest.update(length.to_le_bytes());
        digest.update(field.unwrap_or_default());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(last: &[u8], row: &Row) -> [u8; 32] {
        super::seal(last, row.at, row.texts())
    }

    fn row() -> Row {
        Row {
            at: Timestamp::from_millis(1),
            event: "sign-in".into(),
            actor: Some("usr_1".into()),
            subject: None,
            object: None,
            ip: None,
            user_agent: None,
            detail: None,
        }
    }

    #[test]
    fn a_seal_depends_on_every_field_and_on_the_seal_before() {
        let seals = [
            seal(&[], &row()),
            seal(&[0; 32], &row()),
            seal(
                &[],
                &Row {
                    at: Timestamp::from_millis(2),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    event: "sign-out".into(),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    actor: None,
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    actor: None,
                    subject: Some("usr_1".into()),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    subject: Some(String::new()),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    object: Some("ses_1".into()),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    ip: Some("::1".into()),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    user_agent: Some("curl".into()),
                    ..row()
                },
            ),
            seal(
                &[],
                &Row {
                    detail: Some("{}".into()),
                    ..row()
                },
            ),
        ];
        for (index, one) in seals.iter().enumerate() {
            assert!(!seals[..index].contains(one), "{index}");
        }
        assert_eq!(seals[0], seal(&[], &row()));
    }
}

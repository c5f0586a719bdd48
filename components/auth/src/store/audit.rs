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

/// What happened. Names are kept for ever: add some, change none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    SignedUp,
    SignedIn,
    /// Of an account only where the address is of one.
    SignInFailed,
    /// From now on who signs in from elsewhere than a known device has to wait, each time longer.
    SignInDelayed,
    /// The proof was good and the account is not to be used.
    SignInRefused,
    /// Nobody can say whether the thief or the owner showed the token.
    RefreshReused,
    SignedOut,
    SessionRevoked,
    /// The first factor was right; see what follows.
    SecondFactorAsked,
    SecondFactorFailed,
    /// A way to prove who one is was added, or removed.
    FactorAdded,
    FactorRemoved,
    RecoveryCodeUsed,
    RecoveryCodesReplaced,
    /// Proven again within a session.
    SteppedUp,
    StepUpFailed,
    /// A device that counts its signatures was behind: there are two of it.
    PasskeyCopied,
    EmailVerified,
    /// Tokens are signed with another one from now, or soon, on.
    KeysRotated,
    /// Newer ones took its place.
    SessionDisplaced,
    /// A link or a code to sign in with was asked for; of an account only where the address is of one.
    SignInMailRequested,
    PasswordResetRequested,
    PasswordReset,
    PasswordChanged,
    EmailChangeRequested,
    EmailChanged,
    /// The address was proven by somebody else than who had made the account: what that one had is gone.
    AccountReclaimed,
    /// From another system, by an administrator.
    AccountImported,
    /// The owner asked to have the account removed.
    DeletionAsked,
    /// The owner signed in again in time.
    DeletionTakenBack,
    /// The account was removed for good.
    AccountDeleted,
    /// The owner was given all that is known about them.
    DataExported,
    /// Made by an administrator, who had its owner told.
    AccountInvited,
    AccountDisabled,
    AccountEnabled,
    /// The password is good no more, because an administrator says so.
    PasswordResetForced,
    /// All second factors were taken, by an administrator.
    FactorsReset,
    /// Somebody acts as the account's owner from now on.
    ImpersonationStarted,
    ImpersonationEnded,
    /// Somebody looked at the audit.
    AuditRead,
    AuditExported,
    AuditVerified,
    RoleCreated,
    RoleChanged,
    RoleDeleted,
    /// Somebody was given a role.
    RoleGranted,
    /// Somebody has it no more.
    RoleTaken,
    /// A key for programs.
    ApiKeyCreated,
    ApiKeyChanged,
    ApiKeyRotated,
    ApiKeyRevoked,
    WebhookCreated,
    WebhookChanged,
    WebhookDeleted,
    WebhookSecretRotated,
    /// It failed for too long, or said to be gone.
    WebhookDisabled,
    IdentityLinked,
    IdentityUnlinked,
    /// Of an application that people may sign in to.
    ClientCreated,
    ClientChanged,
    ClientRemoved,
    ClientSecretRotated,
    /// To what an application may see.
    ConsentGiven,
    ConsentWithdrawn,
    /// A code that an application had used was shown again; what it had given ended.
    CodeReused,
    /// To act in from now on, in a session; or none.
    OrganizationChosen,
    /// From outside of its networks.
    OrganizationRefused,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::SignedUp => "sign-up",
            Self::SignedIn => "sign-in",
            Self::SignInFailed => "sign-in-failed",
            Self::SignInDelayed => "sign-in-delayed",
            Self::SignInRefused => "sign-in-refused",
            Self::RefreshReused => "refresh-reused",
            Self::SignedOut => "sign-out",
            Self::SessionRevoked => "session-revoked",
            Self::SecondFactorAsked => "second-factor-asked",
            Self::SecondFactorFailed => "second-factor-failed",
            Self::FactorAdded => "factor-added",
            Self::FactorRemoved => "factor-removed",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::RecoveryCodesReplaced => "recovery-codes-replaced",
            Self::SteppedUp => "step-up",
            Self::StepUpFailed => "step-up-failed",
            Self::PasskeyCopied => "passkey-copied",
            Self::EmailVerified => "email-verified",
            Self::KeysRotated => "keys-rotated",
            Self::SessionDisplaced => "session-displaced",
            Self::SignInMailRequested => "sign-in-mail-requested",
            Self::PasswordResetRequested => "password-reset-requested",
            Self::PasswordReset => "password-reset",
            Self::PasswordChanged => "password-changed",
            Self::EmailChangeRequested => "email-change-requested",
            Self::EmailChanged => "email-changed",
            Self::AccountReclaimed => "account-reclaimed",
            Self::AccountImported => "account-imported",
            Self::DeletionAsked => "deletion-asked",
            Self::DeletionTakenBack => "deletion-taken-back",
            Self::AccountDeleted => "account-deleted",
            Self::DataExported => "data-exported",
            Self::AccountInvited => "account-invited",
            Self::AccountDisabled => "account-disabled",
            Self::AccountEnabled => "account-enabled",
            Self::PasswordResetForced => "password-reset-forced",
            Self::FactorsReset => "factors-reset",
            Self::ImpersonationStarted => "impersonation-started",
            Self::ImpersonationEnded => "impersonation-ended",
            Self::AuditRead => "audit-read",
            Self::AuditExported => "audit-exported",
            Self::AuditVerified => "audit-verified",
            Self::RoleCreated => "role-created",
            Self::RoleChanged => "role-changed",
            Self::RoleDeleted => "role-deleted",
            Self::RoleGranted => "role-granted",
            Self::RoleTaken => "role-taken",
            Self::ApiKeyCreated => "api-key-created",
            Self::ApiKeyChanged => "api-key-changed",
            Self::ApiKeyRotated => "api-key-rotated",
            Self::ApiKeyRevoked => "api-key-revoked",
            Self::WebhookCreated => "webhook-created",
            Self::WebhookChanged => "webhook-changed",
            Self::WebhookDeleted => "webhook-deleted",
            Self::WebhookSecretRotated => "webhook-secret-rotated",
            Self::WebhookDisabled => "webhook-disabled",
            Self::IdentityLinked => "identity-linked",
            Self::IdentityUnlinked => "identity-unlinked",
            Self::ClientCreated => "client-created",
            Self::ClientChanged => "client-changed",
            Self::ClientRemoved => "client-removed",
            Self::ClientSecretRotated => "client-secret-rotated",
            Self::ConsentGiven => "consent-given",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::CodeReused => "code-reused",
            Self::OrganizationChosen => "organization-chosen",
            Self::OrganizationRefused => "organization-refused",
        }
    }
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

//! Notices: letters that tell people what happened to their account, so that they notice what they did
//! not do themselves.

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::storage::{Connection, Error};

use super::template::fill;
use super::{Letter, Sender, post};
use crate::account::Account;
use crate::origin::Origin;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Somebody signed in from where nobody did before.
    NewDevice,
    PasswordChanged,
    EmailChangeRequested,
    EmailChanged,
    /// A second factor, a passkey or recovery codes were added.
    FactorAdded,
    FactorRemoved,
    /// Another provider is a way in from now on.
    IdentityLinked,
    IdentityUnlinked,
    ApiKeyAdded,
    /// It may do something else, or has another secret.
    ApiKeyChanged,
    /// Of two who showed a refresh token one had stolen it.
    RefreshReused,
    /// The account will be removed.
    DeletionAsked,
    /// It will not.
    DeletionTakenBack,
    /// An administrator removed the account.
    AccountRemoved,
    /// An administrator took the second factors.
    FactorsReset,
    /// An administrator acts in the owner's name.
    Impersonated,
}

impl Notice {
    fn title(self) -> &'static str {
        match self {
            Self::NewDevice => "A new sign-in",
            Self::PasswordChanged => "Your password was changed",
            Self::EmailChangeRequested => "A new address was asked for",
            Self::EmailChanged => "Your address was changed",
            Self::FactorAdded | Self::IdentityLinked => "A way to sign in was added",
            Self::FactorRemoved | Self::IdentityUnlinked => "A way to sign in was removed",
            Self::ApiKeyAdded => "An API key was added",
            Self::ApiKeyChanged => "An API key was changed",
            Self::RefreshReused => "A session was ended",
            Self::DeletionAsked => "Your account will be removed",
            Self::DeletionTakenBack => "Your account stays",
            Self::AccountRemoved => "Your account was removed",
            Self::FactorsReset => "Your second factors were removed",
            Self::Impersonated => "Somebody acts in your name",
        }
    }

    /// What to do about it.
    fn advice(self) -> &'static str {
        match self {
            Self::Impersonated | Self::FactorsReset | Self::AccountRemoved => {
                "If you did not ask for it, and do not know why, ask those who run it."
            }
            _ => {
                "If this was you, there is nothing to do. If it was not, reset your password now, which signs \
                 everybody out."
            }
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::NewDevice => "Somebody signed in to your account from where nobody did before.",
            Self::PasswordChanged => {
                "The password of your account was changed. All other sessions have ended."
            }
            Self::EmailChangeRequested => {
                "Somebody who is signed in to your account asked to give it another address. It stays \
                 as it is until a link that was mailed to the other address is followed."
            }
            Self::EmailChanged => {
                "The address of your account was changed. All other sessions have ended."
            }
            Self::FactorAdded => {
                "A second factor, a passkey or recovery codes were added to your account."
            }
            Self::FactorRemoved => {
                "A second factor, a passkey or recovery codes were removed from your account."
            }
            Self::IdentityLinked => {
                "An account that you have elsewhere can be used to sign in to your account from now on."
            }
            Self::IdentityUnlinked => {
                "An account that you have elsewhere can no longer be used to sign in to your account."
            }
            Self::ApiKeyAdded => {
                "A key was added to your account. Programs that have it can act in your name until it is \
                 revoked, whatever your password is by then."
            }
            Self::ApiKeyChanged => {
                "A key of your account was given another secret, or may do something else than before."
            }
            Self::RefreshReused => {
                "A session of your account was used from two places, as if it had been copied. It has \
                 ended."
            }
            Self::DeletionAsked => {
                "You asked to have your account removed. To keep it, sign in before its time has come."
            }
            Self::AccountRemoved => "An administrator removed your account.",
            Self::FactorsReset => {
                "An administrator removed the second factors, passkeys and recovery codes of your account, \
                 for somebody who said to have lost them. All sessions have ended."
            }
            Self::Impersonated => {
                "An administrator uses the application in your name, for an hour at most, to see what you \
                 see. It is among your sessions, and you can end it there."
            }
            Self::DeletionTakenBack => "Somebody signed in, and so your account is not removed.",
        }
    }
}

/// A notice with what is known of when, from where and with what.
#[derive(Serialize, Deserialize)]
pub struct Told {
    notice: Notice,
    at: Timestamp,
    ip: Option<String>,
    device: Option<String>,
}

/// Tells the account's owner. Nobody where the address was never proven: it may be a stranger's, and
/// what stands in the letter somebody else's choice.
pub fn notify(
    connection: &Connection,
    account: &Account,
    notice: Notice,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    if account.email_verified_at.is_none() {
        return Ok(());
    }
    let told = Told {
        notice,
        at: now,
        ip: origin.ip.clone(),
        device: origin.user_agent.as_deref().map(plain),
    };
    post(connection, Some(&account.email), Letter::Notice(told), now)
}

/// The user agent without what could be taken for an address or a link.
fn plain(user_agent: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || " ();,._-".contains(*c);
    user_agent
        .replace('/', " ")
        .chars()
        .filter(is_plain)
        .take(120)
        .collect()
}

impl Told {
    pub(super) fn write(&self, sender: &Sender) -> (String, String, String) {
        let unknown = "unknown";
        fill(
            include_str!("templates/notice.txt"),
            &[
                ("app", &sender.app_name),
                ("url", &sender.public_url),
                ("title", self.notice.title()),
                ("what", self.notice.what()),
                ("advice", self.notice.advice()),
                ("at", &self.at.to_string()),
                ("ip", self.ip.as_deref().unwrap_or(unknown)),
                ("device", self.device.as_deref().unwrap_or(unknown)),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_carries_no_link_into_a_letter() {
        assert_eq!(
            plain("Mozilla/5.0 (X11) <a href=\"https://evil\">@you"),
            "Mozilla 5.0 (X11) a hrefhttps  evilyou"
        );
        assert_eq!(plain(&"x".repeat(1000)).len(), 120);
    }
}

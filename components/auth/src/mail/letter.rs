//! What letters say, a template each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Sender;
use super::notice::Told;
use super::template::fill;
use crate::proof;

/// Of an organisation's name in a mail, in characters, and in digits.
const NAME: usize = 40;
const DIGITS: usize = 4;

/// A letter, with what it is made of: it is written out when it is sent.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Letter {
    /// Asks whoever signed up to prove the address.
    VerifyEmail { token: String },
    /// Lets somebody in.
    SignInLink { token: String },
    /// Lets somebody in who asked for it elsewhere.
    SignInCode { code: String },
    /// Lets somebody choose a new password.
    ResetPassword { token: String },
    /// Has somebody choose a new password, since the one they had is good no more.
    ForcedReset { token: String },
    /// Lets somebody choose a password for an account that was made for them.
    Invitation { token: String },
    /// Tells somebody of an organisation that they may join. It holds no secret: who has the address can.
    Membership { organization: String },
    /// Asks for a proof of the address that an account is to have.
    ConfirmEmail { token: String },
    /// Tells of something that matters to security.
    Notice(Told),
}

impl Letter {
    /// How long what it holds is good.
    pub fn lifetime(&self) -> Option<Duration> {
        match self {
            Self::VerifyEmail { .. } => Some(proof::VERIFICATION),
            Self::SignInLink { .. } => Some(proof::SIGN_IN),
            Self::SignInCode { .. } => Some(proof::SIGN_IN),
            Self::ResetPassword { .. } | Self::ForcedReset { .. } => Some(proof::RESET),
            Self::Invitation { .. } => Some(proof::INVITATION),
            Self::ConfirmEmail { .. } => Some(proof::EMAIL_CHANGE),
            Self::Membership { .. } | Self::Notice(_) => None,
        }
    }

    /// Subject, plain text and HTML.
    pub fn write(&self, sender: &Sender) -> (String, String, String) {
        let app = sender.app_name.as_str();
        let with_link = |template, page, token: &str| {
            let link = sender.link(page, token);
            fill(template, &[("app", app), ("link", &link)])
        };
        match self {
            Self::VerifyEmail { token } => {
                let template = include_str!("templates/verify_email.txt");
                with_link(template, "verify-email", token)
            }
            Self::SignInLink { token } => {
                let template = include_str!("templates/sign_in_link.txt");
                with_link(template, "sign-in", token)
            }
            Self::ResetPassword { token } => {
                let template = include_str!("templates/reset_password.txt");
                with_link(template, "reset-password", token)
            }
            Self::ForcedReset { token } => {
                let template = include_str!("templates/forced_reset.txt");
                with_link(template, "reset-password", token)
            }
            Self::Invitation { token } => {
                let template = include_str!("templates/invitation.txt");
                with_link(template, "reset-password", token)
            }
            Self::Membership { organization } => {
                let template = include_str!("templates/membership.txt");
                let link = sender.page("invitations");
                let organization = called(organization);
                let filled = [
                    ("app", app),
                    ("organization", organization.as_str()),
                    ("link", link.as_str()),
                ];
                fill(template, &filled)
            }
            Self::ConfirmEmail { token } => {
                let template = include_str!("templates/confirm_email.txt");
                with_link(template, "confirm-email", token)
            }
            Self::SignInCode { code } => {
                let template = include_str!("templates/sign_in_code.txt");
                fill(template, &[("app", app), ("code", code)])
            }
            Self::Notice(told) => told.write(sender),
        }
    }
}

/// An organisation, as a mail to somebody it invites may call it: by its name where that is a name and nothing else. An
/// address or a number to call would make a letter of it, from whoever chose it.
fn called(name: &str) -> String {
    let is_letter = |letter: char| letter.is_alphabetic() || "&-'’".contains(letter);
    let is_word = |word: &str| {
        let mut letters = word.trim_end_matches(['.', ',']).chars();
        letters.all(|letter| is_letter(letter) || letter.is_ascii_digit())
    };
    let digits = name.chars().filter(char::is_ascii_digit).count();
    match name.chars().count() <= NAME && digits <= DIGITS && name.split(' ').all(is_word) {
        true => format!("the organisation “{name}”"),
        false => "an organisation".to_owned(),
    }
}

impl Sender {
    /// A page of the application, with the secret behind the `#`: browsers send that to no server, and
    /// name it to no other site.
    fn link(&self, page: &str, token: &str) -> String {
        format!("{}#token={token}", self.page(page))
    }

    fn page(&self, page: &str) -> String {
        format!("{}/{page}", self.public_url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_names_whom_it_is_from_unless_the_name_says_more() {
        for name in ["Acme", "Äcme & Söhne", "O’Neill Inc.", "Studio 54", "東京"] {
            assert_eq!(called(name), format!("the organisation “{name}”"));
        }
        let long = "Acme ".repeat(9);
        for letter in [
            "evil.example",
            "Your prize: https://evil.example/x",
            "www.evil.example",
            "Call 0800 12345",
            "mail@evil.example",
            "evil\u{2024}example",
            "Acme\u{202e}",
            &long,
        ] {
            assert_eq!(called(letter), "an organisation", "{letter}");
        }
        let organization = "Acme".to_owned();
        let sender = Sender {
            app_name: "Selvedge".into(),
            public_url: "https://app.example.com".into(),
        };
        let (_, text, _) = Letter::Membership { organization }.write(&sender);
        assert!(text.starts_with("You are invited to join the organisation “Acme” at Selvedge."));
    }

    #[test]
    fn a_link_leads_to_the_application_and_hides_its_secret_from_servers() {
        let sender = Sender {
            app_name: "Tom & Jerry".into(),
            public_url: "https://app.example.com/".into(),
        };
        let token = "ev_x".to_owned();
        let (subject, text, html) = Letter::VerifyEmail { token }.write(&sender);
        assert_eq!(subject, "Confirm your address for Tom & Jerry");
        let link = "https://app.example.com/verify-email#token=ev_x";
        assert!(text.contains(link), "{text}");
        assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
        assert!(html.contains("for Tom &amp; Jerry with"), "{html}");
        assert!(
            ![&subject, &text, &html]
                .iter()
                .any(|part| part.contains("{{"))
        );
    }
}

//! Mail that the application printed, as its port `log` does.

use crate::{Logs, logs::Line};

/// A mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
}

impl Mail {
    /// The secret in its link.
    #[track_caller]
    pub fn token(&self) -> String {
        let (_, rest) = self.text.split_once("#token=").expect("it has a link");
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest[..end].to_owned()
    }

    /// The code in it: six digits in a line of their own.
    #[track_caller]
    pub fn code(&self) -> String {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
        let code = self.text.lines().find(is_code);
        code.expect("it has a code").to_owned()
    }
}

/// The first mail to `address` whose subject begins with `subject`, as soon as there is one.
pub async fn to(logs: &Logs, address: &str, subject: &str) -> Mail {
    nth_to(logs, 1, address, subject).await
}

/// As [`to`], but the first counts as 1.
pub async fn nth_to(logs: &Logs, nth: usize, address: &str, subject: &str) -> Mail {
    let what = format!("that is a mail to {address} with {subject:?}");
    let line = logs.wait_for_nth(nth, &what, |line| is_mail(line, address, subject));
    let json = line.await.json();
    let text = |name: &str| json[name].as_str().expect("a mail is complete").to_owned();
    Mail {
        subject: text("subject"),
        text: text("text"),
    }
}

/// How many mails to `address` there are so far whose subjects begin with `subject`.
pub fn count_to(logs: &Logs, address: &str, subject: &str) -> usize {
    logs.find(|line| is_mail(line, address, subject)).len()
}

fn is_mail(line: &Line, address: &str, subject: &str) -> bool {
    let json = line.json();
    json["message"] == "mail"
        && json["to"] == address
        && json["subject"]
            .as_str()
            .is_some_and(|text| text.starts_with(subject))
}

//! What is known of one API key, and when to ask (again): the rules, without the asking.
//!
//! As with sessions, a request that changes something goes on only by an answer that was asked for after it came, and
//! one that only reads by an answer that is at most [`MAX_AGE`] old; requests at the same time share one question. A
//! refusal may be as old for either. Where auth does not answer, keys are good for nothing.
//!
//! Where a key has a limit, requests are counted by auth. Each that changes something asks for itself. For others the
//! answer says how many may go on without asking, which are reported with the next question: so each instance of a guard
//! may let as many through as were left when it asked last, a second ago at most.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::identity::{Identity, SaidOfOrganization};

/// How old an answer may be for a request that changes nothing.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long to leave auth alone after it failed to answer.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How a key's secret begins.
pub const PREFIX: &str = "sk_";

/// An answer of auth.
#[derive(Debug, Deserialize)]
pub struct Told {
    key: Option<ToldKey>,
}

#[derive(Debug, Deserialize)]
struct ToldKey {
    id: String,
    user: Option<String>,
    #[serde(default)]
    email: Option<String>,
    organization: Option<ToldOrganization>,
    scopes: Vec<String>,
    permissions: Vec<String>,
    ends: Option<i64>,
    limit: Option<Limit>,
}

#[derive(Debug, Deserialize)]
struct ToldOrganization {
    id: String,
    networks: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Limit {
    admitted: bool,
    remaining: u32,
    reset: u64,
}

/// A key that is good.
#[derive(Debug, PartialEq, Eq)]
pub struct Good {
    pub identity: Rc<Identity>,
    pub scopes: Vec<String>,
    /// From when on it is not, in seconds since the Unix epoch.
    pub ends: Option<i64>,
}

/// What comes of showing a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Good(Rc<Good>),
    /// There is no such key, or it is good no more.
    Unknown,
    /// It was used as often as it may, for so many seconds.
    Exhausted(u64),
}

/// What to do for a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Go(Verdict),
    /// Ask auth, then go by its answer.
    Ask,
    /// Another request is asking; look again soon.
    Wait,
    /// Auth does not answer.
    Unanswered,
}

/// One key, as far as it is known.
#[derive(Debug, Default)]
pub struct ApiKey {
    answer: Option<Answer>,
    asking: bool,
    failed: Option<Instant>,
    /// How many requests went on that auth was not told of.
    unreported: u32,
}

#[derive(Debug)]
struct Answer {
    asked: Instant,
    verdict: Verdict,
    /// How many more may go on by it; none: as many as there are.
    remaining: Option<u32>,
}

impl ApiKey {
    /// What to do at `now` for a request that came at `arrival`. Where it is to go on, it is counted.
    pub fn step(&mut self, changes: bool, arrival: Instant, now: Instant) -> Step {
        if let Some(verdict) = self.go_by_answer(changes, arrival) {
            return Step::Go(verdict);
        }
        let has_failed = self
            .failed
            .is_some_and(|failed| now < failed + AFTER_FAILURE);
        if self.asking {
            Step::Wait
        } else if has_failed {
            Step::Unanswered
        } else {
            Step::Ask
        }
    }

    fn go_by_answer(&mut self, changes: bool, arrival: Instant) -> Option<Verdict> {
        let answer = self.answer.as_mut()?;
        let is_refusal = !matches!(answer.verdict, Verdict::Good(_));
        let old = if changes && !is_refusal {
            Duration::ZERO
        } else {
            MAX_AGE
        };
        if answer.asked + old < arrival {
            return None;
        }
        if let (Verdict::Good(_), Some(remaining)) = (&answer.verdict, &mut answer.remaining) {
            if changes {
                return None;
            }
            *remaining = remaining.checked_sub(1)?;
            self.unreported = self.unreported.saturating_add(1);
        }
        Some(answer.verdict.clone())
    }

    /// From here until [`finish`](Self::finish) nobody else asks. What to report.
    pub fn begin(&mut self) -> u32 {
        self.asking = true;
        std::mem::take(&mut self.unreported)
    }

    /// What auth answered to the question that was asked at `asked`, for the request that asked; none where it did not
    /// answer, and has to be told of `reported` again.
    pub fn finish(
        &mut self,
        told: Option<Told>,
        reported: u32,
        asked: Instant,
        now: Instant,
    ) -> Option<Verdict> {
        self.asking = false;
        let Some(told) = told else {
            self.failed = Some(now);
            self.unreported = self.unreported.saturating_add(reported);
            return None;
        };
        self.failed = None;
        let limit = told.key.as_ref().and_then(|key| key.limit.clone());
        let verdict = verdict(told);
        self.answer = Some(Answer {
            asked,
            verdict: verdict.clone(),
            remaining: limit.map(|limit| limit.remaining.saturating_sub(self.unreported)),
        });
        Some(verdict)
    }

    /// The question was begun and never finished: the next request asks.
    pub fn abandon(&mut self, reported: u32) {
        self.asking = false;
        self.unreported = self.unreported.saturating_add(reported);
    }
}

fn verdict(told: Told) -> Verdict {
    let Some(key) = told.key else {
        return Verdict::Unknown;
    };
    if let Some(limit) = key.limit.filter(|limit| !limit.admitted) {
        return Verdict::Exhausted(limit.reset);
    }
    let identity = match (key.user, key.organization) {
        (Some(user), None) => Identity::of_key(user, key.email, key.permissions, key.id),
        (None, Some(organization)) => {
            let said = SaidOfOrganization {
                id: organization.id,
                networks: organization.networks,
                ..SaidOfOrganization::default()
            };
            Identity::of_organization_key(said, key.id)
        }
        _ => None,
    };
    match identity {
        Some(identity) => Verdict::Good(Rc::new(Good {
            identity: Rc::new(identity),
            scopes: key.scopes,
            ends: key.ends,
        })),
        None => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MOMENT: Duration = Duration::from_millis(1);

    fn told(limit: Option<Limit>) -> Option<Told> {
        let key = ToldKey {
            id: "apk_1".into(),
            user: Some("usr_1".into()),
            email: Some("a@example.com".into()),
            organization: None,
            scopes: vec!["users:read".into()],
            permissions: Vec::new(),
            ends: None,
            limit,
        };
        Some(Told { key: Some(key) })
    }

    fn limit(admitted: bool, remaining: u32) -> Option<Limit> {
        Some(Limit {
            admitted,
            remaining,
            reset: 30,
        })
    }

    /// Asked and answered at this instant.
    fn answered(told: Option<Told>, at: Instant) -> (ApiKey, Verdict) {
        let mut key = ApiKey::default();
        let reported = key.begin();
        let verdict = key.finish(told, reported, at, at).unwrap();
        (key, verdict)
    }

    #[track_caller]
    fn assert_good(step: Step) {
        assert!(matches!(step, Step::Go(Verdict::Good(_))), "{step:?}");
    }

    #[test]
    fn reading_goes_by_an_answer_of_a_second_ago_and_a_change_by_none_older_than_itself() {
        let now = Instant::now();
        let (mut key, verdict) = answered(told(None), now);
        assert!(matches!(verdict, Verdict::Good(_)));
        assert_good(key.step(false, now + SECOND, now + SECOND));
        let late = now + SECOND + MOMENT;
        assert_eq!(key.step(false, late, late), Step::Ask);
        assert_good(key.step(true, now, now + MOMENT));
        assert_eq!(key.step(true, now + MOMENT, now + MOMENT), Step::Ask);
    }

    #[test]
    fn a_key_that_is_not_good_is_asked_for_once_a_second() {
        let now = Instant::now();
        let (mut key, verdict) = answered(Some(Told { key: None }), now);
        assert_eq!(verdict, Verdict::Unknown);
        for changes in [false, true] {
            let step = key.step(changes, now + SECOND, now + SECOND);
            assert_eq!(step, Step::Go(Verdict::Unknown));
        }
        let late = now + SECOND + MOMENT;
        assert_eq!(key.step(true, late, late), Step::Ask);
    }

    #[test]
    fn those_that_come_while_another_asks_wait() {
        let now = Instant::now();
        let mut key = ApiKey::default();
        assert_eq!(key.step(false, now, now), Step::Ask);
        let reported = key.begin();
        assert_eq!(key.step(true, now, now), Step::Wait);
        key.abandon(reported);
        assert_eq!(key.step(true, now, now), Step::Ask);
    }

    #[test]
    fn requests_that_did_not_ask_are_counted_and_told_of() {
        let now = Instant::now();
        let (mut key, _) = answered(told(limit(true, 2)), now);
        assert_good(key.step(false, now, now));
        assert_good(key.step(false, now, now));
        assert_eq!(key.step(false, now, now), Step::Ask);
        assert_eq!(key.begin(), 2);
        let verdict = key.finish(told(limit(false, 0)), 2, now, now);
        assert_eq!(verdict, Some(Verdict::Exhausted(30)));
        for changes in [false, true] {
            let step = key.step(changes, now + SECOND, now + SECOND);
            assert_eq!(step, Step::Go(Verdict::Exhausted(30)));
        }
        assert_eq!(key.begin(), 0);
    }

    #[test]
    fn a_change_by_a_key_with_a_limit_asks_for_itself() {
        let now = Instant::now();
        let (mut key, _) = answered(told(limit(true, 9)), now);
        assert_eq!(key.step(true, now, now), Step::Ask);
        assert_good(key.step(false, now, now));
    }

    #[test]
    fn what_could_not_be_told_is_told_later_and_auth_left_alone_for_a_second() {
        let now = Instant::now();
        let (mut key, _) = answered(told(limit(true, 1)), now);
        assert_good(key.step(false, now, now));
        let reported = key.begin();
        assert_eq!(key.finish(None, reported, now, now), None);
        let late = now + MOMENT;
        assert_eq!(key.step(true, late, late), Step::Unanswered);
        assert_eq!(key.step(true, late, now + SECOND), Step::Ask);
        assert_eq!(key.begin(), 1);
    }
}

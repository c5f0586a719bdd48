//! What the issuer revoked, and when to ask (again): the rules, without the asking.
//!
//! A request that changes something goes on only by an answer that was asked for after it came, so that nothing can be
//! done with what was revoked before. Requests that wait at the same time share one question. What only reads goes by
//! an answer that is at most [`MAX_AGE`] old.
//!
//! Where the issuer does not answer, what changes something is refused, and what only reads goes by what is known: an
//! outage of sign-in stops no reader, and access tokens end soon in any case.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// How old an answer may be for a request that changes nothing.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long to leave the issuer alone after it failed to answer.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long to remember a revocation: longer than any token that it could be of.
const KEPT: Duration = Duration::from_secs(75 * 60);

/// An answer of the issuer.
#[derive(Debug, Deserialize)]
pub struct Told {
    /// Ids of sessions, of versions of somebody's roles and organisations, and of keys.
    revoked: Vec<String>,
    /// The number of the last one.
    last: i64,
    /// Whether it has more to tell.
    pub more: bool,
}

/// How a key that signs is named.
const KEY: &str = "key/";

/// What is revoked when the key with this id is withdrawn.
pub fn key(id: &str) -> String {
    format!("{KEY}{id}")
}

impl Told {
    /// Whether a key that signs was withdrawn: those that are known may not be the issuer's any more.
    pub fn withdraws_a_key(&self) -> bool {
        self.revoked.iter().any(|object| object.starts_with(KEY))
    }
}

/// What is known to be revoked, and what was tried to know it.
pub struct Revocations {
    known: BTreeMap<String, Instant>,
    /// In the order in which they are to be forgotten.
    queue: VecDeque<String>,
    last: i64,
    answered: Option<Instant>,
    asking: bool,
    failed: Option<Instant>,
}

/// What to do for a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Go by what is known.
    Known,
    /// Ask the issuer, then look again.
    Ask,
    /// Another request is asking; look again soon.
    Wait,
    /// The issuer does not answer.
    Unanswered,
}

impl Revocations {
    /// Knows of none yet.
    pub const fn new() -> Self {
        Self {
            known: BTreeMap::new(),
            queue: VecDeque::new(),
            last: 0,
            answered: None,
            asking: false,
            failed: None,
        }
    }

    /// What to do at `now` for a request that came at `arrival`.
    pub fn step(&self, changes: bool, arrival: Instant, now: Instant) -> Step {
        let old = if changes { Duration::ZERO } else { MAX_AGE };
        let is_answered = self.answered.is_some_and(|asked| asked + old >= arrival);
        let has_failed = self
            .failed
            .is_some_and(|failed| now < failed + AFTER_FAILURE);
        if is_answered {
            Step::Known
        } else if self.asking {
            Step::Wait
        } else if has_failed {
            Step::Unanswered
        } else {
            Step::Ask
        }
    }

    /// From here until [`finish`](Self::finish) nobody else asks. The number of the last revocation that is known.
    pub fn begin(&mut self) -> i64 {
        self.asking = true;
        self.last
    }

    /// A part of the answer. The number to go on with.
    pub fn learn(&mut self, told: Told, now: Instant) -> i64 {
        while let Some(oldest) = self.queue.front() {
            let is_due = self
                .known
                .get(oldest)
                .is_none_or(|&since| now.saturating_duration_since(since) >= KEPT);
            if !is_due {
                break;
            }
            self.known.remove(oldest);
            self.queue.pop_front();
        }
        for object in told.revoked {
            if self.known.insert(object.clone(), now).is_none() {
                self.queue.push_back(object);
            }
        }
        self.last = told.last;
        self.last
    }

    /// The question that was asked at `asked` is answered, or is not.
    pub fn finish(&mut self, is_answered: bool, asked: Instant, now: Instant) {
        self.asking = false;
        if is_answered {
            self.answered = Some(asked);
            self.failed = None;
        } else {
            self.failed = Some(now);
        }
    }

    /// Counts as a failure a question that was begun and never finished.
    pub fn abandon(&mut self, asked: Instant, now: Instant) {
        if self.asking {
            self.finish(false, asked, now);
        }
    }

    /// Whether this ended.
    pub fn contains(&self, object: &str) -> bool {
        self.known.contains_key(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(revoked: &[&str], last: i64) -> Told {
        Told {
            revoked: revoked.iter().map(|id| (*id).to_owned()).collect(),
            last,
            more: false,
        }
    }

    /// Asked and answered at this instant.
    fn answered(at: Instant) -> Revocations {
        let mut revocations = Revocations::new();
        revocations.begin();
        revocations.learn(told(&["ses_1"], 1), at);
        revocations.finish(true, at, at);
        revocations
    }

    const SECOND: Duration = Duration::from_secs(1);
    const MOMENT: Duration = Duration::from_millis(1);

    #[test]
    fn what_was_told_is_known_and_asked_for_no_more() {
        let mut revocations = answered(Instant::now());
        assert!(revocations.contains("ses_1") && !revocations.contains("ses_2"));
        assert_eq!(revocations.begin(), 1);
    }

    #[test]
    fn a_change_goes_by_no_answer_to_a_question_older_than_itself() {
        let now = Instant::now();
        let revocations = answered(now);
        assert_eq!(revocations.step(true, now, now), Step::Known);
        let later = now + MOMENT;
        assert_eq!(revocations.step(true, later, later), Step::Ask);
    }

    #[test]
    fn a_change_that_comes_while_another_asks_waits_and_then_asks_itself() {
        let now = Instant::now();
        let mut revocations = Revocations::new();
        revocations.begin();
        let later = now + MOMENT;
        assert_eq!(revocations.step(true, later, later), Step::Wait);
        revocations.finish(true, now, later);
        assert_eq!(revocations.step(true, later, later), Step::Ask);
        // That question answers whoever came meanwhile.
        revocations.begin();
        revocations.finish(true, later + MOMENT, later + MOMENT);
        assert_eq!(revocations.step(true, later, later + SECOND), Step::Known);
    }

    #[test]
    fn what_only_reads_goes_by_an_answer_of_a_second_ago() {
        let now = Instant::now();
        let revocations = answered(now);
        let read = |at| revocations.step(false, at, at);
        assert_eq!(read(now + SECOND), Step::Known);
        assert_eq!(read(now + SECOND + MOMENT), Step::Ask);
    }

    #[test]
    fn an_issuer_that_does_not_answer_is_left_alone_for_a_second() {
        let now = Instant::now();
        let mut revocations = answered(now);
        let later = now + 10 * SECOND;
        revocations.begin();
        revocations.finish(false, later, later);
        for changes in [false, true] {
            let step = |at| revocations.step(changes, at, at);
            assert_eq!(step(later), Step::Unanswered);
            assert_eq!(step(later + SECOND), Step::Ask);
        }
        assert!(revocations.contains("ses_1"));
    }

    #[test]
    fn a_question_that_was_cancelled_does_not_keep_others_waiting() {
        let now = Instant::now();
        let mut revocations = Revocations::new();
        revocations.begin();
        revocations.abandon(now, now);
        assert_eq!(revocations.step(true, now, now), Step::Unanswered);
        assert_eq!(revocations.step(true, now, now + SECOND), Step::Ask);
    }

    #[test]
    fn what_no_token_can_be_of_any_more_is_forgotten() {
        let now = Instant::now();
        let mut revocations = answered(now);
        revocations.learn(told(&["ses_2"], 2), now + KEPT / 2);
        revocations.learn(told(&["ses_3"], 3), now + KEPT);
        assert!(!revocations.contains("ses_1"));
        assert!(revocations.contains("ses_2") && revocations.contains("ses_3"));
        assert_eq!(revocations.queue.len(), revocations.known.len());
    }
}

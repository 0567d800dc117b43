//! The rules, as a pure function of what was known, what the time is and what happened.

use crate::clock::later;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// No wait is longer, whatever a server says: a source that wants a month must be asked by a person.
pub const COOL_DOWN_MAX: Duration = Duration::from_secs(24 * 3600);

/// How far the clocks of two machines that share a gate may lie apart: who asks after another waits so much longer.
/// Clocks that are set by the network agree within some hundredths of a second.
pub const CLOCKS_APART_MAX: Duration = Duration::from_secs(1);

/// No lease is longer, whatever the request may take.
const LEASE_MAX: Duration = Duration::from_secs(3600);

/// How often a source may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Between the end of a request and the start of the next.
    pub gap: Duration,
    /// The first wait after 429; doubles up to `too_many_max`.
    pub too_many: Duration,
    /// The longest wait after 429, unless the server asks for more.
    pub too_many_max: Duration,
    /// The first wait after a failure or a 503 that names no time; doubles up to `failed_max`.
    pub failed: Duration,
    /// The longest wait after a failure.
    pub failed_max: Duration,
    /// The first wait after 403; doubles up to [`COOL_DOWN_MAX`].
    pub forbidden: Duration,
}

impl Rules {
    /// arXiv's terms of use for all its doors together (3 s, one connection), and what it was seen to need: requests
    /// during a block keep the block alive, and rapid requests after a 403 count as an attack.
    pub const ARXIV: Rules = Rules {
        gap: Duration::from_secs(3),
        too_many: Duration::from_secs(600),
        too_many_max: Duration::from_secs(3600),
        failed: Duration::from_secs(60),
        failed_max: Duration::from_secs(1800),
        forbidden: Duration::from_secs(3600),
    };

    /// For sources that state no rule: a request a second, and the same patience.
    pub const USUAL: Rules = Rules { gap: Duration::from_secs(1), ..Rules::ARXIV };
}

/// How a request ended, as far as politeness goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer of the source, also one that the request was wrong.
    Answered,
    /// With 429, and the time that the server named.
    TooMany(Option<Duration>),
    /// With 503, and the time that the server named.
    Unavailable(Option<Duration>),
    /// With 403 or a page that wants to see a person.
    Forbidden,
    /// Without a whole answer, or with another error of the server.
    Failed,
    /// Nothing was sent.
    Unsent,
}

impl Outcome {
    /// What an answer of that status means, with the time that the server named.
    pub fn of_status(status: u16, wait: Option<Duration>) -> Outcome {
        match status {
            429 => Outcome::TooMany(wait),
            503 => Outcome::Unavailable(wait),
            401 | 403 => Outcome::Forbidden,
            500..=599 => Outcome::Failed,
            _ => Outcome::Answered,
        }
    }
}

/// Why a gate is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The last request has just ended.
    Gap,
    /// Another request is under way.
    Busy,
    /// The source said 429.
    TooMany,
    /// The source said 503.
    Unavailable,
    /// The source said 403.
    Forbidden,
    /// The source did not answer.
    Failed,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Cause::Gap => "the last request has just ended",
            Cause::Busy => "another request is under way",
            Cause::TooMany => "it answered that there were too many requests",
            Cause::Unavailable => "it answered that it is unavailable for now",
            Cause::Forbidden => "it answered that this is forbidden",
            Cause::Failed => "it did not answer as it should",
        })
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub who: String,
    /// When its request will have ended at the latest, the gap after it included.
    pub until: Timestamp,
}

/// What is known about a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What the clock showed when this was written: a clock that shows less has jumped backwards.
    pub seen: Timestamp,
    /// No request starts before.
    pub not_before: Timestamp,
    /// Why.
    pub cause: Cause,
    /// How many requests in a row were turned away or failed.
    pub strikes: u32,
    /// Who is asking.
    pub holder: Option<Holder>,
    /// Whose clock the times were read from; empty where nobody wrote yet.
    #[serde(default)]
    pub last: String,
}

impl Default for State {
    fn default() -> State {
        let start = Timestamp::UNIX_EPOCH;
        State {
            seen: start,
            not_before: start,
            cause: Cause::Gap,
            strikes: 0,
            holder: None,
            last: String::new(),
        }
    }
}

/// How long a gate stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When it opens, if nothing else happens.
    pub until: Timestamp,
    /// Why it is shut.
    pub cause: Cause,
}

impl Wait {
    /// How long that is from now.
    pub fn left(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.until.duration_since(now)).unwrap_or(Duration::ZERO)
    }
}

/// The answer to a wish to make a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// It may start once this state is stored.
    Go(State),
    /// Not yet; this state is to be stored if it differs from the one that was asked.
    Wait(Wait, State),
}

impl State {
    /// The state as it is to be read now. After a jump backwards every time moves with the clock, so that what was left
    /// to wait is still left; and no time lies further ahead than a wait may be.
    pub fn seen_at(&self, now: Timestamp) -> State {
        let mut state = self.clone();
        if now < self.seen {
            let shift = |time: Timestamp| match Duration::try_from(time.duration_since(self.seen)) {
                Ok(left) => later(now, left),
                Err(_) => now,
            };
            state.seen = now;
            state.not_before = shift(self.not_before);
            if let Some(holder) = &mut state.holder {
                holder.until = shift(holder.until);
            }
        }
        state.not_before = state.not_before.min(later(now, COOL_DOWN_MAX));
        if let Some(holder) = &mut state.holder {
            holder.until = holder.until.min(later(now, LEASE_MAX));
        }
        state
    }

    /// How long the gate stays shut; `None` if a request may start. The state is one of [`State::seen_at`] that time.
    pub fn wait(&self, now: Timestamp) -> Option<Wait> {
        let busy = self.holder.as_ref().map(|holder| Wait { until: holder.until, cause: Cause::Busy });
        let shut = Wait { until: self.not_before, cause: self.cause };
        busy.into_iter().chain([shut]).filter(|wait| wait.until > now).max_by_key(|wait| wait.until)
    }

    /// Asks whether `who` may start a request that ends within `at_most`.
    pub fn ask(&self, now: Timestamp, who: &str, at_most: Duration, rules: &Rules) -> Asked {
        let mut state = self.seen_at(now);
        let another = !self.last.is_empty() && self.last != who;
        let allowance = if another { CLOCKS_APART_MAX } else { Duration::ZERO };
        // As if it were so much earlier: what another clock wrote may lie so much in the past of this one.
        let earlier = sooner(now, allowance);
        if let Some(Wait { until, cause }) = state.wait(earlier) {
            return Asked::Wait(Wait { until: later(until, allowance), cause }, state);
        }
        state.seen = now;
        state.last = who.to_owned();
        // The gap is part of the lease: if this process dies, nobody knows when its request ended.
        let until = later(now, at_most.saturating_add(rules.gap).min(LEASE_MAX));
        state.holder = Some(Holder { who: who.to_owned(), until });
        Asked::Go(state)
    }

    /// The request of `who` has ended.
    pub fn finish(&self, now: Timestamp, who: &str, outcome: Outcome, rules: &Rules) -> State {
        let mut state = self.seen_at(now);
        state.seen = now;
        state.last = who.to_owned();
        // One whose lease ran out has been replaced; what it learned still counts, the gate is no longer its to open.
        if state.holder.as_ref().is_some_and(|holder| holder.who == who) {
            state.holder = None;
        }
        if outcome == Outcome::Unsent {
            return state;
        }
        let strikes = state.strikes;
        let (wait, cause) = match outcome {
            Outcome::Answered | Outcome::Unsent => (rules.gap, Cause::Gap),
            Outcome::TooMany(named) => {
                let own = doubled(rules.too_many, strikes, rules.too_many_max);
                (own.max(named.unwrap_or_default()), Cause::TooMany)
            }
            Outcome::Unavailable(Some(named)) => (named, Cause::Unavailable),
            Outcome::Unavailable(None) => {
                (doubled(rules.failed, strikes, rules.failed_max), Cause::Unavailable)
            }
            Outcome::Failed => (doubled(rules.failed, strikes, rules.failed_max), Cause::Failed),
            Outcome::Forbidden => (doubled(rules.forbidden, strikes, COOL_DOWN_MAX), Cause::Forbidden),
        };
        state.strikes = if outcome == Outcome::Answered { 0 } else { strikes.saturating_add(1) };
        let not_before = later(now, wait.clamp(rules.gap, COOL_DOWN_MAX));
        // A longer wait, learned by one that was replaced, is not forgotten.
        if not_before >= state.not_before {
            (state.not_before, state.cause) = (not_before, cause);
        }
        state
    }
}

fn sooner(time: Timestamp, by: Duration) -> Timestamp {
    let by = jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX);
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// `first`, doubled for each strike before this one, up to `most`.
fn doubled(first: Duration, strikes: u32, most: Duration) -> Duration {
    first.saturating_mul(2u32.saturating_pow(strikes)).min(most)
}

//! Asking a source: through its gate, out of the one door, and what came back in words that a harvest can act on.

use crate::clock::Clock;
use crate::fetch::{self, Door, Limits, Request, Url};
use crate::gate::{Gate, GateStore, Outcome, Rules};
use std::time::Duration;

/// How long a run waits for a gate before it gives up and comes back later: beyond every gap between two requests, and
/// below every cool-down.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Everything that a harvest needs of the world outside the catalogue.
pub struct World<'a> {
    /// The door outwards.
    pub door: &'a Door,
    /// Where gates lie.
    pub gates: &'a dyn GateStore,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Names this process and no other.
    pub who: &'a str,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("who", &self.who).finish_non_exhaustive()
    }
}

/// A source as it is asked: its gate and that gate's rules.
#[derive(Clone, Copy, Debug)]
pub struct Politeness {
    /// The gate's name; doors of one source share it.
    pub gate: &'static str,
    /// How often it may be passed.
    pub rules: Rules,
    /// How long an answer may take.
    pub whole: Duration,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The gate did not open.
    #[error(transparent)]
    Gate(#[from] crate::gate::Error),
    /// The page was not fetched.
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    /// The source answered with an error.
    #[error("{url} answered with status {status}{}", if *.status == 429 { ": too many requests" } else { "" })]
    Status {
        /// The page, without what follows `?`.
        url: String,
        /// The status.
        status: u16,
    },
}

/// A page that was fetched.
#[derive(Debug)]
pub struct Page {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its type, in lower case.
    pub content_type: String,
}

impl World<'_> {
    /// Fetches one page of a source, when its gate allows.
    ///
    /// # Errors
    /// If the gate stays shut, the page cannot be fetched, or its status is not 200.
    pub fn ask(&self, politeness: &Politeness, url: Url, accept: &'static str) -> Result<Page, Error> {
        let limits = Limits { head: politeness.whole, whole: politeness.whole, ..Limits::default() };
        let request = Request { accept, limits, ..Request::new(url) };
        let gate = Gate::new(politeness.gate, self.who, politeness.rules, self.gates, self.clock);
        // Looking up the name may take as long again as connecting, before the whole time counts.
        let at_most = politeness.whole.saturating_add(limits.connection);
        gate.pass(at_most, PATIENCE, || self.request(&request))?
    }

    fn request(&self, request: &Request) -> (Outcome, Result<Page, Error>) {
        let answer = match self.door.fetch(request) {
            Ok(answer) => answer,
            // A refusal of our own, or a machine without a network, is no failure of the source.
            Err(error) => {
                let outcome = if error.is_unsent() { Outcome::Unsent } else { Outcome::Failed };
                return (outcome, Err(error.into()));
            }
        };
        let (status, url) = (answer.status, answer.url.to_string());
        let wait = answer.retry_after.map(|retry| retry.wait(self.clock.now(), answer.date));
        let outcome = Outcome::of_status(status, wait);
        let content_type = answer.content_type.clone();
        match answer.body.bytes() {
            Err(error) => {
                (if outcome == Outcome::Answered { Outcome::Failed } else { outcome }, Err(error.into()))
            }
            Ok(_) if status != 200 => (outcome, Err(Error::Status { url, status })),
            Ok(bytes) => (outcome, Ok(Page { bytes, content_type })),
        }
    }
}

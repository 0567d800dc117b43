//! A run of a harvest: what it brought, and why it ended early if it did.

use crate::ask;
use catalogue::Accepted;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Pages that were taken in.
    pub pages: u64,
    /// What their records did to the catalogue.
    pub accepted: Accepted,
}

impl Run {
    /// Both runs as one.
    pub fn join(&mut self, other: &Run) {
        self.pages += other.pages;
        self.count(&other.accepted);
    }

    pub(crate) fn add(&mut self, accepted: Accepted) {
        self.pages += 1;
        self.count(&accepted);
    }

    fn count(&mut self, accepted: &Accepted) {
        self.accepted.new += accepted.new;
        self.accepted.changed += accepted.changed;
        self.accepted.unchanged += accepted.unchanged;
        self.accepted.problems += accepted.problems;
    }
}

/// Why a run ended early. What it had delivered stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The source could not be asked, or did not answer as it should.
    #[error(transparent)]
    Asking(#[from] ask::Error),
    /// The catalogue took nothing.
    #[error(transparent)]
    Catalogue(#[from] catalogue::Error),
    /// The source answered, but with something that is no answer to what was asked.
    #[error("{place}: {reason}")]
    Answer {
        /// Which page.
        place: String,
        /// What was wrong with it.
        reason: String,
    },
    /// What the catalogue remembers of an earlier run cannot be read.
    #[error(
        "what is remembered of {part} cannot be read ({reason}): `broadsheet harvest … --from DAY` begins anew"
    )]
    Memory {
        /// Which part of the source.
        part: String,
        /// What was wrong.
        reason: String,
    },
}

impl Failure {
    /// True if going on with another page of the same source would be in vain: its gate is shut, or the catalogue fails.
    pub(crate) fn ends_run(&self) -> bool {
        matches!(
            self,
            Failure::Catalogue(_)
                | Failure::Asking(ask::Error::Gate(_) | ask::Error::Status { status: 403 | 429 | 503, .. })
        )
    }

    /// True if the program is ending, which is no failure of the source.
    pub fn is_stop(&self) -> bool {
        matches!(self, Failure::Asking(ask::Error::Gate(crate::gate::Error::Stopped { .. })))
    }
}

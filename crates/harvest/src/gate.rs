//! The polite gate: when a source may be asked, across processes and restarts.
//!
//! It promises, for each named gate,
//! - one request at a time: who asks holds a lease, and only when it has ended may another ask;
//! - a gap between the end of a request and the start of the next (arXiv: 3 s);
//! - after "too many requests" (429) at least ten minutes of silence, after "unavailable" (503) what the server says or
//!   60 s doubling to 30 min, after "forbidden" (403) at least an hour; one good answer ends the doubling;
//! - that a restart changes nothing of this: what is known lies in a [`GateStore`], written before the request and after
//!   it, and a process that died in the middle keeps the gate shut until its lease ends;
//! - that a clock which jumps backwards never shortens a wait and never makes one endless. A jump forwards counts as time
//!   that has passed, because that is what a computer that slept sees;
//! - that machines whose clocks lie up to [`CLOCKS_APART_MAX`] apart keep the gap between them too.
//!
//! The rules are a pure function of ([`State`], time, what happened); [`Gate`] carries them out.

mod state;
mod store;

pub use state::{Asked, CLOCKS_APART_MAX, COOL_DOWN_MAX, Cause, Holder, Outcome, Rules, State, Wait};
pub use store::{GateStore, MemoryStore, StoreError, Stored};

use crate::clock::{Clock, Slept};
use jiff::Timestamp;
use std::time::Duration;

/// How often one looks whether another has finished early. Its lease says only when it will have finished at the latest.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often a write is tried again because another wrote in between. Each failure means that somebody got on, so this
/// many in a row are a broken store, not bad luck.
const TRIES_MAX: usize = 1000;

/// Why a request did not pass.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The gate stays shut for longer than the caller waits.
    #[error("{gate} may not be asked before {until} ({cause}): it is tried again then")]
    Shut {
        /// The gate's name.
        gate: String,
        /// When it opens, if nothing else happens.
        until: Timestamp,
        /// Why it is shut.
        cause: Cause,
    },
    /// The program is ending.
    #[error("{gate} was not asked: the program is stopping")]
    Stopped {
        /// The gate's name.
        gate: String,
    },
    /// The store failed. Without it nobody knows whether the source may be asked, so it is not.
    #[error("whether {gate} may be asked cannot be read or written: {source}")]
    Store {
        /// The gate's name.
        gate: String,
        /// What the store said.
        source: StoreError,
    },
}

/// A gate, as one process passes it.
pub struct Gate<'a> {
    name: &'a str,
    who: &'a str,
    rules: Rules,
    store: &'a dyn GateStore,
    clock: &'a dyn Clock,
}

impl std::fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("name", &self.name).field("who", &self.who).finish_non_exhaustive()
    }
}

impl<'a> Gate<'a> {
    /// The gate of that name. `who` names this process and no other, not even the one that it replaces.
    pub fn new(
        name: &'a str,
        who: &'a str,
        rules: Rules,
        store: &'a dyn GateStore,
        clock: &'a dyn Clock,
    ) -> Gate<'a> {
        Gate { name, who, rules, store, clock }
    }

    /// Waits until the gate opens, makes one request, and tells the gate how it ended.
    ///
    /// The request must have ended, its body read, within `at_most`: another may ask after that. `patience` is how long
    /// to wait for the gate in all.
    ///
    /// # Errors
    /// If the gate stays shut for longer than `patience`, the program ends, or the store fails. The request was then not
    /// made, except where the store failed after it: its lease then keeps the gate shut.
    pub fn pass<T>(
        &self,
        at_most: Duration,
        patience: Duration,
        request: impl FnOnce() -> (Outcome, T),
    ) -> Result<T, Error> {
        self.enter(at_most, patience)?;
        let (outcome, value) = request();
        self.leave(outcome)?;
        Ok(value)
    }

    /// What the gate would say now; nothing is changed.
    ///
    /// # Errors
    /// If the store fails.
    pub fn look(&self) -> Result<(State, Option<Wait>), Error> {
        let now = self.clock.now();
        let state = self.load()?.state.seen_at(now);
        let wait = state.wait(now);
        Ok((state, wait))
    }

    fn enter(&self, at_most: Duration, patience: Duration) -> Result<(), Error> {
        let mut waited = Duration::ZERO;
        for _ in 0..TRIES_MAX {
            // Waiting is not trying: only writes that another overtook are counted.
            loop {
                let now = self.clock.now();
                let Stored { fence, state } = self.load()?;
                match state.ask(now, self.who, at_most, &self.rules) {
                    Asked::Go(entered) => {
                        if self.swap(fence, &entered)? {
                            return Ok(());
                        }
                        break;
                    }
                    Asked::Wait(wait, seen) => {
                        // After a jump backwards the shifted times must be kept, or they would shift for ever. If
                        // another wrote first, its times are the ones to look at.
                        if seen != state && !self.swap(fence, &seen)? {
                            break;
                        }
                        let left = wait.left(now);
                        let too_long = wait.cause != Cause::Busy && waited.saturating_add(left) > patience;
                        if too_long || waited >= patience {
                            let (gate, until) = (self.name.to_owned(), wait.until);
                            return Err(Error::Shut { gate, until, cause: wait.cause });
                        }
                        let nap = if wait.cause == Cause::Busy { left.min(LOOK_AGAIN) } else { left };
                        if self.clock.sleep(nap) == Slept::Stopped {
                            return Err(Error::Stopped { gate: self.name.to_owned() });
                        }
                        waited = waited.saturating_add(nap);
                    }
                }
            }
        }
        Err(self.overtaken())
    }

    fn leave(&self, outcome: Outcome) -> Result<(), Error> {
        for _ in 0..TRIES_MAX {
            let now = self.clock.now();
            let Stored { fence, state } = self.load()?;
            if self.swap(fence, &state.finish(now, self.who, outcome, &self.rules))? {
                return Ok(());
            }
        }
        Err(self.overtaken())
    }

    fn load(&self) -> Result<Stored, Error> {
        self.store.load(self.name).map_err(|source| Error::Store { gate: self.name.to_owned(), source })
    }

    fn swap(&self, fence: u64, state: &State) -> Result<bool, Error> {
        let swapped = self.store.swap(self.name, fence, state);
        swapped.map_err(|source| Error::Store { gate: self.name.to_owned(), source })
    }

    fn overtaken(&self) -> Error {
        Error::Store { gate: self.name.to_owned(), source: "others write to it without end".into() }
    }
}

//! Time as an argument: the machine's, or one that a test moves.

use jiff::Timestamp;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whether a sleep was slept to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Slept {
    /// To its end.
    Whole,
    /// The program is to stop; what waits gives up.
    Stopped,
}

/// What the time is, and a way to let it pass.
///
/// Machines that share one gate must have clocks that are set by the network: [`crate::gate`] allows for
/// [`crate::gate::CLOCKS_APART_MAX`] between them.
pub trait Clock: Send + Sync {
    /// The time now. It may jump in either direction; [`crate::gate`] holds its promises then too.
    fn now(&self) -> Timestamp;

    /// Lets that much time pass, or less if the program is to stop.
    fn sleep(&self, time: Duration) -> Slept;
}

/// Asks everything that sleeps on a [`SystemClock`] to wake up and end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Asks. There is no way back: the program is ending.
    pub fn stop(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether it was asked.
    pub fn is_stopped(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The machine's clock.
#[derive(Clone, Debug, Default)]
pub struct SystemClock {
    stop: Stop,
}

impl SystemClock {
    /// A clock whose sleeps end when `stop` is asked for.
    pub fn new(stop: Stop) -> SystemClock {
        SystemClock { stop }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) -> Slept {
        let started = Instant::now();
        let (stopped, woken) = &*self.stop.0;
        let mut guard = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if *guard {
                return Slept::Stopped;
            }
            // A condition variable may wake without a cause, so what is left is counted anew.
            let left = time.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Slept::Whole;
            }
            guard = woken.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A clock that stands still until something sleeps on it or a test moves it.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn new(now: Timestamp) -> ManualClock {
        ManualClock(Mutex::new(now))
    }

    /// Shows another time, earlier or later.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, time: Duration) -> Slept {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = later(*now, time);
        Slept::Whole
    }
}

/// That much later, or the end of all time.
pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_does_not_sleep() {
        let stop = Stop::default();
        stop.stop();
        assert_eq!(SystemClock::new(stop).sleep(Duration::from_secs(3600)), Slept::Stopped);
    }

    #[test]
    fn a_manual_clock_moves_by_sleeping() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.sleep(Duration::from_secs(5)), Slept::Whole);
        assert_eq!(clock.now().as_second(), 5);
    }
}

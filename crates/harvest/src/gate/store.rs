//! Where a gate's state lies between requests.

use super::State;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What a store of another room says when it fails.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// A state and the number of writes before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// The fence: 0 for a gate that was never written, one more after every write.
    pub fence: u64,
    /// The state; the default one for a gate that was never written.
    pub state: State,
}

/// A store that several processes share. A write must be durable when it returns.
pub trait GateStore: Send + Sync {
    /// The state of a gate.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn load(&self, gate: &str) -> Result<Stored, StoreError>;

    /// Writes the state, and one more than `fence`, if the stored fence is still `fence`; `false` if another wrote in
    /// between.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn swap(&self, gate: &str, fence: u64, state: &State) -> Result<bool, StoreError>;
}

/// A store within one process, for tests and for commands that need none beyond themselves.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<String, Stored>>);

impl GateStore for MemoryStore {
    fn load(&self, gate: &str) -> Result<Stored, StoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(gate).cloned().unwrap_or_default())
    }

    fn swap(&self, gate: &str, fence: u64, state: &State) -> Result<bool, StoreError> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = gates.entry(gate.to_owned()).or_default();
        if stored.fence != fence {
            return Ok(false);
        }
        *stored = Stored { fence: fence + 1, state: state.clone() };
        Ok(true)
    }
}

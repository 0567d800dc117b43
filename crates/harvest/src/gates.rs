//! Gates whose state lies in the catalogue, so that all processes that share a catalogue share them.

use crate::gate::{GateStore, State, StoreError, Stored};
use catalogue::Catalogue;

/// The gates of a catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueGates(Catalogue);

impl CatalogueGates {
    /// Those of this catalogue.
    pub fn new(catalogue: Catalogue) -> CatalogueGates {
        CatalogueGates(catalogue)
    }
}

impl GateStore for CatalogueGates {
    fn load(&self, gate: &str) -> Result<Stored, StoreError> {
        let (fence, value) = self.0.gate(gate)?;
        let state = if value.is_empty() { State::default() } else { serde_json::from_str(&value)? };
        Ok(Stored { fence, state })
    }

    fn swap(&self, gate: &str, fence: u64, state: &State) -> Result<bool, StoreError> {
        Ok(self.0.set_gate(gate, fence, &serde_json::to_string(state)?)?)
    }
}

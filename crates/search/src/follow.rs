//! The catalogue as the source of papers.

use crate::{Document, Material};
use catalogue::{Catalogue, Change, PaperId, Sequence, Stored};

impl Material for Catalogue {
    type Raw = Stored;

    fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<Change>, String> {
        Catalogue::changes(self, after, limit).map_err(|error| error.to_string())
    }

    fn papers(&self, ids: &[PaperId]) -> Result<Vec<Option<Stored>>, String> {
        Catalogue::papers(self, ids).map_err(|error| error.to_string())
    }

    fn sequence(&self) -> Result<Sequence, String> {
        Catalogue::sequence(self).map_err(|error| error.to_string())
    }

    fn document(&self, raw: &Stored) -> Document {
        Document::of(raw)
    }
}

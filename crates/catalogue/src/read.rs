//! Reading papers: by number, by address, by identity, by change.

use crate::session::{Batch, Kind, Param, Row, Session};
use crate::{
    Catalogue, Change, Counts, Error, Found, PaperId, Sequence, SourceState, Stored, body, derive, key,
};
use paper::{Day, Identity, Source};

const PAPERS: Batch = Batch {
    columns: &[Kind::Int],
    sqlite: "SELECT paper_id, sequence, body FROM papers WHERE paper_id = $1",
    postgres: "SELECT asked.at, papers.paper_id, sequence, body \
               FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (paper_id, at) \
               JOIN papers ON papers.paper_id = asked.paper_id ORDER BY asked.at",
};

/// The most papers or changes of one call; a page needs 50, an index follows in thousands.
pub const ROWS_MAX: usize = 10_000;

impl Catalogue {
    /// The number of the latest change.
    pub fn sequence(&self) -> Result<Sequence, Error> {
        self.one("SELECT value FROM meta WHERE name = 'sequence'", &[])
            .map(|row| Sequence(row.map(|row| row.int(0) as u64).unwrap_or_default()))
    }

    /// The changes after a place in the sequence, ascending: of each paper only its latest. A paper that is gone (merged
    /// into another) is among them; [`Catalogue::papers`] has no answer for it. At most `limit`, at most [`ROWS_MAX`].
    pub fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<Change>, Error> {
        let params = [Param::Int(after.0 as i64), Param::Int(limit.min(ROWS_MAX) as i64)];
        let sql = "SELECT sequence, paper_id FROM changes WHERE sequence > $1 ORDER BY sequence LIMIT $2";
        let change =
            |row: &Row| Change { sequence: Sequence(row.int(0) as u64), id: derive::paper_id(row.int(1)) };
        Ok(self.rows(sql, &params)?.iter().map(change).collect())
    }

    /// The papers of these numbers, in the asked order; `None` where there is none.
    pub fn papers(&self, ids: &[PaperId]) -> Result<Vec<Option<Stored>>, Error> {
        let mut papers: Vec<Option<Stored>> = ids.iter().map(|_| None).collect();
        let params: Vec<Param<'_>> = ids.iter().map(|id| Param::Int(id.0.into())).collect();
        let mut found = Vec::new();
        self.read(|session| {
            found = session.ask(&PAPERS, &params)?;
            Ok(())
        })?;
        for (at, row) in found {
            papers[at] = Some(stored(&row)?);
        }
        Ok(papers)
    }

    /// What an address leads to: any address that a paper has or had, any identity in any spelling.
    pub fn find(&self, address: &str) -> Result<Option<Found>, Error> {
        if address.contains('\0') || address.len() > paper::identity::VALUE_BYTES_MAX {
            return Ok(None);
        }
        let mut found = None;
        self.read(|session| {
            let here =
                "SELECT paper_id, sequence, body FROM papers WHERE address = $1 ORDER BY digest LIMIT 1";
            if let Some(row) = session.query(here, &[Param::Text(address)])?.first() {
                found = Some(Found::Here(Box::new(stored(row)?)));
                return Ok(());
            }
            let moved = "SELECT papers.address FROM addresses JOIN papers USING (paper_id) \
                         WHERE addresses.address = $1 ORDER BY addresses.rank, papers.address LIMIT 1";
            if let Some(row) = session.query(moved, &[Param::Text(address)])?.first() {
                found = Some(Found::Moved(row.text(0).to_string()));
                return Ok(());
            }
            if let Some(identity) = Identity::from_words(address)
                && let Some(id) = paper_of(session, &identity)?
            {
                let sql = "SELECT address FROM papers WHERE paper_id = $1";
                let row = session.query(sql, &[Param::Int(id.0.into())])?;
                found = row.first().map(|row| Found::Moved(row.text(0).to_string()));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The paper that an identity belongs to: of several that state it, the one whose source knows it by this identity,
    /// else the one with the smallest address.
    pub fn find_identity(&self, identity: &Identity) -> Result<Option<PaperId>, Error> {
        let mut found = None;
        self.read(|session| {
            found = paper_of(session, identity)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// How many papers, records and problems there are.
    pub fn counts(&self) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        for row in self.rows("SELECT name, value FROM meta", &[])? {
            let value = row.int(1) as u64;
            match row.text(0) {
                "papers" => counts.papers = value,
                "records" => counts.records = value,
                "problems" => counts.problems = value,
                _ => {}
            }
        }
        Ok(counts)
    }

    /// True if nothing was ever accepted.
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.counts()?.records == 0)
    }

    /// What is known of each source that has records, in the order of trust.
    pub fn sources(&self) -> Result<Vec<SourceState>, Error> {
        let state = |row: &Row| {
            Some(SourceState {
                source: Source::from_name(row.text(0))?,
                records: row.int(1) as u64,
                latest_day: row.int_or_null(2).and_then(day),
            })
        };
        let rows = self.rows("SELECT source, records, latest_day FROM sources", &[])?;
        let mut states: Vec<SourceState> = rows.iter().filter_map(state).collect();
        states.sort_by_key(|state| state.source);
        Ok(states)
    }
}

/// The day of a column.
pub(crate) fn day(number: i64) -> Option<Day> {
    i32::try_from(number).ok().and_then(Day::from_number)
}

fn stored(row: &Row) -> Result<Stored, Error> {
    let id = derive::paper_id(row.int(0));
    let paper = body::paper(row.bytes(2)).map_err(|reason| Error::paper_body(id, reason))?;
    Ok(Stored { id, sequence: Sequence(row.int(1) as u64), paper })
}

pub(crate) fn paper_of(session: &mut dyn Session, identity: &Identity) -> Result<Option<PaperId>, Error> {
    let name = identity.to_string();
    let own = session.query("SELECT paper_id FROM nodes WHERE node = $1", &[Param::Text(&name)])?;
    if let Some(row) = own.first() {
        return Ok(Some(derive::paper_id(row.int(0))));
    }
    let sql = "SELECT papers.paper_id FROM keys JOIN nodes USING (node_id) \
               JOIN papers ON papers.paper_id = nodes.paper_id WHERE keys.key = $1 ORDER BY papers.address LIMIT 1";
    let stated = session.query(sql, &[Param::Bytes(&key::stored_identity(identity))])?;
    Ok(stated.first().map(|row| derive::paper_id(row.int(0))))
}

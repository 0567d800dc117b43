//! What a harvest delivers: records with the place in the source that they bring it to, in one transaction.
//!
//! A source is asked page by page. If the process dies between two pages, the next one must go on exactly where the
//! catalogue is; so the resumption token is written with the records of its page, never before and never after.

use crate::accept;
use crate::jobs::{self, Lease};
use crate::session::{Batch, Kind, Param, Row, Session};
use crate::{Accepted, Catalogue, Error, Incoming, Problem, derive, read};
use paper::{AnnouncementKind, Day, Identity, Source};
use serde::{Deserialize, Serialize};

/// What a harvest has reached of one part of a source. What the value says is the harvest's own matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The source's name.
    pub source: String,
    /// Which part of it, e.g. a set.
    pub part: String,
    /// How far; `None` forgets it.
    pub value: Option<String>,
}

/// That a source's listing of a category on a day names a paper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Announced {
    /// Whose listing.
    pub source: Source,
    /// The listing's category.
    pub category: String,
    /// The announcement day.
    pub day: Day,
    /// The paper, as the source's records name it.
    pub node: Identity,
    /// How it is presented.
    pub kind: AnnouncementKind,
}

/// How many entries a source says that its listing of a category on a day has. A later statement replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stated {
    /// Whose listing.
    pub source: Source,
    /// The listing's category.
    pub category: String,
    /// The announcement day.
    pub day: Day,
    /// Entries of all kinds together.
    pub entries: u32,
}

/// One page of a source.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivery<'a> {
    /// The records of the page.
    pub records: &'a [Incoming],
    /// What could not be understood of it.
    pub problems: &'a [Problem],
    /// What it brings the harvest to.
    pub progress: &'a [Progress],
    /// What its listing names.
    pub announced: &'a [Announced],
    /// What its listing says about its own length.
    pub stated: &'a [Stated],
    /// The job in whose name it comes: if the lease has passed to somebody else, nothing is taken.
    pub lease: Option<&'a Lease>,
}

/// A listing against what the catalogue has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its category.
    pub category: String,
    /// Its day.
    pub day: Day,
    /// How many entries the source says that it has.
    pub stated: u32,
    /// How many papers it is known to name.
    pub named: u32,
    /// How many of these stand in the catalogue's own listing of that day, in that category or, of an archive, in one of
    /// its categories.
    pub stored: u32,
}

impl Listing {
    /// True if all that was announced is here.
    pub fn is_complete(&self) -> bool {
        self.stored >= self.stated.max(self.named)
    }
}

/// A paper that a source's listing names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which, as the source's records name it.
    pub node: Identity,
    /// How it is presented.
    pub kind: AnnouncementKind,
    /// True if it stands in the catalogue's own listing of that category (or, of an archive, of one of its categories)
    /// and day.
    pub stored: bool,
}

const PUT_PROGRESS: Batch = Batch {
    columns: &[Kind::Text, Kind::Text, Kind::Text],
    sqlite: "INSERT INTO progress (source, part, value) VALUES ($1, $2, $3) \
             ON CONFLICT (source, part) DO UPDATE SET value = excluded.value",
    postgres: "INSERT INTO progress (source, part, value) SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[]) \
               ON CONFLICT (source, part) DO UPDATE SET value = excluded.value",
};
const PUT_ANNOUNCED: Batch = Batch {
    columns: &[Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Int],
    sqlite: "INSERT INTO announced (source, category, day, node, kind) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (source, category, day, node) DO UPDATE SET kind = excluded.kind WHERE excluded.kind < kind",
    postgres: "INSERT INTO announced (source, category, day, node, kind) \
               SELECT source, category, day, node, MIN(kind) \
               FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]) \
               AS given (source, category, day, node, kind) GROUP BY source, category, day, node \
               ON CONFLICT (source, category, day, node) \
               DO UPDATE SET kind = excluded.kind WHERE excluded.kind < announced.kind",
};
const PUT_STATED: Batch = Batch {
    columns: &[Kind::Text, Kind::Int, Kind::Text, Kind::Int],
    sqlite: "INSERT INTO stated (source, day, category, entries) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (source, day, category) DO UPDATE SET entries = excluded.entries",
    postgres: "INSERT INTO stated (source, day, category, entries) \
               SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::bigint[]) \
               ON CONFLICT (source, day, category) DO UPDATE SET entries = excluded.entries",
};

impl Delivery<'_> {
    /// True if there is more to write than records and problems.
    pub(crate) fn has_more(&self) -> bool {
        !(self.progress.is_empty() && self.announced.is_empty() && self.stated.is_empty())
            || self.lease.is_some()
    }

    /// Refuses what comes too late; before anything else of the delivery is written.
    pub(crate) fn check(&self, session: &mut dyn Session) -> Result<(), Error> {
        self.lease.map_or(Ok(()), |lease| jobs::check(session, lease))
    }

    /// Writes what is not a record or a problem.
    pub(crate) fn write(&self, session: &mut dyn Session) -> Result<(), Error> {
        for progress in self.progress.iter().filter(|progress| progress.value.is_none()) {
            let (source, part) = (derive::text(&progress.source), derive::text(&progress.part));
            let sql = "DELETE FROM progress WHERE source = $1 AND part = $2";
            session.execute(sql, &[Param::Text(&source), Param::Text(&part)])?;
        }
        let texts: Vec<[String; 3]> = self
            .progress
            .iter()
            .filter_map(|progress| {
                let value = progress.value.as_ref()?;
                Some([&progress.source, &progress.part, value].map(|text| derive::text(text)))
            })
            .collect();
        let params: Vec<Param<'_>> = texts.iter().flatten().map(|text| Param::Text(text)).collect();
        session.run(&PUT_PROGRESS, &params)?;

        let texts: Vec<[String; 2]> = self
            .announced
            .iter()
            .map(|announced| [derive::text(&announced.category), announced.node.to_string()])
            .collect();
        let params: Vec<Param<'_>> = self
            .announced
            .iter()
            .zip(&texts)
            .filter_map(|(announced, [category, node])| {
                Some([
                    Param::Text(announced.source.name()),
                    Param::Text(category),
                    Param::Int(announced.day.number().into()),
                    Param::Text(node),
                    Param::Int(derive::kind_number(announced.kind)?),
                ])
            })
            .flatten()
            .collect();
        session.run(&PUT_ANNOUNCED, &params)?;

        // A statement that is made twice in one page would touch one row twice: the last one counts.
        let mut stated: Vec<(&Stated, String)> = Vec::new();
        for one in self.stated {
            stated.retain(|(other, _)| {
                (other.source, other.day, &other.category) != (one.source, one.day, &one.category)
            });
            stated.push((one, derive::text(&one.category)));
        }
        let params: Vec<Param<'_>> = stated
            .iter()
            .flat_map(|(stated, category)| {
                [
                    Param::Text(stated.source.name()),
                    Param::Int(stated.day.number().into()),
                    Param::Text(category),
                    Param::Int(stated.entries.into()),
                ]
            })
            .collect();
        session.run(&PUT_STATED, &params)?;
        Ok(())
    }
}

impl Catalogue {
    /// Takes in one page of a source, in one transaction: when this returns `Ok`, all of it is durable; on an error none
    /// of it was taken, and sending it again is safe.
    pub fn deliver(&self, delivery: &Delivery<'_>) -> Result<Accepted, Error> {
        accept::accept(self.backend.as_ref(), delivery)
    }

    /// What a harvest has reached of a part of a source.
    pub fn progress(&self, source: &str, part: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM progress WHERE source = $1 AND part = $2";
        Ok(self.one(sql, &[Param::Text(source), Param::Text(part)])?.map(|mut row| row.take_text(0)))
    }

    /// What harvests have reached of all parts of a source, by part.
    pub fn progress_of(&self, source: &str) -> Result<Vec<Progress>, Error> {
        let sql = "SELECT part, value FROM progress WHERE source = $1 ORDER BY part";
        let rows = self.rows(sql, &[Param::Text(source)])?;
        let progress = |row: &Row| Progress {
            source: source.to_string(),
            part: row.text(0).to_string(),
            value: Some(row.text(1).to_string()),
        };
        Ok(rows.iter().map(progress).collect())
    }

    /// The source's listings of a period, by day and category, each against what is here of it.
    pub fn listings_of(&self, source: Source, first: Day, last: Day) -> Result<Vec<Listing>, Error> {
        let sql = "SELECT stated.category, stated.day, entries, \
                   (SELECT COUNT(*) FROM announced WHERE announced.source = stated.source \
                    AND announced.category = stated.category AND announced.day = stated.day), \
                   (SELECT COUNT(*) FROM announced WHERE announced.source = stated.source \
                    AND announced.category = stated.category AND announced.day = stated.day \
                    AND EXISTS (SELECT 1 FROM nodes JOIN listings \
                    ON listings.paper_id = nodes.paper_id AND listings.day = announced.day \
                    AND (listings.category = announced.category OR (listings.category > announced.category || '.' \
                    AND listings.category < announced.category || '/')) WHERE nodes.node = announced.node)) \
                   FROM stated WHERE source = $1 AND stated.day >= $2 AND stated.day <= $3 \
                   ORDER BY stated.day, stated.category";
        let params =
            [Param::Text(source.name()), Param::Int(first.number().into()), Param::Int(last.number().into())];
        let listing = |row: &Row| {
            Some(Listing {
                category: row.text(0).to_string(),
                day: read::day(row.int(1))?,
                stated: row.int(2) as u32,
                named: row.int(3) as u32,
                stored: row.int(4) as u32,
            })
        };
        Ok(self.rows(sql, &params)?.iter().filter_map(listing).collect())
    }

    /// What the source's listing of a category on a day names, by name.
    pub fn named_on(&self, source: Source, category: &str, day: Day) -> Result<Vec<Named>, Error> {
        let category = derive::text(category);
        let sql = "SELECT announced.node, kind, CASE WHEN EXISTS (SELECT 1 FROM nodes JOIN listings \
                   ON listings.paper_id = nodes.paper_id AND listings.day = announced.day \
                   AND (listings.category = announced.category OR (listings.category > announced.category || '.' \
                   AND listings.category < announced.category || '/')) WHERE nodes.node = announced.node) \
                   THEN 1 ELSE 0 END FROM announced WHERE source = $1 AND category = $2 AND day = $3 \
                   ORDER BY announced.node";
        let params = [Param::Text(source.name()), Param::Text(&category), Param::Int(day.number().into())];
        let named = |row: &Row| {
            Some(Named {
                node: Identity::from_canonical(row.text(0))?,
                kind: derive::kind_of(row.int(1)),
                stored: row.int(2) != 0,
            })
        };
        Ok(self.rows(sql, &params)?.iter().filter_map(named).collect())
    }
}

//! Proceedings volumes: each is one entry of an edition, with its own page.

use crate::session::{Param, Row};
use crate::{Catalogue, Error, PaperId, Volume, derive};
use paper::Day;
use std::cmp::Reverse;

impl Catalogue {
    /// Notes volumes. Writing the same twice changes nothing; of two accounts of one volume the one of the more trusted
    /// source holds, then the later one, whatever the order of arrival.
    pub fn write_volumes(&self, volumes: &[Volume]) -> Result<(), Error> {
        let known = volumes.iter().map(|volume| self.volume(&volume.id)).collect::<Result<Vec<_>, _>>()?;
        if volumes
            .iter()
            .zip(&known)
            .all(|(volume, known)| known.as_ref().is_some_and(|known| !wins(volume, known)))
        {
            return Ok(());
        }
        self.backend.write(&mut |session| {
            for volume in volumes {
                let id = derive::text(&volume.id);
                let rows =
                    session.query("SELECT body FROM volumes WHERE volume_id = $1", &[Param::Text(&id)])?;
                if let Some(known) = rows.first().map(read).transpose()?
                    && !wins(volume, &known)
                {
                    continue;
                }
                let body = serde_json::to_string(volume).unwrap_or_default();
                let day = volume.day.map(|day| i64::from(day.number()));
                session.execute(
                    "INSERT INTO volumes (volume_id, day, body) VALUES ($1, $2, $3) \
                     ON CONFLICT (volume_id) DO UPDATE SET day = excluded.day, body = excluded.body",
                    &[Param::Text(&id), Param::int_or_null(day), Param::Text(&body)],
                )?;
            }
            Ok(())
        })
    }

    /// The volumes that arrived at their sources in a period, by day and id, and how many papers of each there are.
    pub fn volumes(&self, first: Day, last: Day) -> Result<Vec<(Volume, u32)>, Error> {
        let sql = "SELECT body, (SELECT COUNT(*) FROM papers WHERE papers.volume = volumes.volume_id) \
                   FROM volumes WHERE day >= $1 AND day <= $2 ORDER BY day, volume_id";
        let rows = self.rows(sql, &[Param::Int(first.number().into()), Param::Int(last.number().into())])?;
        rows.iter().map(|row| Ok((read(row)?, row.int(1) as u32))).collect()
    }

    /// A volume.
    pub fn volume(&self, id: &str) -> Result<Option<Volume>, Error> {
        let id = derive::text(id);
        let row = self.one("SELECT body FROM volumes WHERE volume_id = $1", &[Param::Text(&id)])?;
        row.as_ref().map(read).transpose()
    }

    /// How many papers a volume has, and a part of them, ordered by address (shorter addresses first, so that numbers
    /// count as numbers).
    pub fn papers_of_volume(&self, id: &str, offset: u32, limit: u32) -> Result<(u32, Vec<PaperId>), Error> {
        let id = derive::text(id);
        let count = self.one("SELECT COUNT(*) FROM papers WHERE volume = $1", &[Param::Text(&id)])?;
        let sql = "SELECT paper_id FROM papers WHERE volume = $1 \
                   ORDER BY LENGTH(address), address, paper_id LIMIT $2 OFFSET $3";
        let rows =
            self.rows(sql, &[Param::Text(&id), Param::Int(limit.into()), Param::Int(offset.into())])?;
        let papers = rows.iter().map(|row| derive::paper_id(row.int(0))).collect();
        Ok((count.map_or(0, |row| row.int(0) as u32), papers))
    }
}

/// Whether one account of a volume is better than another.
fn wins(one: &Volume, other: &Volume) -> bool {
    let rank = |volume: &Volume| {
        let json = serde_json::to_string(volume).unwrap_or_default();
        (volume.source, Reverse(volume.day), Reverse(volume.published), json)
    };
    rank(one) < rank(other)
}

pub(crate) fn read(row: &Row) -> Result<Volume, Error> {
    serde_json::from_str(row.text(0)).map_err(|error| Error::body("a volume", error))
}

//! Runs of imports and jobs, and the problems that they met.

use crate::session::{Param, Row};
use crate::{Accepted, Catalogue, Error, Problem, Run, body, derive};

impl Catalogue {
    /// The problems, by place, a part of them; and how many there are in all.
    pub fn problems(&self, offset: u32, limit: u32) -> Result<(u64, Vec<Problem>), Error> {
        let sql = "SELECT body FROM problems ORDER BY place, hash LIMIT $1 OFFSET $2";
        let rows = self.rows(sql, &[Param::Int(limit.into()), Param::Int(offset.into())])?;
        let problems = rows.iter().map(|row| problem(row.bytes(0))).collect::<Result<_, _>>()?;
        Ok((self.counts()?.problems, problems))
    }

    /// Notes that something began to run, at a time in seconds since 1970, UTC. Returns the run's number.
    pub fn begin_run(&self, kind: &str, subject: &str, at: i64) -> Result<u64, Error> {
        let (kind, subject) = (derive::text(kind), derive::text(subject));
        let accepted = json(&Accepted::default());
        let mut id = 0;
        self.backend.write(&mut |session| {
            session.execute("UPDATE meta SET value = value + 1 WHERE name = 'last_run'", &[])?;
            let rows = session.query("SELECT value FROM meta WHERE name = 'last_run'", &[])?;
            id = rows.first().map(|row| row.int(0)).unwrap_or_default();
            session.execute(
                "INSERT INTO runs (run_id, kind, subject, began, accepted, outcome) VALUES ($1, $2, $3, $4, $5, '')",
                &[
                    Param::Int(id),
                    Param::Text(&kind),
                    Param::Text(&subject),
                    Param::Int(at),
                    Param::Text(&accepted),
                ],
            )?;
            Ok(())
        })?;
        Ok(id as u64)
    }

    /// Notes how a run ended, and when.
    pub fn end_run(&self, id: u64, at: i64, accepted: &Accepted, outcome: &str) -> Result<(), Error> {
        let (accepted, outcome) = (json(accepted), derive::text(outcome));
        self.backend.write(&mut |session| {
            session.execute(
                "UPDATE runs SET ended = $1, accepted = $2, outcome = $3 WHERE run_id = $4",
                &[Param::Int(at), Param::Text(&accepted), Param::Text(&outcome), Param::Int(id as i64)],
            )?;
            Ok(())
        })
    }

    /// The latest runs, newest first.
    pub fn runs(&self, limit: u32) -> Result<Vec<Run>, Error> {
        let sql = "SELECT run_id, kind, subject, began, ended, accepted, outcome FROM runs \
                   ORDER BY run_id DESC LIMIT $1";
        let run = |row: &Row| {
            Ok(Run {
                id: row.int(0) as u64,
                kind: row.text(1).to_string(),
                subject: row.text(2).to_string(),
                began: row.int(3),
                ended: row.int_or_null(4),
                accepted: serde_json::from_str(row.text(5)).map_err(|error| Error::body("a run", error))?,
                outcome: row.text(6).to_string(),
            })
        };
        self.rows(sql, &[Param::Int(limit.into())])?.iter().map(run).collect()
    }
}

fn json(accepted: &Accepted) -> String {
    serde_json::to_string(accepted).unwrap_or_default()
}

pub(crate) fn problem(bytes: &[u8]) -> Result<Problem, Error> {
    let plain = body::unpack(bytes).map_err(|reason| Error::body("a problem", reason))?;
    serde_json::from_slice(&plain).map_err(|error| Error::body("a problem", error))
}

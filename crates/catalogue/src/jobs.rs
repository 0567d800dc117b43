//! Scheduled work as rows with leases, and gates: values that processes change in turn.
//!
//! Two processes never hold one job at once: a job is taken by raising its fence in a write transaction, and writers take
//! turns. A holder that was stopped for longer than its lease and wakes up finds that the fence has risen: what it delivers
//! or says then is refused. A killed holder's job is free when the lease ends.
//!
//! Times are arguments, seconds since 1970, UTC.

use crate::session::{Param, Row, Session};
use crate::{Catalogue, Error, derive};
use serde::{Deserialize, Serialize};

/// The right to do a job, until it ends or somebody else raises the fence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lease {
    /// The job's name.
    pub job: String,
    /// The number that grows each time that the job is taken.
    pub fence: u64,
}

/// Scheduled work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name; a job exists once.
    pub name: String,
    /// When it should run next.
    pub due: i64,
    /// Who runs it.
    pub holder: Option<String>,
    /// When the holder's right ends.
    pub lease_ends: Option<i64>,
    /// How often it was taken.
    pub fence: u64,
    /// How often in a row it failed.
    pub failures: u32,
    /// When it last succeeded.
    pub succeeded: Option<i64>,
    /// How it last ended, in words.
    pub outcome: String,
}

impl Job {
    /// True if somebody is at it.
    pub fn is_running(&self, now: i64) -> bool {
        self.holder.is_some() && self.lease_ends.is_some_and(|ends| ends > now)
    }

    /// The right of its present holder.
    pub fn lease(&self) -> Lease {
        Lease { job: self.name.clone(), fence: self.fence }
    }
}

const BY_NAME: &str =
    "SELECT name, due, holder, lease_ends, fence, failures, succeeded, outcome FROM jobs WHERE name = $1";

fn job(row: &Row) -> Job {
    Job {
        name: row.text(0).to_string(),
        due: row.int(1),
        holder: Some(row.text(2)).filter(|holder| !holder.is_empty()).map(str::to_string),
        lease_ends: row.int_or_null(3),
        fence: row.int(4) as u64,
        failures: row.int(5) as u32,
        succeeded: row.int_or_null(6),
        outcome: row.text(7).to_string(),
    }
}

/// Fails if the lease has passed to somebody else.
pub(crate) fn check(session: &mut dyn Session, lease: &Lease) -> Result<(), Error> {
    let sql = "SELECT 1 FROM jobs WHERE name = $1 AND fence = $2 AND holder IS NOT NULL";
    let params = [Param::Text(&lease.job), Param::Int(lease.fence as i64)];
    match session.query(sql, &params)?.is_empty() {
        true => Err(Error::LeaseLost { job: lease.job.clone() }),
        false => Ok(()),
    }
}

impl Catalogue {
    /// Makes a job that is due at a time. A job of that name that is there already stays as it is.
    pub fn schedule(&self, name: &str, due: i64) -> Result<(), Error> {
        let name = derive::text(name);
        if self.job(&name)?.is_some() {
            return Ok(());
        }
        self.backend.write(&mut |session| {
            let sql = "INSERT INTO jobs (name, due, fence, failures, outcome) VALUES ($1, $2, 0, 0, '') \
                       ON CONFLICT DO NOTHING";
            session.execute(sql, &[Param::Text(&name), Param::Int(due)]).map(|_| ())
        })
    }

    /// Forgets a job. What holds it may not deliver any more.
    pub fn unschedule(&self, name: &str) -> Result<(), Error> {
        let name = derive::text(name);
        self.backend.write(&mut |session| {
            session.execute("DELETE FROM jobs WHERE name = $1", &[Param::Text(&name)]).map(|_| ())
        })
    }

    /// Brings a job's time forward (or back), whoever holds it. False if there is no such job.
    pub fn reschedule(&self, name: &str, due: i64) -> Result<bool, Error> {
        let name = derive::text(name);
        let mut touched = 0;
        self.backend.write(&mut |session| {
            let sql = "UPDATE jobs SET due = $1 WHERE name = $2";
            touched = session.execute(sql, &[Param::Int(due), Param::Text(&name)])?;
            Ok(())
        })?;
        Ok(touched > 0)
    }

    /// Takes the job that has been due for longest and that nobody holds, for so many seconds.
    pub fn claim(&self, now: i64, holder: &str, seconds: u32) -> Result<Option<Job>, Error> {
        // Almost always nothing is due: a look takes no turn from writers.
        let sql = "SELECT name FROM jobs WHERE due <= $1 AND (holder IS NULL OR lease_ends <= $1) \
                   ORDER BY due, name LIMIT 1";
        if self.one(sql, &[Param::Int(now)])?.is_none() {
            return Ok(None);
        }
        let mut taken = None;
        self.backend.write(&mut |session| {
            let Some(row) = session.query(sql, &[Param::Int(now)])?.into_iter().next() else { return Ok(()) };
            taken = take(session, row.text(0), now, holder, seconds)?;
            Ok(())
        })?;
        Ok(taken)
    }

    /// Takes a job by name, due or not. `None` if there is no such job or somebody holds it.
    pub fn claim_job(&self, name: &str, now: i64, holder: &str, seconds: u32) -> Result<Option<Job>, Error> {
        let name = derive::text(name);
        let mut taken = None;
        self.backend.write(&mut |session| {
            let sql = "SELECT name FROM jobs WHERE name = $1 AND (holder IS NULL OR lease_ends <= $2)";
            if !session.query(sql, &[Param::Text(&name), Param::Int(now)])?.is_empty() {
                taken = take(session, &name, now, holder, seconds)?;
            }
            Ok(())
        })?;
        Ok(taken)
    }

    /// Keeps a job for so many seconds more. Fails with [`Error::LeaseLost`] if somebody else has taken it.
    pub fn renew(&self, lease: &Lease, now: i64, seconds: u32) -> Result<(), Error> {
        self.backend.write(&mut |session| {
            check(session, lease)?;
            let sql = "UPDATE jobs SET lease_ends = $1 WHERE name = $2";
            session
                .execute(sql, &[Param::Int(now.saturating_add(seconds.into())), Param::Text(&lease.job)])
                .map(|_| ())
        })
    }

    /// Ends a run of a job: when it is due again, and how it went in words. Fails with [`Error::LeaseLost`] if somebody
    /// else has taken it.
    pub fn finish(
        &self,
        lease: &Lease,
        now: i64,
        due: i64,
        succeeded: bool,
        outcome: &str,
    ) -> Result<(), Error> {
        let outcome = derive::text(outcome);
        self.backend.write(&mut |session| {
            check(session, lease)?;
            let name = Param::Text(&lease.job);
            if succeeded {
                let sql = "UPDATE jobs SET failures = 0, succeeded = $1 WHERE name = $2";
                session.execute(sql, &[Param::Int(now), name])?;
            } else {
                session.execute("UPDATE jobs SET failures = failures + 1 WHERE name = $1", &[name])?;
            }
            let sql =
                "UPDATE jobs SET due = $1, outcome = $2, holder = NULL, lease_ends = NULL WHERE name = $3";
            session.execute(sql, &[Param::Int(due), Param::Text(&outcome), name]).map(|_| ())
        })
    }

    /// Gives a job back unfinished, due at a time: neither a success nor a failure. Fails with [`Error::LeaseLost`] if
    /// somebody else has taken it.
    pub fn release(&self, lease: &Lease, due: i64) -> Result<(), Error> {
        self.backend.write(&mut |session| {
            check(session, lease)?;
            let sql = "UPDATE jobs SET due = $1, holder = NULL, lease_ends = NULL WHERE name = $2";
            session.execute(sql, &[Param::Int(due), Param::Text(&lease.job)]).map(|_| ())
        })
    }

    /// A job by name.
    pub fn job(&self, name: &str) -> Result<Option<Job>, Error> {
        Ok(self.one(BY_NAME, &[Param::Text(name)])?.as_ref().map(job))
    }

    /// All jobs, by name.
    pub fn jobs(&self) -> Result<Vec<Job>, Error> {
        let sql = "SELECT name, due, holder, lease_ends, fence, failures, succeeded, outcome FROM jobs ORDER BY name";
        Ok(self.rows(sql, &[])?.iter().map(job).collect())
    }

    /// A gate's value and the number that changes with it; 0 and an empty text for one that was never set.
    pub fn gate(&self, name: &str) -> Result<(u64, String), Error> {
        let row = self.one("SELECT fence, value FROM gates WHERE name = $1", &[Param::Text(name)])?;
        Ok(row.map_or((0, String::new()), |mut row| (row.int(0) as u64, row.take_text(1))))
    }

    /// Replaces a gate's value if its number is still the one that was seen. False if somebody was faster.
    pub fn set_gate(&self, name: &str, seen: u64, value: &str) -> Result<bool, Error> {
        let (name, value) = (derive::text(name), derive::text(value));
        let mut touched = 0;
        self.backend.write(&mut |session| {
            session.execute(
                "INSERT INTO gates (name, fence, value) VALUES ($1, 0, '') ON CONFLICT DO NOTHING",
                &[Param::Text(&name)],
            )?;
            let sql = "UPDATE gates SET fence = fence + 1, value = $1 WHERE name = $2 AND fence = $3";
            touched =
                session.execute(sql, &[Param::Text(&value), Param::Text(&name), Param::Int(seen as i64)])?;
            Ok(())
        })?;
        Ok(touched > 0)
    }
}

/// Raises a free job's fence.
fn take(
    session: &mut dyn Session,
    name: &str,
    now: i64,
    holder: &str,
    seconds: u32,
) -> Result<Option<Job>, Error> {
    let holder = derive::text(holder);
    let ends = now.saturating_add(seconds.into());
    let sql = "UPDATE jobs SET fence = fence + 1, holder = $1, lease_ends = $2 WHERE name = $3";
    session.execute(sql, &[Param::Text(&holder), Param::Int(ends), Param::Text(name)])?;
    Ok(session.query(BY_NAME, &[Param::Text(name)])?.first().map(job))
}

//! Scheduled work: tasks as jobs in the catalogue, taken by whoever is free, one at a time.
//!
//! A job is a row with a lease. Two processes never do one at once; one that was killed is taken up again when its lease
//! ends, and what the killed one delivered is where the next begins. Each run is a row too: what, when, how it ended.

use crate::ask::World;
use crate::run::{Failure, Run};
use catalogue::{Catalogue, Job, Lease};
use jiff::Timestamp;

/// How long a lease lasts. A run renews it with every page, and a page takes no longer than a gate's patience and an
/// answer together.
pub const LEASE_SECONDS: u32 = 900;

/// Keeps a lease for the next page.
pub(crate) fn renew(world: &World<'_>, catalogue: &Catalogue, lease: Option<&Lease>) -> Result<(), Failure> {
    match lease {
        Some(lease) => Ok(catalogue.renew(lease, world.clock.now().as_second(), LEASE_SECONDS)?),
        None => Ok(()),
    }
}

/// Something that is done by itself, again and again.
pub trait Task: Send + Sync {
    /// The job's name.
    fn name(&self) -> &str;

    /// Does it once.
    ///
    /// # Errors
    /// If it ended early. What it delivered stays.
    fn run(&self, world: &World<'_>, catalogue: &Catalogue, lease: &Lease) -> Result<Done, Failure>;

    /// When to try again after so many failures in a row.
    fn again(&self, now: Timestamp, failures: u32) -> Timestamp;
}

/// How a task went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When it is due again.
    pub due: Timestamp,
    /// What it brought.
    pub run: Run,
    /// How it ended, in words.
    pub words: String,
    /// False if something is still to come.
    pub succeeded: bool,
}

/// Makes sure that each task has its job, due at once where it is new.
///
/// # Errors
/// If the catalogue cannot be written.
pub fn schedule(
    world: &World<'_>,
    catalogue: &Catalogue,
    tasks: &[Box<dyn Task>],
) -> Result<(), catalogue::Error> {
    let now = world.clock.now().as_second();
    tasks.iter().try_for_each(|task| catalogue.schedule(task.name(), now))
}

/// Takes one job that is due and does it. `None` if none is.
///
/// # Errors
/// If the catalogue fails. A task that fails is no error: it is noted, and tried again.
pub fn work(
    world: &World<'_>,
    catalogue: &Catalogue,
    tasks: &[Box<dyn Task>],
) -> Result<Option<Job>, catalogue::Error> {
    let now = world.clock.now().as_second();
    for task in tasks {
        let due = catalogue.job(task.name())?.is_some_and(|job| job.due <= now && !job.is_running(now));
        if !due {
            continue;
        }
        if let Some(job) = catalogue.claim_job(task.name(), now, world.who, LEASE_SECONDS)? {
            carry_out(world, catalogue, task.as_ref(), &job)?;
            return catalogue.job(task.name());
        }
    }
    Ok(None)
}

fn carry_out(
    world: &World<'_>,
    catalogue: &Catalogue,
    task: &dyn Task,
    job: &Job,
) -> Result<(), catalogue::Error> {
    let lease = job.lease();
    let id = catalogue.begin_run("harvest", task.name(), world.clock.now().as_second())?;
    tracing::info!(job = task.name(), "began");
    let done = task.run(world, catalogue, &lease);
    let now = world.clock.now();
    let done = match done {
        Ok(done) => done,
        Err(failure) if failure.is_stop() => {
            // Nothing went wrong: whoever comes next goes on at once.
            let words = "stopped with the program; goes on at the next start";
            tracing::info!(job = task.name(), "{words}");
            catalogue.end_run(id, now.as_second(), &Run::default().accepted, words)?;
            return unless_lost(catalogue.release(&lease, now.as_second()));
        }
        Err(failure) => Done {
            due: task.again(now, job.failures + 1),
            run: Run::default(),
            words: failure.to_string(),
            succeeded: false,
        },
    };
    if done.succeeded {
        tracing::info!(
            job = task.name(),
            pages = done.run.pages,
            new = done.run.accepted.new,
            outcome = done.words,
            "ended"
        );
    } else {
        tracing::warn!(job = task.name(), outcome = done.words, again = %done.due, "ended early");
    }
    catalogue.end_run(id, now.as_second(), &done.run.accepted, &done.words)?;
    unless_lost(catalogue.finish(&lease, now.as_second(), done.due.as_second(), done.succeeded, &done.words))
}

/// Somebody else may have taken the job up: then it is theirs to finish.
fn unless_lost(result: Result<(), catalogue::Error>) -> Result<(), catalogue::Error> {
    match result {
        Err(catalogue::Error::LeaseLost { .. }) => Ok(()),
        other => other,
    }
}

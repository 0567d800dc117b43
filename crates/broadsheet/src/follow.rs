//! Keeps the index up with the catalogue: whoever holds the index lock indexes.

use catalogue::{Catalogue, Sequence};
use search::{Index, Progress};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a follower that is up to date looks for changes. One cheap query; a reader sees new papers within it.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// A thread that indexes until it is told to stop.
pub(crate) struct Follower {
    stop: Arc<AtomicBool>,
    finish: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Follower {
    /// Starts to follow.
    pub(crate) fn start(catalogue: Catalogue, directory: PathBuf) -> std::io::Result<Follower> {
        let stop = Arc::new(AtomicBool::new(false));
        let finish = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("index".into()).spawn({
            let (stop, finish) = (stop.clone(), finish.clone());
            move || follow(&catalogue, &directory, &stop, &finish)
        })?;
        Ok(Follower { stop, finish, thread })
    }

    /// Stops at the next commit.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.join();
    }

    /// Goes on until the index has all that the catalogue has now, unless another process indexes.
    pub(crate) fn finish(self) {
        self.finish.store(true, Ordering::Relaxed);
        self.join();
    }

    fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!(
                "the index thread ended by a fault in the program; searches miss what came after"
            );
        }
    }
}

fn follow(catalogue: &Catalogue, directory: &std::path::Path, stop: &AtomicBool, finish: &AtomicBool) {
    let mut indexer = None;
    let mut reached: Option<Sequence> = None;
    let mut complained = false;
    while !stop.load(Ordering::Relaxed) {
        let finishing = finish.load(Ordering::Relaxed);
        if indexer.is_none() {
            match Index::indexer(directory) {
                Ok(found) => indexer = found,
                Err(error) if !complained => {
                    complained = true;
                    tracing::error!(error = %error, "the index cannot be written; pages go on, searches miss what is new");
                }
                Err(_) => {}
            }
            if indexer.is_none() && finishing {
                return;
            }
        }
        if let Some(writer) = &mut indexer {
            let behind = catalogue.sequence().map(|sequence| reached != Some(sequence));
            match behind.map_err(|error| error.to_string()) {
                Ok(false) if finishing => return,
                Ok(false) => {}
                Ok(true) => match writer.catch_up(catalogue, stop, &mut |_: Progress| {}) {
                    Ok(sequence) => {
                        complained = false;
                        reached = Some(sequence);
                        // What came meanwhile is looked for at once.
                        continue;
                    }
                    Err(search::Error::Stopped) => return,
                    Err(error) => {
                        tracing::error!(error = %error, "indexing stopped; it starts again");
                        // A writer that failed may have lost its worker threads: a new one begins at the last commit.
                        indexer = None;
                        if finishing {
                            return;
                        }
                    }
                },
                Err(error) => tracing::error!(error, "the catalogue cannot be read for indexing"),
            }
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
}

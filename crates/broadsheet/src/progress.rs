//! Progress: a bar with rate and time left at a terminal, a quiet line now and then otherwise.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Lines are written this far apart when nobody watches.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// How far a long piece of work has come.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    began: Instant,
    last_line: Instant,
    papers: u64,
}

impl Progress {
    /// Work on `what`, of a total of so many bytes or papers (0 where unknown).
    pub(crate) fn new(what: impl Into<String>, total: u64, bytes: bool) -> Progress {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = if total > 0 { ProgressBar::new(total) } else { ProgressBar::new_spinner() };
            let form = match (total > 0, bytes) {
                (true, true) => "{prefix} {wide_bar} {bytes}/{total_bytes} · {msg} · {eta} left",
                (true, false) => "{prefix} {wide_bar} {human_pos}/{human_len} · {msg} · {eta} left",
                _ => "{prefix} {spinner} {msg} · {elapsed}",
            };
            if let Ok(style) = ProgressStyle::with_template(form) {
                bar.set_style(style);
            }
            bar.set_prefix(what.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let now = Instant::now();
        Progress { bar, what, began: now, last_line: now, papers: 0 }
    }

    /// The work has come to `position` of the total and counts `papers`.
    pub(crate) fn at(&mut self, position: u64, papers: u64) {
        self.papers = papers;
        let rate = papers as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        if let Some(bar) = &self.bar {
            bar.set_position(position);
            bar.set_message(format!("{papers} papers, {rate:.0}/s"));
        } else if self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            tracing::info!(
                papers,
                papers_per_second = rate as u64,
                "{}: {papers} papers, {rate:.0}/s",
                self.what
            );
        }
    }

    /// The work is done; the bar goes away.
    pub(crate) fn finish(self) -> Duration {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.began.elapsed()
    }
}

//! Death at each sync, and what a power cut would leave.
//!
//! A SIGKILL cannot show a missing sync, since the system's page cache survives the process. So there are two ways to
//! look at what is left: the directory itself (the process died), and its *shadow*, which holds only the bytes that
//! were synced (the machine died). The wrapped calls are listed in `testkit-preload`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Whether death comes before the call or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The call does not happen.
    Before,
    /// The call happened, its caller never learned.
    After,
}

/// What happens at which call.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// Death at this call, from 1.
    pub kill_at: Option<(u64, Side)>,
    /// This call, if it is a sync, fails with EIO.
    pub fail_at: Option<u64>,
    /// Where what a power cut would leave is kept.
    pub shadow: Option<PathBuf>,
}

/// How a run under a fault ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its status.
    pub status: ExitStatus,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// The calls that were counted, by name and path.
    pub calls: Vec<String>,
}

impl Run {
    /// Whether it was killed.
    pub fn killed(&self) -> bool {
        use std::os::unix::process::ExitStatusExt;
        self.status.signal() == Some(9)
    }
}

/// Runs a command whose calls on files below `under` are counted, with a fault.
///
/// # Panics
/// If the command cannot be started.
pub fn run(mut command: Command, under: &Path, fault: &Fault) -> Run {
    let log = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("no temporary file: {error}"));
    command
        .env("LD_PRELOAD", env!("TESTKIT_PRELOAD"))
        .env("BROADSHEET_TEST_KILL_UNDER", under)
        .env("BROADSHEET_TEST_KILL_LOG", log.path())
        .stdin(Stdio::null());
    if let Some((call, side)) = fault.kill_at {
        command.env("BROADSHEET_TEST_KILL_AT", call.to_string());
        command.env("BROADSHEET_TEST_KILL_SIDE", if side == Side::After { "after" } else { "before" });
    }
    if let Some(call) = fault.fail_at {
        command.env("BROADSHEET_TEST_FAIL_AT", call.to_string());
    }
    if let Some(shadow) = &fault.shadow {
        command.env("BROADSHEET_TEST_SHADOW", shadow);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let calls = std::fs::read_to_string(log.path()).unwrap_or_default();
    Run {
        status: output.status,
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        calls: calls
            .lines()
            .map(|line| line.split_once(' ').map_or(line, |(_, call)| call).to_string())
            .collect(),
    }
}

/// Which of `count` calls a sweep visits: all of them if `BROADSHEET_TEST_SWEEP=full`, otherwise the first and last
/// few and a sample between, at most `most`.
pub fn points(count: u64, most: u64) -> Vec<u64> {
    let full = std::env::var("BROADSHEET_TEST_SWEEP").is_ok_and(|value| value == "full");
    if full || count <= most {
        return (1..=count).collect();
    }
    // Beginnings and ends are where files are made and removed; the middle repeats itself.
    let edge = most / 4;
    let middle = most - 2 * edge;
    let between = (0..middle).map(|step| edge + 1 + step * (count - 2 * edge) / middle);
    (1..=edge).chain(between).chain(count - edge + 1..=count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "cd \"$1\" && dd if=/dev/zero of=a bs=8 count=1 conv=fsync 2>/dev/null && mv a b && echo more >> b && echo done > \"$2\"";

    fn sh(directory: &Path, end: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(directory).arg(end);
        command
    }

    #[test]
    fn calls_are_counted_and_death_comes_where_it_was_told() {
        let (directory, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let end = outside.path().join("end");
        let whole = run(sh(directory.path(), &end), directory.path(), &Fault::default());
        assert!(whole.status.success() && end.exists());
        assert!(whole.calls[0].starts_with("fsync") && whole.calls[0].ends_with("/a"), "{:?}", whole.calls);
        std::fs::remove_file(&end).unwrap();
        let fault = Fault { kill_at: Some((1, Side::Before)), ..Fault::default() };
        // `dd` is a child of the shell: its death ends the chain.
        assert!(!run(sh(directory.path(), &end), directory.path(), &fault).status.success());
        assert!(!end.exists());
    }

    #[test]
    fn the_shadow_holds_only_what_was_synced() {
        let (directory, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let shadow = outside.path().join("shadow");
        let fault = Fault { shadow: Some(shadow.clone()), ..Fault::default() };
        run(sh(directory.path(), &outside.path().join("end")), directory.path(), &fault);
        let kept = std::fs::read(shadow.join("a")).or_else(|_| std::fs::read(shadow.join("b"))).unwrap();
        assert_eq!(kept, [0; 8]);
        assert_eq!(std::fs::metadata(directory.path().join("b")).unwrap().len(), 13);
    }

    #[test]
    fn a_sweep_visits_both_ends() {
        assert_eq!(points(5, 10), [1, 2, 3, 4, 5]);
        let points = points(100, 12);
        assert_eq!((points.len(), points[0], points[11]), (12, 1, 100));
        assert!(points.windows(2).all(|pair| pair[0] < pair[1]), "{points:?}");
    }
}

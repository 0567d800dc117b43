//! Death at each sync, and what a power cut would leave.
//!
//! A SIGKILL cannot show a missing sync, since the system's page cache survives the process. So there are two ways to
//! look at what is left: the directory itself (the process died), and what holds only the bytes that were synced (the
//! machine died). File systems differ in what becomes of names then, so the latter comes in two: the *shadow* keeps names
//! in order, as ext4 does; [`after_power_loss`] loses them until their directory is synced, which is all that POSIX
//! promises. The wrapped calls are listed in `testkit-preload`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
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
    /// Where what a power cut would leave is kept, if the file system keeps names in order.
    pub shadow: Option<PathBuf>,
    /// Where the parts are kept of what a power cut would leave if a name is lost until its directory is synced:
    /// [`after_power_loss`] puts them together. It must lie outside the watched directory, as the shadow must.
    pub names: Option<PathBuf>,
    /// Whether messages on sockets count as calls: a death between two messages to a database.
    pub sockets: bool,
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

/// A disk that is watched, in a directory of its own together with what a power cut would leave of it.
#[derive(Debug)]
pub struct Disk {
    place: tempfile::TempDir,
}

impl Default for Disk {
    fn default() -> Disk {
        Disk::new()
    }
}

impl Disk {
    /// An empty disk.
    ///
    /// # Panics
    /// If no temporary directory can be made.
    pub fn new() -> Disk {
        let place = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary directory: {error}"));
        let disk = Disk { place };
        std::fs::create_dir(disk.root()).unwrap_or_else(|error| panic!("making a disk: {error}"));
        disk
    }

    /// What is watched: everything below it counts.
    pub fn root(&self) -> PathBuf {
        self.place.path().join("disk")
    }

    /// A fault that keeps what a power cut would leave, with a death at a call if there is one.
    pub fn fault(&self, kill_at: Option<(u64, Side)>) -> Fault {
        let (shadow, names) = (self.place.path().join("shadow"), self.place.path().join("names"));
        Fault { kill_at, shadow: Some(shadow), names: Some(names), ..Fault::default() }
    }

    /// How the disk looks after the run: as a dead process leaves it, and as each of the two kinds of file systems leaves
    /// it without power. Each may be written.
    ///
    /// # Panics
    /// If the disk cannot be put together.
    pub fn left(&self) -> [(&'static str, PathBuf); 3] {
        let (shadow, lost) = (self.place.path().join("shadow"), self.place.path().join("lost"));
        after_power_loss(&self.place.path().join("names"), &lost);
        std::fs::create_dir_all(&shadow).unwrap_or_else(|error| panic!("making a disk: {error}"));
        [("process killed", self.root()), ("power lost", shadow), ("power and unsynced names lost", lost)]
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
    if let Some(names) = &fault.names {
        command.env("BROADSHEET_TEST_NAMES", names);
    }
    if fault.sockets {
        command.env("BROADSHEET_TEST_KILL_SOCKETS", "1");
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

/// Builds the watched directory as a power cut leaves it where names are lost until their directory is synced, from the
/// parts in `names`, as `target`. What was never synced is not there; a name whose file never was is empty.
///
/// # Panics
/// If the parts cannot be read or `target` cannot be written.
pub fn after_power_loss(names: &Path, target: &Path) {
    let made = match std::fs::read_to_string(names.join("root")) {
        Ok(root) => build(names, &root, target),
        Err(_) => std::fs::create_dir_all(target),
    };
    made.unwrap_or_else(|error| panic!("building {}: {error}", target.display()));
}

fn build(names: &Path, key: &str, target: &Path) -> io::Result<()> {
    std::fs::create_dir_all(target)?;
    let listing = match std::fs::read(names.join("d").join(key)) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let mut parts = entry.splitn(3, |byte| *byte == b' ');
        let (kind, key, name) =
            (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (key, path) = (String::from_utf8_lossy(key), target.join(OsStr::from_bytes(name)));
        if kind == Some(b"d") {
            build(names, &key, &path)?;
        } else {
            match std::fs::copy(names.join("f").join(&*key), &path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => drop(std::fs::File::create(&path)?),
                copied => drop(copied?),
            }
        }
    }
    Ok(())
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

    /// What is left of a directory where names are lost until it is synced, after a script.
    fn left_by(script: &str) -> (tempfile::TempDir, PathBuf) {
        let outside = tempfile::tempdir().unwrap();
        let disk = outside.path().join("disk");
        std::fs::create_dir(&disk).unwrap();
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(&disk);
        let fault = Fault { names: Some(outside.path().join("names")), ..Fault::default() };
        assert!(run(command, &disk, &fault).status.success());
        let left = outside.path().join("left");
        after_power_loss(&outside.path().join("names"), &left);
        (outside, left)
    }

    #[test]
    fn names_are_lost_until_their_directory_is_synced() {
        let make =
            "dd if=/dev/zero of=a bs=8 count=1 conv=fsync 2>/dev/null; mkdir d; echo x > d/y; sync d/y";
        let (_disk, left) = left_by(make);
        assert_eq!(std::fs::read_dir(left).unwrap().count(), 0);
        let (_disk, left) = left_by(&format!("{make}; echo more >> a; : > empty; sync d .; : > late"));
        assert_eq!(std::fs::read(left.join("a")).unwrap(), [0; 8]);
        assert!(std::fs::read(left.join("empty")).unwrap().is_empty());
        assert_eq!(std::fs::read(left.join("d/y")).unwrap(), b"x\n");
        assert!(!left.join("late").exists());
    }

    #[test]
    fn a_rename_or_removal_is_undone_until_its_directory_is_synced() {
        let make = "echo old > a; echo gone > b; sync a b .; echo new > c; sync c; mv c a; rm b";
        let (_disk, left) = left_by(make);
        assert_eq!(std::fs::read(left.join("a")).unwrap(), b"old\n");
        assert_eq!(std::fs::read(left.join("b")).unwrap(), b"gone\n");
        assert!(!left.join("c").exists());
        let (_disk, left) = left_by(&format!("{make}; sync ."));
        assert_eq!(std::fs::read(left.join("a")).unwrap(), b"new\n");
        assert!(!left.join("b").exists());
    }

    #[test]
    fn a_sweep_visits_both_ends() {
        assert_eq!(points(5, 10), [1, 2, 3, 4, 5]);
        let points = points(100, 12);
        assert_eq!((points.len(), points[0], points[11]), (12, 1, 100));
        assert!(points.windows(2).all(|pair| pair[0] < pair[1]), "{points:?}");
    }
}

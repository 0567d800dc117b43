//! The real binary, in a directory of its own.

use crate::http::{self, Answer};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a start, a stop or a change may take before the test gives up. Debug builds on busy machines are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at again.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A data directory and the program that works on it.
#[derive(Debug)]
pub struct Instance {
    program: PathBuf,
    directory: tempfile::TempDir,
    database: Option<String>,
}

impl Instance {
    /// An empty directory for `program`.
    ///
    /// # Panics
    /// If no temporary directory can be made.
    pub fn new(program: impl Into<PathBuf>) -> Instance {
        let directory = tempfile::Builder::new().prefix("broadsheet-test-").tempdir();
        let directory = directory.unwrap_or_else(|error| panic!("no temporary directory: {error}"));
        Instance { program: program.into(), directory, database: None }
    }

    /// The same with the catalogue in PostgreSQL.
    pub fn with_database(program: impl Into<PathBuf>, url: &str) -> Instance {
        Instance { database: Some(url.to_string()), ..Instance::new(program) }
    }

    /// The address of the database that holds the catalogue, if it is not a file.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// A directory for input files, beside the data directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The data directory; the program makes it.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Writes an input file.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        let parent = path.parent().unwrap_or(Path::new("/"));
        let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, bytes));
        written.unwrap_or_else(|error| panic!("writing {}: {error}", path.display()));
        path
    }

    /// The program with `--data` for this directory, without the environment's own configuration.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        self.command_on(&self.data(), arguments)
    }

    /// The same on another data directory.
    pub fn command_on<S: AsRef<OsStr>>(
        &self,
        data: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--data").arg(data).current_dir(self.directory.path());
        if let Some(url) = &self.database {
            command.arg("--database").arg(url);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BROADSHEET_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// If the program cannot be started.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        run(self.command(arguments))
    }

    /// Serves the directory on a free port of loopback and waits until it is ready.
    ///
    /// # Panics
    /// If it does not become ready.
    pub fn serve(&self) -> Server {
        self.serve_with::<&str>([])
    }

    /// The same with further flags.
    ///
    /// # Panics
    /// If it does not become ready.
    pub fn serve_with<S: AsRef<OsStr>>(&self, flags: impl IntoIterator<Item = S>) -> Server {
        let mut command = self.command(["serve", "--listen", "127.0.0.1:0"]);
        command.args(flags);
        Server::start(command, &self.directory.path().join("serve.log"))
    }
}

/// Makes a function that takes an [`Instance`] into two tests, one for each database: `name::sqlite` and
/// `name::postgres`. The latter is skipped, and says so, where PostgreSQL is not installed.
#[macro_export]
macro_rules! on_each_database {
    ($program:expr, $($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                super::$name(&$crate::server::Instance::new($program));
            }

            #[test]
            fn postgres() {
                if let Some(database) = $crate::postgres::database() {
                    super::$name(&$crate::server::Instance::with_database($program, database.url()));
                }
            }
        })+
    };
}

/// How a command ended and what it said.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output of a command that must have succeeded.
    ///
    /// # Panics
    /// If it did not exit with 0.
    #[track_caller]
    pub fn success(self) -> String {
        assert_eq!(self.code, Some(0), "standard output: {}\nstandard error: {}", self.out, self.err);
        self.out
    }

    /// Standard error of a command that must have failed with this exit code.
    ///
    /// # Panics
    /// If it ended otherwise.
    #[track_caller]
    pub fn failure(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "standard output: {}\nstandard error: {}", self.out, self.err);
        self.err
    }
}

/// Runs a command to its end.
///
/// # Panics
/// If the program cannot be started.
pub fn run(mut command: Command) -> Ran {
    let output: Output =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Waits until a condition holds.
///
/// # Panics
/// If it does not hold within [`PATIENCE`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited {} s in vain: {what}", PATIENCE.as_secs());
        std::thread::park_timeout(LOOK_INTERVAL);
    }
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts `broadsheet serve …` and waits until `/readyz` says yes.
    ///
    /// # Panics
    /// If it ends before, or does not become ready.
    pub fn start(mut command: Command, log: &Path) -> Server {
        let file = |path: &Path| {
            File::create(path).unwrap_or_else(|error| panic!("making {}: {error}", path.display()))
        };
        let said = log.with_extension("out");
        command.stdin(Stdio::null()).stdout(file(&said)).stderr(file(log));
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut address = None;
        until("a server that is ready", || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the server ended with {status}: {}", read(log));
            }
            if address.is_none() {
                address = printed_address(&read(&said));
            }
            address
                .is_some_and(|address| http::get(address, "/readyz").is_ok_and(|answer| answer.status == 200))
        });
        let Some(address) = address else { unreachable!("`until` returned") };
        Server { child, address, log: log.to_path_buf() }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// What it printed so far.
    pub fn printed(&self) -> String {
        read(&self.log.with_extension("out"))
    }

    /// Asks for a page.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn get(&self, target: &str) -> Answer {
        http::get(self.address, target)
            .unwrap_or_else(|error| panic!("GET {target}: {error}; log: {}", self.log()))
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(mut self) -> ExitStatus {
        self.terminate();
        let mut status = None;
        until("a server that stops", || {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        status.unwrap_or_else(|| unreachable!("`until` returned"))
    }

    /// Sends SIGTERM and does not wait.
    pub fn terminate(&self) {
        signal(self.child.id(), "TERM");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name without `SIG`.
pub fn signal(process: u32, name: &str) {
    // A process that is gone already got what it was to get.
    let _ =
        Command::new("kill").args([format!("-{name}"), process.to_string()]).stderr(Stdio::null()).status();
}

fn read(path: &Path) -> String {
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => panic!("reading {}: {error}", path.display()),
    }
}

/// The first address after `http://` on a line that is whole.
fn printed_address(said: &str) -> Option<SocketAddr> {
    said.split_inclusive('\n').filter(|line| line.ends_with('\n')).find_map(|line| {
        let after = line.split_once("http://")?.1;
        after.split([' ', '/', '\n']).next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_a_server_prints() {
        let address = printed_address("Broadsheet is at http://127.0.0.1:7878 (Ctrl-C stops it)\n");
        assert_eq!(address, "127.0.0.1:7878".parse().ok());
        assert_eq!(printed_address("Broadsheet is at http://127.0.0.1:78"), None);
    }

    #[test]
    fn a_command_is_told_apart_by_its_end() {
        let ran = run({
            let mut command = Command::new("sh");
            command.args(["-c", "echo out; echo err >&2; exit 3"]);
            command
        });
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(3), "out\n", "err\n"));
    }
}

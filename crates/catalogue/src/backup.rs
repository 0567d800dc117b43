//! Copying a SQLite catalogue to a new file.

use crate::{Error, sqlite};
use rusqlite::{Connection, OpenFlags, backup};
use std::path::Path;
use std::time::Duration;

/// Pages of one step of a copy: 8 MiB. A copy whose source is written by another process meanwhile starts over, so it is
/// taken from one read transaction, in which nothing changes.
const PAGES_A_STEP: i32 = 1024;

/// Copies the catalogue at `from` to the new file `to`, consistent while others write, and durable on return.
pub(crate) fn copy(from: &Path, to: &Path, place: &str) -> Result<(), Error> {
    let shown = to.display().to_string();
    let file_error = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Exists { path: shown.clone() },
        _ => Error::File { path: shown.clone(), source },
    };
    if to.exists() {
        return Err(Error::Exists { path: shown });
    }
    // The copy gets its name when it is whole: one that was cut off must never look like a backup.
    let mut part = to.as_os_str().to_owned();
    part.push(format!(".part-{}", std::process::id()));
    let part = Path::new(&part);
    std::fs::File::create_new(part).map_err(file_error)?;
    let copied = (|| {
        let explain = |error| sqlite::explain(error, place);
        let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(explain)?;
        source.execute_batch("BEGIN; SELECT COUNT(*) FROM meta;").map_err(explain)?;
        let mut target = Connection::open(part).map_err(|error| sqlite::explain(error, &shown))?;
        {
            let copy = backup::Backup::new(&source, &mut target).map_err(explain)?;
            copy.run_to_completion(PAGES_A_STEP, Duration::ZERO, None)
                .map_err(|error| sqlite::explain(error, &shown))?;
        }
        // One file, no log beside it; it becomes a WAL database again when it is opened for writing.
        target
            .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
            .map_err(|error| sqlite::explain(error, &shown))?;
        drop(target);
        std::fs::File::open(part).and_then(|file| file.sync_all()).map_err(file_error)?;
        name_it(part, to).map_err(file_error)?;
        sync_directory(to).map_err(file_error)
    })();
    if copied.is_err() {
        // What was begun here is not a backup; the error that is returned says why. It may have its name already.
        let _ = std::fs::remove_file(part);
    }
    copied
}

/// Gives a file its name, unless something has it.
fn name_it(part: &Path, to: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(part, to) {
        Ok(()) => std::fs::remove_file(part),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(error),
        // Sticks and some network file systems have no second names. Renaming would replace what took the name since it
        // was looked for, a moment ago at most.
        Err(_) if !to.exists() => std::fs::rename(part, to),
        Err(_) => Err(std::io::ErrorKind::AlreadyExists.into()),
    }
}

fn sync_directory(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(directory)?.sync_all()
}

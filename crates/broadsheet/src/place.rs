//! The data directory: what lies where, and who may be in it.

use anyhow::{Context, Result, anyhow, bail};
use catalogue::{Access, Catalogue, Location};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::config::Config;

/// The data directory and the catalogue's location.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: PathBuf,
    location: Location,
}

impl Place {
    /// The place that the configuration names; nothing is touched yet.
    pub(crate) fn of(config: &Config) -> Result<Place> {
        let root = config.data();
        let location = match config.database() {
            Some(url) => Location::Postgres(url.to_string()),
            None => Location::Sqlite(root.join("catalogue.db")),
        };
        Ok(Place { root, location })
    }

    /// Makes the directory if need be: readable by its owner alone, since accounts will live here. Its own name is made
    /// durable too: what is synced in a directory is lost with the directory.
    pub(crate) fn create(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        let missing =
            self.root.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).count();
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root)
            .with_context(|| format!("making the data directory {}", self.root.display()))?;
        // One that exists may have been made by a process that died before it came here.
        for made in self.root.ancestors().take(missing.max(1)) {
            let parent =
                made.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            sync_names(parent).with_context(|| format!("syncing the directory {}", parent.display()))?;
        }
        Ok(())
    }

    /// The data directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the catalogue is.
    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// Where the index lies.
    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Opens the catalogue for writing, making it if need be.
    pub(crate) fn catalogue(&self) -> Result<Catalogue> {
        self.create()?;
        Ok(Catalogue::open(&self.location, Access::ReadWrite)?)
    }

    /// Opens an existing catalogue for reading.
    pub(crate) fn existing(&self) -> Result<Catalogue> {
        if let Location::Sqlite(path) = &self.location
            && !path.exists()
        {
            bail!(
                "there is no catalogue at {}: `broadsheet serve` or `broadsheet import FILE` makes one (--data DIR for another place)",
                path.display()
            );
        }
        Ok(Catalogue::open(&self.location, Access::ReadOnly)?)
    }

    /// Takes the place of the one server of this directory.
    pub(crate) fn lock(&self) -> Result<Lock> {
        self.create()?;
        let path = self.root.join("LOCK");
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Whoever holds it is named as far as the file says so; that it is held is what matters.
                let _ = file.read_to_string(&mut holder);
                return Err(anyhow!(
                    "{} is served already by {}: stop it first, or choose another directory with --data",
                    self.root.display(),
                    holder.trim()
                ));
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
        file.set_len(0)?;
        writeln!(file, "process {} (broadsheet {})", std::process::id(), env!("CARGO_PKG_VERSION"))?;
        Ok(Lock { _file: file })
    }
}

/// Makes the names in a directory durable. One that may not be read is not this user's to sync, and some file systems
/// sync no directories: there is nothing to be done then.
fn sync_names(directory: &Path) -> std::io::Result<()> {
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        done => done,
    }
}

/// Held as long as this process serves the directory; the system lets go of it however the process ends.
pub(crate) struct Lock {
    _file: File,
}

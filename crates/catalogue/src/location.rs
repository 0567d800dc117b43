//! Where a catalogue lies and what one wants of it.

use std::fmt;
use std::path::PathBuf;

/// Where a catalogue lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// The file `catalogue.db` of a data directory.
    Sqlite(PathBuf),
    /// A `postgres://…` address.
    Postgres(String),
}

impl Location {
    /// Reads what a person writes: a `postgres://` or `postgresql://` address, otherwise the path of a file.
    pub fn parse(text: &str) -> Location {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Location::Postgres(text.to_string());
        }
        Location::Sqlite(PathBuf::from(text.strip_prefix("sqlite://").unwrap_or(text)))
    }
}

impl fmt::Display for Location {
    /// For people: without the password that an address may carry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Sqlite(path) => write!(f, "{}", path.display()),
            Location::Postgres(address) => {
                let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
                let rest = rest.split('?').next().unwrap_or(rest);
                let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                write!(f, "{scheme}://{rest}")
            }
        }
    }
}

/// What one wants of a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read and to write; a missing catalogue is made, an older one brought up to date.
    ReadWrite,
    /// To read; a missing catalogue is an error, nothing on disk changes.
    ReadOnly,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let location = Location::parse("postgres://broadsheet:secret@db.example/papers?password=x");
        assert_eq!(location.to_string(), "postgres://db.example/papers");
    }

    #[test]
    fn what_is_no_address_is_a_path() {
        assert_eq!(Location::parse("data/catalogue.db"), Location::Sqlite("data/catalogue.db".into()));
    }
}

//! The schema's numbered files and which of them a catalogue has.

use crate::Error;

/// One step of the schema.
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) text: &'static str,
}

pub(crate) const SQLITE: &[Migration] = &[
    Migration { number: 1, text: include_str!("../migrations/sqlite/0001_catalogue.sql") },
    Migration { number: 2, text: include_str!("../migrations/sqlite/0002_harvest.sql") },
];

pub(crate) const POSTGRES: &[Migration] = &[
    Migration { number: 1, text: include_str!("../migrations/postgres/0001_catalogue.sql") },
    Migration { number: 2, text: include_str!("../migrations/postgres/0002_harvest.sql") },
];

/// The newest schema that this program knows.
pub(crate) const KNOWN: i64 = 2;

/// The table of applied migrations; it reads the same in both databases.
pub(crate) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, hash TEXT NOT NULL)";
pub(crate) const APPLIED: &str = "SELECT number, hash FROM migrations ORDER BY number";
pub(crate) const APPLY: &str = "INSERT INTO migrations (number, hash) VALUES ($1, $2)";

/// The hash by which an applied migration is known again.
pub(crate) fn hash(migration: &Migration) -> String {
    blake3::hash(migration.text.as_bytes()).to_hex().to_string()
}

/// Which steps are still to be taken, given those that were.
pub(crate) fn missing<'a>(
    all: &'a [Migration],
    applied: &[(i64, String)],
    place: &str,
) -> Result<Vec<&'a Migration>, Error> {
    for (number, applied_hash) in applied {
        let Some(known) = all.iter().find(|migration| migration.number == *number) else {
            let found = applied.iter().map(|(number, _)| *number).max().unwrap_or(*number);
            return Err(Error::Newer { place: place.to_string(), found, known: KNOWN });
        };
        if hash(known) != *applied_hash {
            return Err(Error::OtherMigration { place: place.to_string(), number: *number });
        }
    }
    let is_applied = |migration: &&Migration| applied.iter().any(|(number, _)| *number == migration.number);
    Ok(all.iter().filter(|migration| !is_applied(migration)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_know_the_same_schema() {
        let numbers = |all: &[Migration]| all.iter().map(|migration| migration.number).collect::<Vec<_>>();
        assert_eq!(numbers(SQLITE), numbers(POSTGRES));
        assert_eq!(numbers(SQLITE).last(), Some(&KNOWN));
    }

    #[test]
    fn a_migration_with_another_text_is_refused() {
        let applied = [(1, "another".to_string())];
        assert!(matches!(missing(SQLITE, &applied, "x"), Err(Error::OtherMigration { number: 1, .. })));
    }
}

//! What a catalogue says and keeps when the disk, the file or another process is against it. SQLite only: PostgreSQL looks
//! after its own files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use catalogue::*;
use common::*;
use std::process::Command;

#[test]
fn a_file_that_is_no_database_is_refused() {
    let home = Home::sqlite();
    std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    std::fs::write(home.path(), "a diary, and a long one, but surely no database\n".repeat(200)).unwrap();
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let error = Catalogue::open(&home.location, access).unwrap_err();
        assert!(matches!(error, Error::NotACatalogue { .. }), "{error}");
    }
}

#[test]
fn another_programs_database_is_refused() {
    let home = Home::sqlite();
    std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    home.sql("CREATE TABLE songs (title TEXT)");
    let error = Catalogue::open(&home.location, Access::ReadWrite).unwrap_err();
    assert!(matches!(error, Error::NotACatalogue { .. }), "{error}");
    let error = Catalogue::open(&home.location, Access::ReadOnly).unwrap_err();
    assert!(matches!(error, Error::NotACatalogue { .. }), "{error}");
}

#[test]
fn a_file_cut_short_is_damage() {
    let home = Home::sqlite();
    accept(&home.open(), &[record("arxiv:2401.00001")]);
    let file = std::fs::OpenOptions::new().write(true).open(home.path()).unwrap();
    file.set_len(3 * 8192).unwrap();
    let said = match Catalogue::open(&home.location, Access::ReadWrite) {
        Err(error) => error,
        Ok(catalogue) => catalogue.check().unwrap_err(),
    };
    assert!(matches!(said, Error::Damaged { .. }), "{said}");
}

#[test]
fn a_changed_body_is_found() {
    let home = Home::sqlite();
    accept(&home.open(), &[record("arxiv:2401.00001"), record("arxiv:2401.00002")]);
    home.sql("UPDATE papers SET body = (SELECT body FROM papers WHERE paper_id = 2) WHERE paper_id = 1");
    home.sql("UPDATE records SET body = x'02ff' WHERE record_id = 2");
    let wrong = home.open().check().unwrap();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("paper 2401.00001 cannot be read"), "{wrong:?}");
    assert!(wrong[1].contains("a record of arxiv:2401.00002 cannot be read"), "{wrong:?}");
}

#[test]
fn rows_that_point_nowhere_are_found() {
    let home = Home::sqlite();
    accept(&home.open(), &[stating(record("arxiv:2401.00001"), "doi:10.1000/1")]);
    home.sql("DELETE FROM papers");
    let wrong = home.open().check().unwrap();
    assert!(wrong.iter().any(|line| line == "1 addresses lead nowhere"), "{wrong:?}");
    assert!(wrong.iter().any(|line| line == "the catalogue counts 1 papers, but has 0"), "{wrong:?}");
}

#[test]
fn a_backup_is_whole_and_overwrites_nothing() {
    let home = Home::sqlite();
    let catalogue = home.open();
    accept(&catalogue, &[record("arxiv:2401.00001")]);
    let copy = home.path().with_file_name("copy.db");
    catalogue.backup(&copy).unwrap();
    assert!(matches!(catalogue.backup(&copy), Err(Error::Exists { .. })));
    let restored = Catalogue::open(&Location::Sqlite(copy), Access::ReadWrite).unwrap();
    assert_same_dump(&dump(&catalogue), &dump(&restored));
    assert_eq!(restored.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_backup_while_others_write_is_one_state() {
    let home = Home::sqlite();
    let catalogue = home.open();
    accept(&catalogue, &(1..200).map(|n| record(&format!("arxiv:2401.{n:05}"))).collect::<Vec<_>>());
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                number += 1;
                accept(&catalogue, &[record(&format!("arxiv:2402.{number:05}"))]);
            }
        });
        for number in 0..5 {
            let copy = home.path().with_file_name(format!("copy{number}.db"));
            catalogue.backup(&copy).unwrap();
            let copy = Catalogue::open(&Location::Sqlite(copy), Access::ReadWrite).unwrap();
            assert_eq!(copy.check().unwrap(), Vec::<String>::new());
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[cfg(unix)]
#[test]
fn the_directory_is_made_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::sqlite();
    home.open();
    let mode = std::fs::metadata(home.path().parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// What [`in_a_process_of_its_own`] does, by name.
const DEED: &str = "BROADSHEET_TEST_DEED";

/// Runs this test program once more, for one deed within another process.
fn deed(deed: &str, home: &Home) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "in_a_process_of_its_own", "--nocapture"])
        .env(DEED, deed)
        .env("BROADSHEET_TEST_HOME", home.path());
    command
}

#[test]
fn in_a_process_of_its_own() {
    let Ok(deed) = std::env::var(DEED) else { return };
    let location = Location::parse(&std::env::var("BROADSHEET_TEST_HOME").unwrap());
    match deed.as_str() {
        "open" => println!(
            "SAID {:?}",
            Catalogue::open(&location, Access::ReadWrite).map_err(|e| e.to_string()).err()
        ),
        "fill" => fill(&location),
        first => {
            let catalogue = Catalogue::open(&location, Access::ReadWrite).unwrap();
            for number in 1..=40 {
                accept(&catalogue, &[record(&format!("arxiv:{first}.{number:05}"))]);
            }
        }
    }
}

/// Writes until the disk is full; what was accepted until then is there, and reading goes on.
fn fill(location: &Location) {
    let catalogue = Catalogue::open(location, Access::ReadWrite).unwrap();
    let mut accepted = 0;
    let error = loop {
        let mut incoming = incoming(&record(&format!("arxiv:2401.{:05}", accepted + 1)));
        incoming.raw = blake3_bytes(accepted, 20_000);
        match catalogue.accept(&[incoming], &[]) {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_full(), "{error:?}");
    assert_eq!(catalogue.counts().unwrap().papers, u64::from(accepted));
    assert_eq!(catalogue.check().unwrap(), Vec::<String>::new());
    eprintln!("SAID {accepted} {error}");
    // As soon as there is space, writing goes on, without a restart.
    std::fs::remove_file(std::path::Path::new(&location.to_string()).with_file_name("ballast")).unwrap();
    accept(&catalogue, &[record("arxiv:2402.00001")]);
    eprintln!("SAID resumed");
}

/// Bytes that do not compress.
fn blake3_bytes(seed: u32, length: usize) -> Vec<u8> {
    let mut dice = testkit::generate::Dice::new(seed.into());
    (0..length).map(|_| dice.bits() as u8).collect()
}

#[test]
fn two_processes_write_at_once_and_both_succeed() {
    let home = Home::sqlite();
    home.open();
    let mut processes: Vec<_> =
        ["2401", "2402"].iter().map(|month| deed(month, &home).spawn().unwrap()).collect();
    assert!(processes.iter_mut().all(|process| process.wait().unwrap().success()));
    let catalogue = home.open();
    assert_eq!(catalogue.counts().unwrap(), Counts { papers: 80, records: 80, problems: 0 });
    assert_eq!(catalogue.check().unwrap(), Vec::<String>::new());
}

/// Runs a shell command in which `$0` is what follows, with a small disk of its own; `None` where that is not permitted.
fn on_a_small_disk(script: &str, home: &Home, deed_name: &str) -> Option<std::process::Output> {
    let directory = home.path().parent().unwrap().to_path_buf();
    std::fs::create_dir_all(&directory).unwrap();
    let allowed = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mount -t tmpfs -o size=64k none \"$0\""])
        .arg(&directory)
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no small disk can be mounted here");
        return None;
    }
    let inner = deed(deed_name, home);
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]).arg(&directory).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    Some(command.output().unwrap())
}

#[test]
fn a_full_disk_loses_nothing_and_writing_resumes_with_space() {
    let home = Home::sqlite();
    let script =
        "mount -t tmpfs -o size=3m none \"$0\" && head -c 1000000 /dev/zero > \"$0/ballast\" && exec \"$@\"";
    let Some(output) = on_a_small_disk(script, &home, "fill") else { return };
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("free space and start again; nothing accepted was lost"), "{said}");
    assert!(said.contains("SAID resumed"), "{said}");
}

#[test]
fn a_disk_too_small_for_a_catalogue_says_so() {
    let home = Home::sqlite();
    let script = "mount -t tmpfs -o size=16k none \"$0\" && exec \"$@\"";
    let Some(output) = on_a_small_disk(script, &home, "open") else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("no space left"), "{said}");
}

#[test]
fn a_read_only_directory_says_so() {
    let home = Home::sqlite();
    let script = "mount -t tmpfs -o size=1m,ro none \"$0\" && exec \"$@\"";
    let Some(output) = on_a_small_disk(script, &home, "open") else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("cannot be written: make its directory writable"), "{said}");
}

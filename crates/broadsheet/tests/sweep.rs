//! Death at every sync of an import, as a process and as a machine, and what is there afterwards.
//!
//! The default visits a sample of the syncs; `BROADSHEET_TEST_SWEEP=full` visits all of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use testkit::generate;
use testkit::killsweep::{self, Disk, Fault, Side};
use testkit::server::{Instance, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");
/// Syncs that the sampled sweep visits, each on both sides.
const POINTS_MAX: u64 = 10;

struct Undisturbed {
    instance: Instance,
    input: PathBuf,
    export: String,
    /// Records in the catalogue after each file, with the file's name.
    records_after: Vec<(String, u64)>,
}

fn undisturbed() -> Undisturbed {
    let instance = Instance::new(PROGRAM);
    let mut input = PathBuf::new();
    let mut records_after = Vec::new();
    for (name, text) in generate::files(&generate::works(3, 45)) {
        let file = instance.write(&format!("in/{name}"), text);
        run(import(&instance, &instance.data(), &file, true)).success();
        records_after.push((name.to_string(), records(&instance, &instance.data())));
        input = file.parent().unwrap().to_path_buf();
    }
    let export = instance.run(["export"]).success();
    Undisturbed { instance, input, export, records_after }
}

fn import(instance: &Instance, data: &Path, input: &Path, words_only: bool) -> std::process::Command {
    let mut command = instance.command_on(data, ["import".as_ref(), input.as_os_str()]);
    if words_only {
        command.arg("--no-index");
    }
    command
}

/// The data directory on a disk; the program makes it.
fn data_on(root: &Path) -> PathBuf {
    root.join("data")
}

fn doctor(instance: &Instance, data: &Path) -> serde_json::Value {
    let ran = run(instance.command_on(data, ["doctor", "--json"]));
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("doctor: {ran:?}"))
}

fn records(instance: &Instance, data: &Path) -> u64 {
    doctor(instance, data)["records"].as_u64().unwrap()
}

/// What doctor finds wrong, apart from a disk that is nearly full.
fn damage(instance: &Instance, data: &Path) -> Vec<String> {
    let report = doctor(instance, data);
    let lines = report["damage"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_string());
    lines.filter(|line| !line.starts_with("disk")).collect()
}

/// Checks a directory that was left by a death: everything acknowledged is there, and a second try completes it.
fn check(
    whole: &Undisturbed,
    instance: &Instance,
    data: &Path,
    acknowledged: &str,
    no_index: bool,
    story: &str,
) {
    let file = whole.records_after.iter().rev().find(|(name, _)| acknowledged.contains(&format!("{name}: ")));
    if let Some((name, expected)) = file {
        let found = records(instance, data);
        assert!(
            found >= *expected,
            "{story}: {name} was acknowledged, but {found} of {expected} records are there"
        );
        // An index that was only half made is made anew from the catalogue; the catalogue itself must be sound.
        let damage = damage(instance, data).into_iter().filter(|line| !line.starts_with("index"));
        assert_eq!(damage.collect::<Vec<_>>(), Vec::<String>::new(), "{story}: after the death");
    }
    let again = run(import(instance, data, &whole.input, no_index));
    assert_eq!(again.code, Some(0), "{story}: importing again: {again:?}");
    assert_eq!(damage(instance, data), Vec::<String>::new(), "{story}: after importing again");
    let export = run(instance.command_on(data, ["export"])).success();
    assert!(export == whole.export, "{story}: the catalogue differs from that of an undisturbed import");
}

/// Kills an import at a sample of its syncs and checks both what the process and what the machine would leave.
fn sweep(no_index: bool, points_max: u64) {
    let whole = undisturbed();
    let counted = Disk::new();
    let calls = killsweep::run(
        import(&whole.instance, &data_on(&counted.root()), &whole.input, no_index),
        &counted.root(),
        &Fault::default(),
    );
    assert!(calls.status.success(), "{}", calls.err);
    assert!(
        calls.calls.iter().any(|call| call.contains("catalogue.db")),
        "no call was counted: {:?}",
        calls.calls
    );
    let mut deaths = 0;
    for call in killsweep::points(calls.calls.len() as u64, points_max) {
        for side in [Side::Before, Side::After] {
            let disk = Disk::new();
            let ended = killsweep::run(
                import(&whole.instance, &data_on(&disk.root()), &whole.input, no_index),
                &disk.root(),
                &disk.fault(Some((call, side))),
            );
            // Threads may share their work out differently: a run that has fewer calls than the counted one just ends.
            deaths += u32::from(ended.killed());
            let at = ended.calls.last().map_or("the beginning", String::as_str);
            let story = format!("{side:?} call {call} ({at})");
            for (how, root) in disk.left() {
                let data = data_on(&root);
                check(&whole, &whole.instance, &data, &ended.out, no_index, &format!("{how} {story}"));
            }
        }
    }
    assert!(deaths > 0, "no run was killed");
    eprintln!("{deaths} deaths at {} calls, each looked at in three ways", calls.calls.len());
}

#[test]
fn an_import_killed_at_any_sync_ends_as_an_undisturbed_one() {
    sweep(true, POINTS_MAX);
}

#[test]
fn an_import_with_its_index_killed_at_any_sync_ends_as_an_undisturbed_one() {
    sweep(false, POINTS_MAX / 2);
}

/// Deaths of an import into PostgreSQL; each needs a database of its own.
const DATABASE_POINTS_MAX: u64 = 10;

#[test]
fn an_import_into_postgres_killed_at_any_message_ends_as_an_undisturbed_one() {
    let whole = undisturbed();
    let Some(database) = testkit::postgres::database() else { return };
    let counted = Instance::with_database(PROGRAM, database.url());
    let fault = Fault { sockets: true, ..Fault::default() };
    let calls =
        killsweep::run(import(&counted, &counted.data(), &whole.input, true), counted.directory(), &fault);
    assert!(calls.status.success(), "{}", calls.err);
    let messages = calls.calls.iter().filter(|call| call.contains("socket:")).count();
    assert!(messages > 20, "messages are not counted: {:?}", calls.calls);
    assert!(counted.run(["export"]).success() == whole.export, "PostgreSQL and SQLite differ");
    let mut deaths = 0;
    for call in killsweep::points(calls.calls.len() as u64, DATABASE_POINTS_MAX) {
        for side in [Side::Before, Side::After] {
            let Some(database) = testkit::postgres::database() else { return };
            let instance = Instance::with_database(PROGRAM, database.url());
            let fault = Fault { kill_at: Some((call, side)), sockets: true, ..Fault::default() };
            let command = import(&instance, &instance.data(), &whole.input, true);
            let ended = killsweep::run(command, instance.directory(), &fault);
            deaths += u32::from(ended.killed());
            check(
                &whole,
                &instance,
                &instance.data(),
                &ended.out,
                true,
                &format!("killed {side:?} message {call}"),
            );
        }
    }
    assert!(deaths > 0, "no run was killed");
    eprintln!("{deaths} deaths at {} calls, {messages} of them messages", calls.calls.len());
}

#[test]
fn the_index_never_claims_what_it_lacks() {
    let whole = undisturbed();
    let counted = Disk::new();
    let calls = killsweep::run(
        import(&whole.instance, &data_on(&counted.root()), &whole.input, false),
        &counted.root(),
        &Fault::default(),
    );
    let index: Vec<u64> = (1..)
        .zip(&calls.calls)
        .filter(|(_, call)| call.contains("/index/"))
        .map(|(number, _)| number)
        .collect();
    assert!(!index.is_empty(), "{:?}", calls.calls);
    let wanted =
        whole.instance.run(["search", "study", "--engine", "words", "--limit", "100", "--json"]).success();
    let wanted = addresses(&wanted);
    assert!(!wanted.is_empty());
    for place in killsweep::points(index.len() as u64, 6) {
        let (disk, call) = (Disk::new(), index[place as usize - 1]);
        let ended = killsweep::run(
            import(&whole.instance, &data_on(&disk.root()), &whole.input, false),
            &disk.root(),
            &disk.fault(Some((call, Side::After))),
        );
        for (how, root) in disk.left() {
            let left = data_on(&root);
            run(import(&whole.instance, &left, &whole.input, false)).success();
            let found = run(whole
                .instance
                .command_on(&left, ["search", "study", "--engine", "words", "--limit", "100", "--json"]));
            let at = ended.calls.last();
            assert_eq!(addresses(&found.success()), wanted, "{how} after call {call} ({at:?})");
        }
    }
}

/// The papers of an answer in JSON, in order of their addresses.
fn addresses(json: &str) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_str(json).unwrap();
    let mut addresses: Vec<String> = answer["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["address"].as_str().unwrap().to_string())
        .collect();
    addresses.sort();
    addresses
}

#[test]
fn a_failed_sync_is_never_taken_for_success() {
    let whole = undisturbed();
    let counted = tempfile::tempdir().unwrap();
    let data = counted.path().join("data");
    let calls = killsweep::run(import(&whole.instance, &data, &whole.input, true), &data, &Fault::default());
    let syncs: Vec<u64> = (1..)
        .zip(&calls.calls)
        .filter(|(_, call)| call.contains("sync "))
        .map(|(number, _)| number)
        .collect();
    for place in killsweep::points(syncs.len() as u64, POINTS_MAX) {
        let (directory, call) = (tempfile::tempdir().unwrap(), syncs[place as usize - 1]);
        let data = directory.path().join("data");
        let fault = Fault { fail_at: Some(call), ..Fault::default() };
        let ended = killsweep::run(import(&whole.instance, &data, &whole.input, true), &data, &fault);
        let what = ended.calls.get(call as usize - 1).cloned().unwrap_or_default();
        // A directory's sync and a checkpoint's are SQLite's own to repeat; a commit's is not.
        if what.contains("catalogue.db-wal") && ended.status.success() {
            let found = records(&whole.instance, &data);
            let expected = whole.records_after.last().map_or(0, |(_, records)| *records);
            assert_eq!(found, expected, "call {call} ({what}) failed, and the import said nothing");
        }
        check(&whole, &whole.instance, &data, &ended.out, true, &format!("EIO at call {call} ({what})"));
    }
}

//! Backups and restores that die in the middle, as processes and with their machine.
//!
//! The default visits a sample of the syncs; `BROADSHEET_TEST_SWEEP=full` visits all of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;
use testkit::generate;
use testkit::killsweep::{self, Disk, Side};
use testkit::server::{Instance, Ran, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");
/// Syncs that the sampled sweep visits, each on both sides.
const POINTS_MAX: u64 = 8;

/// A catalogue, and what it exports.
fn catalogue() -> (Instance, String) {
    let instance = Instance::new(PROGRAM);
    for (name, text) in generate::files(&generate::works(3, 45)) {
        let file = instance.write(&format!("in/{name}"), text);
        instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    }
    let export = instance.run(["export"]).success();
    (instance, export)
}

fn backup(instance: &Instance, to: &Path) -> Command {
    instance.command(["backup".as_ref(), to.as_os_str()])
}

fn restore(instance: &Instance, from: &Path, data: &Path) -> Command {
    instance.command_on(data, ["restore".as_ref(), from.as_os_str()])
}

fn export(instance: &Instance, data: &Path) -> Ran {
    run(instance.command_on(data, ["export"]))
}

#[test]
fn a_backup_that_was_acknowledged_survives_the_power_and_a_cut_one_is_never_taken_for_whole() {
    let (instance, whole) = catalogue();
    let counted = Disk::new();
    let ran = killsweep::run(
        backup(&instance, &counted.root().join("copy")),
        &counted.root(),
        &counted.fault(None),
    );
    assert!(ran.status.success(), "{}", ran.err);
    for (how, root) in counted.left() {
        let data = root.join("restored");
        run(restore(&instance, &root.join("copy"), &data)).success();
        assert!(
            export(&instance, &data).success() == whole,
            "{how} after the backup: it is another catalogue"
        );
    }
    let mut deaths = 0;
    for call in killsweep::points(ran.calls.len() as u64, POINTS_MAX) {
        for side in [Side::Before, Side::After] {
            let disk = Disk::new();
            let ended = killsweep::run(
                backup(&instance, &disk.root().join("copy")),
                &disk.root(),
                &disk.fault(Some((call, side))),
            );
            deaths += u32::from(ended.killed());
            for (how, root) in disk.left() {
                let data = root.join("restored");
                let restored = run(restore(&instance, &root.join("copy"), &data));
                if restored.code == Some(0) {
                    assert!(
                        export(&instance, &data).success() == whole,
                        "{how} {side:?} call {call}: half a catalogue was restored"
                    );
                } else {
                    assert!(!data.join("catalogue.db").exists(), "{how} {side:?} call {call}: {restored:?}");
                }
            }
        }
    }
    assert!(deaths > 0, "no run was killed");
    eprintln!("{deaths} deaths at {} calls, each looked at in three ways", ran.calls.len());
}

#[test]
fn a_restore_killed_at_any_sync_leaves_no_catalogue_or_a_whole_one() {
    let (instance, whole) = catalogue();
    let file = instance.directory().join("copy");
    run(backup(&instance, &file)).success();
    let other = Instance::new(PROGRAM);
    let papers = other.write("papers.jsonl", generate::arxiv(&generate::works(8, 60)));
    other.run(["import".as_ref(), "--no-index".as_ref(), papers.as_os_str()]).success();
    let (other_file, other_whole) = (other.directory().join("copy"), other.run(["export"]).success());
    run(backup(&other, &other_file)).success();

    let counted = Disk::new();
    let data = counted.root().join("data");
    let ran = killsweep::run(restore(&instance, &file, &data), &counted.root(), &counted.fault(None));
    assert!(ran.status.success(), "{}", ran.err);
    for (how, root) in counted.left() {
        assert!(export(&instance, &root.join("data")).success() == whole, "{how} after the restore");
    }
    let mut deaths = 0;
    for call in killsweep::points(ran.calls.len() as u64, POINTS_MAX) {
        for side in [Side::Before, Side::After] {
            let disk = Disk::new();
            let command = restore(&instance, &file, &disk.root().join("data"));
            let ended = killsweep::run(command, &disk.root(), &disk.fault(Some((call, side))));
            deaths += u32::from(ended.killed());
            for (how, root) in disk.left() {
                let (story, data) = (format!("{how} {side:?} call {call}"), root.join("data"));
                let left = export(&instance, &data);
                if left.code == Some(0) {
                    assert!(left.out == whole, "{story}: half a catalogue");
                    continue;
                }
                assert!(left.err.contains("there is no catalogue"), "{story}: {left:?}");
                // What was left behind is in nobody's way, not even in that of another backup.
                run(restore(&instance, &other_file, &data)).success();
                assert!(
                    export(&instance, &data).success() == other_whole,
                    "{story}: another backup restored"
                );
            }
        }
    }
    assert!(deaths > 0, "no run was killed");
    eprintln!("{deaths} deaths at {} calls, each looked at in three ways", ran.calls.len());
}

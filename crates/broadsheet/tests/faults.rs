//! A full disk, a read-only directory, a catalogue from the future, a damaged index.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;
use testkit::generate;
use testkit::server::{Instance, Ran, run, until};
use testkit::shared::skipped;

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");

/// Runs a shell script in which `$DATA` is a small file system of its own; `None` where mounting is not permitted.
fn on_small_disk(instance: &Instance, size: &str, script: &str) -> Option<Ran> {
    std::fs::create_dir_all(instance.data()).unwrap();
    let with_mount = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([
            "-rm",
            "sh",
            "-ec",
            &format!("mount -t tmpfs -o size={size} none \"$DATA\"\n{script}"),
        ]);
        command.env("DATA", instance.data()).env("PROGRAM", PROGRAM).current_dir(instance.directory());
        run(command)
    };
    let permitted = with_mount("true");
    if permitted.code != Some(0) {
        skipped(&format!("mounting a small disk is not permitted here: {}", permitted.err.trim()));
        return None;
    }
    Some(with_mount(script))
}

#[test]
fn a_full_disk_refuses_loses_nothing_and_recovers() {
    let instance = Instance::new(PROGRAM);
    let (first, rest) = (generate::works(1, 20), generate::works(2, 4_000));
    instance.write("first.jsonl", generate::arxiv(&first));
    instance.write("rest.jsonl", generate::arxiv(&rest));
    let script = r#"
        import() { "$PROGRAM" import --no-index --data "$DATA" "$1"; }
        import first.jsonl
        if import rest.jsonl 2> full.err; then echo "the full disk was not noticed"; exit 9; fi
        mount -o remount,size=200m "$DATA"
        "$PROGRAM" paper FIRST --data "$DATA" > /dev/null
        import rest.jsonl
        "$PROGRAM" export --data "$DATA" > after.txt
    "#
    .replace("FIRST", &first[0].arxiv);
    let Some(ran) = on_small_disk(&instance, "2m", &script) else { return };
    ran.success();
    let said = std::fs::read_to_string(instance.directory().join("full.err")).unwrap();
    let words = said.to_lowercase();
    assert!(words.contains("full") || words.contains("no space"), "{said}");
    let undisturbed = Instance::new(PROGRAM);
    for name in ["first.jsonl", "rest.jsonl"] {
        undisturbed
            .run(["import".as_ref(), "--no-index".as_ref(), instance.directory().join(name).as_os_str()])
            .success();
    }
    let after = std::fs::read_to_string(instance.directory().join("after.txt")).unwrap();
    assert!(after == undisturbed.run(["export"]).success(), "the catalogues differ");
}

#[test]
fn a_server_on_a_full_disk_goes_on_answering() {
    let instance = Instance::new(PROGRAM);
    let works = generate::works(2, 300);
    instance.write("rest.jsonl", generate::arxiv(&works));
    let script = r#"
        "$PROGRAM" serve --listen 127.0.0.1:0 --data "$DATA" > out.txt 2> serve.err &
        server=$!
        trap 'kill -9 $server 2> /dev/null || true' EXIT
        ready() { address=$(grep -o '127.0.0.1:[0-9]*' out.txt); curl -sf "http://$address/readyz" > /dev/null; }
        for _ in $(seq 600); do ready && break; sleep 0.1; done
        ready
        dd if=/dev/zero of="$DATA/filler" bs=4k 2> /dev/null || true
        if "$PROGRAM" import --data "$DATA" rest.jsonl 2> full.err; then echo "the full disk was not noticed"; exit 9; fi
        for target in / /2025-10-17 '/search?q=gradient' /about; do curl -sf "http://$address$target" > /dev/null; done
        rm "$DATA/filler"
        "$PROGRAM" import --data "$DATA" rest.jsonl
        found() { curl -s "http://$address/search?q=WORD" | grep -q "/papers/ADDRESS"; }
        for _ in $(seq 600); do found && break; sleep 0.1; done
        found
        kill -TERM $server
        wait $server
        trap - EXIT
    "#
    .replace("WORD", works[7].title.rsplit(' ').next().unwrap_or_default())
    .replace("ADDRESS", &works[7].arxiv);
    if Command::new("curl").arg("--version").output().is_err() {
        return skipped("curl is not installed");
    }
    if let Some(ran) = on_small_disk(&instance, "40m", &script) {
        let log = std::fs::read_to_string(instance.directory().join("serve.err")).unwrap_or_default();
        assert_eq!(ran.code, Some(0), "{ran:?}\n{log}");
    }
}

#[test]
fn a_read_only_directory_is_named_and_nothing_is_lost() {
    let instance = Instance::new(PROGRAM);
    instance.write("first.jsonl", generate::arxiv(&generate::works(1, 20)));
    let script = r#"
        "$PROGRAM" import --no-index --data "$DATA" first.jsonl
        "$PROGRAM" export --data "$DATA" > before.txt
        mount -o remount,ro "$DATA"
        if "$PROGRAM" import --no-index --data "$DATA" first.jsonl 2> import.err; then exit 9; fi
        if "$PROGRAM" serve --listen 127.0.0.1:0 --data "$DATA" 2> serve.err; then exit 9; fi
        mount -o remount,rw "$DATA"
        "$PROGRAM" export --data "$DATA" > after.txt
        cmp before.txt after.txt
    "#;
    let Some(ran) = on_small_disk(&instance, "20m", script) else { return };
    ran.success();
    for name in ["import.err", "serve.err"] {
        let said = std::fs::read_to_string(instance.directory().join(name)).unwrap();
        let words = said.to_lowercase();
        let clear =
            ["read-only", "read only", "readonly", "not be written", "cannot be written", "not writable"];
        assert!(clear.iter().any(|phrase| words.contains(phrase)), "{name}: {said}");
        assert!(said.contains("data"), "{name} names no place: {said}");
    }
}

#[test]
fn a_catalogue_from_a_newer_version_is_refused_and_left_alone() {
    let instance = Instance::new(PROGRAM);
    let file = instance.write("papers.jsonl", generate::arxiv(&generate::works(1, 5)));
    instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    let database = instance.data().join("catalogue.db");
    sql(&database, "INSERT INTO migrations (number, hash) VALUES (9999, 'of a later release')");
    for command in [vec!["serve", "--listen", "127.0.0.1:0"], vec!["import", "papers.jsonl"], vec!["export"]]
    {
        let error = instance.run(&command).failure(1);
        assert!(error.contains("newer") && error.contains("catalogue.db"), "{command:?}: {error}");
    }
    sql(&database, "DELETE FROM migrations WHERE number = 9999");
    instance.run(["export"]).success();
}

fn sql(database: &Path, statement: &str) {
    rusqlite::Connection::open(database).unwrap().execute(statement, []).unwrap();
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let instance = Instance::new(PROGRAM);
    std::fs::create_dir_all(instance.data()).unwrap();
    let database = instance.data().join("catalogue.db");
    sql(&database, "CREATE TABLE recipes (name TEXT)");
    let before = std::fs::read(&database).unwrap();
    let error = instance.run(["serve", "--listen", "127.0.0.1:0"]).failure(1);
    assert!(error.contains("catalogue.db"), "{error}");
    assert!(std::fs::read(&database).unwrap() == before);
}

/// The journal mode that a database keeps in its head: 1 for a rollback journal, 2 for a write-ahead log.
fn journal_version(database: &Path) -> (u8, u8) {
    let bytes = std::fs::read(database).unwrap();
    (bytes[18], bytes[19])
}

#[test]
fn a_journal_that_another_program_changed_is_put_back_before_anything_is_written() {
    let instance = Instance::new(PROGRAM);
    let first = instance.write("first.jsonl", generate::arxiv(&generate::works(1, 5)));
    let second = instance.write("second.jsonl", generate::arxiv(&generate::works(2, 5)));
    instance.run(["import".as_ref(), "--no-index".as_ref(), first.as_os_str()]).success();
    let database = instance.data().join("catalogue.db");
    let mode: String = rusqlite::Connection::open(&database)
        .unwrap()
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .unwrap();
    assert_eq!((mode.as_str(), journal_version(&database)), ("delete", (1, 1)));
    instance.run(["import".as_ref(), "--no-index".as_ref(), second.as_os_str()]).success();
    assert_eq!(journal_version(&database), (2, 2));
}

#[test]
fn a_damaged_catalogue_is_found_by_doctor() {
    let instance = Instance::new(PROGRAM);
    let file = instance.write("papers.jsonl", generate::arxiv(&generate::works(1, 300)));
    instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    let database = instance.data().join("catalogue.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 3 * 8192].fill(0x55);
    std::fs::write(&database, bytes).unwrap();
    let ran = instance.run(["doctor"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("DAMAGE") || ran.err.contains("catalogue.db"), "{ran:?}");
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn an_index_that_is_deleted_while_serving_is_made_anew() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let finds = || server.get("/search?q=gradient&engine=words").text().contains("/papers/");
    until("a search that finds something", finds);
    std::fs::remove_dir_all(instance.data().join("index")).unwrap();
    for _ in 0..20 {
        for target in ["/", "/2025-10-20", "/about"] {
            assert_eq!(server.get(target).status, 200, "{target}");
        }
    }
    let file = instance.write("papers.jsonl", generate::arxiv(&generate::works(1, 20)));
    instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    let work = &generate::works(1, 20)[7];
    let word = work.title.rsplit(' ').next().unwrap_or_default();
    until("a search that finds an old and a new paper", || {
        finds()
            && server.get(&format!("/search?q={word}")).text().contains(&format!("/papers/{}", work.arxiv))
    });
    assert!(server.stop().success());
}

#[test]
fn a_damaged_index_is_made_anew_at_the_next_start() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let query = "/search?q=gradient&engine=words";
    until("a search that finds something", || server.get(query).text().contains("/papers/"));
    assert!(server.stop().success());
    damage_files(&instance.data().join("index"));
    let server = instance.serve();
    assert_eq!(server.get("/").status, 200);
    until("a search that finds something again", || server.get(query).text().contains("/papers/"));
}

/// Cuts every file to half and turns its first bytes over.
fn damage_files(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage_files(&path);
        } else {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.truncate(bytes.len() / 2);
            bytes.iter_mut().take(16).for_each(|byte| *byte ^= 0xff);
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

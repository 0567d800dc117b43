//! Commands as people type them: exit codes, configuration, backup, completions, man pages.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use testkit::generate;
use testkit::server::{Instance, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");

fn filled() -> Instance {
    let instance = Instance::new(PROGRAM);
    let file = instance.write("papers.jsonl", generate::arxiv(&generate::works(1, 40)));
    instance.run(["import".as_ref(), file.as_os_str()]).success();
    instance
}

#[test]
fn exit_codes_tell_wrong_usage_from_failure() {
    let instance = Instance::new(PROGRAM);
    instance.run(["--help"]).success();
    instance.run(["--version"]).success();
    instance.run(["no-such-command"]).failure(2);
    instance.run(["import"]).failure(2);
    instance.run(["search", "x", "--engine", "guess"]).failure(2);
    let error = instance.run(["search", "x"]).failure(1);
    assert!(error.contains("there is no catalogue"), "{error}");
    let error = instance.run(["import", "no-such-file.jsonl"]).failure(1);
    assert!(error.contains("no-such-file.jsonl"), "{error}");
}

#[test]
fn help_teaches_and_completions_and_man_pages_are_made() {
    let instance = Instance::new(PROGRAM);
    let help = instance.run(["--help"]).success();
    for command in [
        "serve", "import", "search", "paper", "edition", "eval", "doctor", "config", "backup", "restore",
        "rebuild", "export", "runs",
    ] {
        assert!(help.contains(command), "{command} is missing");
        let page = instance.run([command, "--help"]).success();
        assert!(page.contains("Usage"), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(instance.run(["completions", shell]).success().contains("broadsheet"));
    }
    let directory = instance.directory().join("man");
    std::fs::create_dir(&directory).unwrap();
    instance.run(["man".as_ref(), directory.as_os_str()]).success();
    let page = std::fs::read_to_string(directory.join("broadsheet-import.1")).unwrap();
    assert!(page.contains(".TH"), "{page}");
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let instance = Instance::new(PROGRAM);
    instance.write("broadsheet.toml", "listen = \"127.0.0.1:1\"\n[site]\ntitle = \"From the file\"\n");
    let config = |environment: &[(&str, &str)], arguments: &[&str]| -> serde_json::Value {
        let mut command = instance.command(arguments);
        command.envs(environment.iter().copied());
        serde_json::from_str(&run(command).success()).unwrap()
    };
    let value = |config: &serde_json::Value, key: &str| {
        let row = config.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
        (row["value"].as_str().unwrap().to_string(), row["from"].as_str().unwrap().to_string())
    };
    let file = config(&[], &["config", "--json"]);
    assert_eq!(value(&file, "site.title").0, "From the file");
    assert!(value(&file, "site.title").1.contains("broadsheet.toml"));
    let environment = config(
        &[("BROADSHEET_SITE_TITLE", "From outside"), ("BROADSHEET_LISTEN", "127.0.0.1:2")],
        &["config", "--json"],
    );
    assert_eq!(value(&environment, "site.title").0, "From outside");
    assert_eq!(value(&environment, "listen").0, "127.0.0.1:2");
    assert_eq!(value(&environment, "data").1, "flag --data");
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest() {
    let instance = Instance::new(PROGRAM);
    instance.write("broadsheet.toml", "[site]\ntitel = \"x\"\n");
    let error = instance.run(["config"]).failure(1);
    assert!(error.contains("site.title") && error.contains("broadsheet.toml"), "{error}");
}

#[test]
fn a_backup_restores_to_the_same_catalogue_and_overwrites_nothing() {
    let instance = filled();
    let server = instance.serve_with(["--no-sample"]);
    let before = instance.run(["export"]).success();
    let backup = instance.directory().join("backup.db");
    instance.run(["backup".as_ref(), backup.as_os_str()]).success();
    instance.run(["backup".as_ref(), backup.as_os_str()]).failure(1);
    assert!(server.stop().success());
    let error = instance.run(["restore".as_ref(), backup.as_os_str()]).failure(1);
    assert!(error.contains("exists already"), "{error}");
    let other = Instance::new(PROGRAM);
    other.run(["restore".as_ref(), backup.as_os_str()]).success();
    assert!(before == other.run(["export"]).success(), "the restored catalogue differs");
    let damaged = other.write("damaged.db", &std::fs::read(&backup).unwrap()[..20_000]);
    let third = Instance::new(PROGRAM);
    third.run(["restore".as_ref(), damaged.as_os_str()]).failure(1);
    assert!(!third.data().join("catalogue.db").exists(), "a damaged backup became a catalogue");
}

#[test]
fn a_backup_while_importing_is_a_whole_catalogue() {
    let instance = filled();
    let file = instance.write("more.jsonl", generate::arxiv(&generate::works(2, 6_000)));
    let mut import = instance.command(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]);
    let mut import = import.stdout(std::process::Stdio::null()).spawn().unwrap();
    let backup = instance.directory().join("backup.db");
    instance.run(["backup".as_ref(), backup.as_os_str()]).success();
    assert!(import.wait().unwrap().success());
    let other = Instance::new(PROGRAM);
    other.run(["restore".as_ref(), backup.as_os_str()]).success();
    other.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    assert!(instance.run(["export"]).success() == other.run(["export"]).success(), "the catalogues differ");
}

#[test]
fn searches_papers_and_editions_are_shown_as_text_and_json() {
    let instance = filled();
    let works = generate::works(1, 40);
    let work = &works[8];
    let word = work.title.rsplit(' ').next().unwrap_or_default();
    for engine in ["words", "both"] {
        let text = instance.run(["search", word, "--engine", engine]).success();
        assert!(text.contains(&work.arxiv), "{engine}: {text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&instance.run(["search", word, "--json"]).success()).unwrap();
    assert_eq!(json["hits"][0]["address"], work.arxiv.as_str());
    let shown =
        instance.run(["paper", &format!("https://arxiv.org/abs/{}v1", work.arxiv), "--bibtex"]).success();
    assert!(shown.trim_start().starts_with('@'), "{shown}");
    let edition: serde_json::Value =
        serde_json::from_str(&instance.run(["edition", &work.day, "--json"]).success()).unwrap();
    assert!(edition["papers"].as_u64().unwrap() > 0, "{edition}");
    let error = instance.run(["paper", "2999.99999"]).failure(1);
    assert!(error.contains("no paper"), "{error}");
}

#[test]
fn rebuilding_changes_nothing() {
    let instance = filled();
    let before = instance.run(["export"]).success();
    let said = instance.run(["rebuild"]).success();
    assert!(said.contains("0 papers changed"), "{said}");
    assert!(before == instance.run(["export"]).success(), "the catalogue differs");
    let runs: serde_json::Value = serde_json::from_str(&instance.run(["runs", "--json"]).success()).unwrap();
    assert_eq!(runs[0]["kind"], "import");
}

#[test]
fn papers_are_split_and_joined_by_hand() {
    let instance = filled();
    let works = generate::works(1, 40);
    let (one, other) = (&works[5].arxiv, &works[6].arxiv);
    instance.run(["paper", "join", one, other, "--note", "the same talk"]).success();
    let why = instance.run(["paper", other, "--why"]).success();
    assert!(why.contains(one.as_str()) && why.contains("editor"), "{why}");
    instance.run(["paper", "split", one, other]).success();
    let why = instance.run(["paper", other, "--why"]).success();
    assert!(!why.contains(one.as_str()), "{why}");
}

//! Importing: everything twice is once, order does not matter, hostile bytes cost one record.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use testkit::generate;
use testkit::server::Instance;

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");

testkit::on_each_database!(
    super::PROGRAM,
    a_file_twice_is_a_file_once,
    the_order_of_files_does_not_matter,
    a_killed_import_is_started_again
);

fn inputs(instance: &Instance) -> Vec<PathBuf> {
    let works = generate::works(3, 60);
    generate::files(&works)
        .into_iter()
        .map(|(name, text)| instance.write(&format!("in/{name}"), text))
        .collect()
}

fn import(instance: &Instance, paths: &[&Path]) -> String {
    let mut command = instance.command(["import", "--no-index"]);
    command.args(paths);
    testkit::server::run(command).success()
}

fn export(instance: &Instance) -> String {
    instance.run(["export"]).success()
}

fn a_file_twice_is_a_file_once(instance: &Instance) {
    let files = inputs(instance);
    let directory = files[0].parent().unwrap();
    let first = import(instance, &[directory]);
    assert!(first.lines().last().unwrap_or_default().contains("0 problems"), "{first}");
    let once = export(instance);
    let second = import(instance, &[directory]);
    let total = second.lines().last().unwrap_or_default().to_string();
    assert!(total.contains("0 new, 0 changed"), "{second}");
    assert_eq!(once, export(instance));
}

fn the_order_of_files_does_not_matter(instance: &Instance) {
    let files = inputs(instance);
    let forwards = Instance::new(PROGRAM);
    import(&forwards, &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    // The other instance may hold its catalogue in the other database: the bytes are the same all the same.
    import(instance, &files.iter().rev().map(PathBuf::as_path).collect::<Vec<_>>());
    assert_eq!(export(&forwards), export(instance));
}

/// Death at moments that the clock chooses; the sweeps choose them by syncs.
fn a_killed_import_is_started_again(instance: &Instance) {
    let files = inputs(instance);
    let directory = files[0].parent().unwrap();
    let undisturbed = Instance::new(PROGRAM);
    import(&undisturbed, &[directory]);
    for delay_ms in [5, 15, 40, 80, 130, 200, 300, 450] {
        let mut child = instance
            .command(["import".as_ref(), directory.as_os_str()])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::park_timeout(std::time::Duration::from_millis(delay_ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    import(instance, &[directory]);
    assert_eq!(export(&undisturbed), export(instance));
}

#[test]
fn one_paper_from_five_sources_is_one_paper() {
    let instance = Instance::new(PROGRAM);
    let files = inputs(&instance);
    import(&instance, &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let works = generate::works(3, 60);
    let report = instance.run(["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(report["papers"], works.len(), "{report}");
    let work = works.iter().find(|work| work.openreview.is_some() && work.votes.is_some()).unwrap();
    let why = instance.run(["paper", &work.arxiv, "--why"]).success();
    assert!(why.contains("arXiv") && why.contains("Hugging Face") && why.contains("Conference"), "{why}");
}

#[test]
fn old_style_ids_work_on_the_command_line_and_in_addresses() {
    let instance = Instance::new(PROGRAM);
    let works = generate::works(3, 60);
    let file = instance.write("papers.jsonl", generate::arxiv(&works));
    import(&instance, &[&file]);
    let server = instance.serve_with(["--no-sample"]);
    for work in works.iter().filter(|work| work.arxiv.contains('/')) {
        let json = instance.run(["paper", &work.arxiv, "--json"]).success();
        assert!(json.contains(&work.title[..8]), "{}: {json}", work.arxiv);
        // A subject class is no part of the identity: `math.GT/9901004` lives at `math/9901004`.
        let answer = server.get(&format!("/papers/{}", work.arxiv));
        let answer = match answer.header("location") {
            Some(location) => {
                server.get(location.trim_start_matches(&format!("http://{}", server.address())))
            }
            None => answer,
        };
        assert_eq!(answer.status, 200, "{}", work.arxiv);
    }
}

/// Imports a damaged file and returns (exit code, standard output, standard error).
fn damaged(name: &str, bytes: &[u8]) -> (Option<i32>, String, String) {
    let instance = Instance::new(PROGRAM);
    let file = instance.write(name, bytes);
    let ran = instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]);
    assert!(ran.code == Some(0) || ran.code == Some(1), "{name}: {ran:?}");
    assert!(
        !ran.err.contains("panicked") && !ran.err.contains("fault in the program"),
        "{name}: {}",
        ran.err
    );
    // Whatever came in, the catalogue is sound and what was read is kept.
    let doctor = instance.run(["doctor", "--json", "--problems"]);
    let report: serde_json::Value =
        serde_json::from_str(&doctor.out).unwrap_or_else(|_| panic!("{name}: {doctor:?}"));
    let damage: Vec<_> = report["damage"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| !line.as_str().unwrap().starts_with("disk"))
        .collect();
    assert!(damage.is_empty(), "{name}: {report}");
    (ran.code, ran.out, ran.err)
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[test]
fn a_bad_line_costs_one_record() {
    let works = generate::works(5, 9);
    let mut text = generate::arxiv(&works[..4]);
    text.push_str("{\"id\":\"2401.99999\",\"title\":\"half a rec\n");
    text.push_str(&generate::arxiv(&works[4..]));
    let (code, out, err) = damaged("arxiv.jsonl", text.as_bytes());
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("9 new") && out.contains("1 problem"), "{out}");
}

#[test]
fn a_truncated_compressed_file_keeps_what_came_before_and_says_so() {
    let text = generate::arxiv(&generate::works(5, 400));
    let packed = zstd(text.as_bytes());
    let (_, out, err) = damaged("arxiv.jsonl.zst", &packed[..packed.len() * 2 / 3]);
    assert!(out.contains("1 problem") || err.contains("arxiv.jsonl.zst"), "{out}{err}");
}

#[test]
fn garbage_ends_cleanly_in_every_format() {
    let works = generate::works(5, 20);
    let mut dice = generate::Dice::new(9);
    let noise: Vec<u8> = (0..5_000).map(|_| dice.bits() as u8).collect();
    for (name, text) in generate::files(&works) {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..20 {
            let at = dice.below(bytes.len());
            bytes[at] = dice.bits() as u8;
        }
        damaged(name, &bytes);
        damaged(name, &text.as_bytes()[..text.len() * 2 / 3]);
        damaged(name, &noise);
        damaged(&format!("{name}.gz"), &[&[0x1f, 0x8b, 8, 0][..], &noise].concat());
        damaged(&format!("{name}.zst"), &[&[0x28, 0xb5, 0x2f, 0xfd][..], &noise].concat());
    }
    damaged("empty.jsonl", b"");
    damaged("empty.jsonl.zst", b"");
}

#[test]
fn strange_text_is_kept_or_refused_one_record_at_a_time() {
    let mut text = String::from("\u{feff}");
    for (number, title) in [
        "<script>alert(1)</script>",
        "\u{202e}desrever \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "a\\u0000b",
        "Z\\u0351\\u036b\\u0343a\\u0368lgo",
        "$\\\\frac{",
    ]
    .iter()
    .enumerate()
    {
        text.push_str(&format!(
            "{{\"id\":\"2401.0001{number}\",\"authors\":\"A. B\",\"title\":\"{title} {number}\",\"categories\":\"cs.CL\",\"abstract\":\"x\",\"announced\":\"2024-01-02\"}}\n"
        ));
    }
    for (number, day) in ["0000-01-01", "9999-12-31", "2024-02-30", "yesterday"].iter().enumerate() {
        text.push_str(&format!(
            "{{\"id\":\"2402.0001{number}\",\"authors\":\"A. B\",\"title\":\"Day {number}\",\"categories\":\"cs.CL\",\"abstract\":\"x\",\"announced\":\"{day}\"}}\n"
        ));
    }
    text.push_str("{\"id\":\"../../etc/passwd\",\"authors\":\"A. B\",\"title\":\"Path\",\"categories\":\"cs.CL\",\"abstract\":\"x\"}\n");
    let instance = Instance::new(PROGRAM);
    let mut bytes = text.into_bytes();
    bytes.extend(b"{\"id\":\"2403.00001\",\"authors\":\"A. \xff\xfe\",\"title\":\"Not UTF-8 \xc3\x28\",\"categories\":\"cs.CL\",\"abstract\":\"x\"}\n");
    let file = instance.write("arxiv.jsonl", bytes);
    instance.run(["import".as_ref(), file.as_os_str()]).success();
    let server = instance.serve_with(["--no-sample"]);
    let page = server.get("/papers/2401.00010");
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("<script>alert"), "{}", page.text());
    assert_eq!(server.get("/2024-01-02").status, 200);
    assert_eq!(server.get("/papers/../../etc/passwd").status, 404);
    assert_eq!(server.get("/papers/..%2F..%2Fetc%2Fpasswd").status, 404);
}

/// 48 MiB: longer than any record may be.
const LONG_LINE_BYTES: usize = 48 << 20;

#[test]
fn a_line_of_48_mebibytes_costs_one_record_and_little_memory() {
    let works = generate::works(5, 4);
    let mut text = generate::arxiv(&works[..2]);
    text.push_str("{\"id\":\"2401.99999\",\"title\":\"");
    text.push_str(&"x".repeat(LONG_LINE_BYTES));
    text.push_str("\"}\n");
    text.push_str(&generate::arxiv(&works[2..]));
    let (code, out, err) = damaged("arxiv.jsonl.zst", &zstd(text.as_bytes()));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("4 new") && out.contains("1 problem"), "{out}");
}

#[test]
fn a_bomb_is_refused_before_it_fills_anything() {
    // 2 GiB of spaces in a few hundred kilobytes; limits of the process turn a failure into a clean one.
    let mut bomb = Vec::new();
    let piece = zstd(&vec![b' '; 64 << 20]);
    for _ in 0..32 {
        bomb.extend_from_slice(&piece);
    }
    let instance = Instance::new(PROGRAM);
    let file = instance.write("bomb.jsonl.zst", &bomb);
    let mut limited = std::process::Command::new("prlimit");
    let inner = instance.command([
        "import".as_ref(),
        "--no-index".as_ref(),
        "--format".as_ref(),
        "arxiv".as_ref(),
        file.as_os_str(),
    ]);
    limited
        .arg("--data=1500000000")
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(instance.directory());
    let ran = testkit::server::run(limited);
    assert!(ran.code == Some(0) || ran.code == Some(1), "{ran:?}");
    assert!(ran.out.contains("problem") || ran.err.contains("bomb.jsonl.zst"), "{ran:?}");
}

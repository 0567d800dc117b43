//! What a person meets who runs the first command.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use testkit::generate;
use testkit::http::get_with;
use testkit::server::{Instance, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");

testkit::on_each_database!(
    super::PROGRAM,
    an_empty_directory_is_served_with_the_sample,
    what_is_imported_meanwhile_shows_up_without_a_restart
);

fn an_empty_directory_is_served_with_the_sample(instance: &Instance) {
    let server = instance.serve();
    assert!(server.printed().contains("sample papers"), "{}", server.printed());
    let front = server.get("/");
    assert_eq!(front.status, 200);
    // The latest listing of the sample counts as that day's edition.
    assert!(front.text().contains("2025") && front.text().contains("/papers/"), "{}", front.text());
    assert_eq!(server.get("/2025-10-17").status, 200);
    assert_eq!(server.get("/feed.atom").status, 200);
    assert!(server.stop().success());
}

fn what_is_imported_meanwhile_shows_up_without_a_restart(instance: &Instance) {
    let server = instance.serve_with(["--no-sample"]);
    let works = generate::works(11, 30);
    let file = instance.write("papers.jsonl", generate::arxiv(&works));
    let said = instance.run(["import".as_ref(), file.as_os_str()]).success();
    assert!(said.contains("30 new"), "{said}");
    let work = &works[5];
    until("a page of an imported paper", || server.get(&format!("/papers/{}", work.arxiv)).status == 200);
    until("a search that finds an imported paper", || {
        server.get("/search?q=made&engine=words").status == 200
            && server
                .get(&format!("/search?q={}", last_word(&work.title)))
                .text()
                .contains(&format!("/papers/{}", work.arxiv))
    });
}

fn last_word(title: &str) -> &str {
    title.rsplit(' ').next().unwrap_or(title)
}

#[test]
fn a_directory_that_is_served_is_not_served_twice() {
    let instance = Instance::new(PROGRAM);
    let first = instance.serve();
    let error = instance.run(["serve", "--listen", "127.0.0.1:0"]).failure(1);
    assert!(error.contains("is served already by process"), "{error}");
    assert!(error.contains(&first.process().to_string()), "{error}");
    assert_eq!(first.get("/healthz").status, 200);
}

#[test]
fn a_taken_address_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let instance = Instance::new(PROGRAM);
    let error = instance.run(["serve", "--no-sample", "--listen", &address]).failure(1);
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
}

#[test]
fn the_data_directory_belongs_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let instance = Instance::new(PROGRAM);
    let _server = instance.serve();
    assert_eq!(std::fs::metadata(instance.data()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn every_answer_carries_the_headers_that_keep_readers_safe() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    for target in
        ["/", "/papers/nothing-of-that-name", "/search?q=%22(((", "/feed.atom", "/healthz", "/no/such/page"]
    {
        let answer = server.get(target);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{target}: {policy:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{target}");
    }
}

#[test]
fn pages_come_compressed_to_those_who_can_read_it() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let plain = server.get("/");
    for coding in ["br", "gzip"] {
        let packed = get_with(server.address(), "/", &[("Accept-Encoding", coding)]).unwrap();
        assert_eq!(packed.header("content-encoding"), Some(coding));
        assert!(
            packed.body.len() * 2 < plain.body.len(),
            "{coding}: {} of {}",
            packed.body.len(),
            plain.body.len()
        );
    }
}

//! Bad input: each costs what is bad and nothing else, with a clear problem.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::{Found, arxiv_line, gzip, read, read_as, tar, try_read, zstd};
use formats::{Format, FormatError, limit};
use std::io::{self, Cursor, Read};

fn lines(count: usize) -> String {
    (1..=count).map(|at| arxiv_line(&format!("2401.{at:05}"), &format!("Title {at}"))).collect()
}

fn one_problem(found: &Found, words: &str) {
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    assert!(found.problems[0].1.contains(words), "{:?}", found.problems);
}

#[test]
fn an_empty_file_is_a_problem() {
    for bytes in [&b""[..], b"\n \n", b"\xef\xbb\xbf", &gzip(b""), &zstd(b"")] {
        one_problem(&read(bytes, "x.jsonl"), "empty");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let found = read(format!("\u{feff}{}", lines(2)).as_bytes(), "x");
    assert_eq!((found.records.len(), found.problems.len()), (2, 0));
}

#[test]
fn a_bad_line_costs_one_record() {
    let text = lines(3);
    let mut parts: Vec<&str> = text.lines().collect();
    parts.insert(1, "{\"id\": \"2401.00009\", \"title\"");
    let found = read(parts.join("\n").as_bytes(), "x.jsonl");
    assert_eq!(found.records.len(), 3);
    one_problem(&found, "JSON");
    assert_eq!(found.problems[0].0, "x.jsonl, line 2");
}

#[test]
fn invalid_utf_8_costs_one_record() {
    let mut bytes = lines(2).into_bytes();
    bytes.extend_from_slice(b"{\"id\":\"2401.00003\",\"title\":\"\xff\xfe\",\"categories\":\"cs.CL\"}\n");
    bytes.extend_from_slice(arxiv_line("2401.00004", "T").as_bytes());
    let found = read(&bytes, "x");
    assert_eq!(found.records.len(), 3);
    one_problem(&found, "UTF-8");
}

#[test]
fn nul_characters_cost_one_record() {
    for line in
        [arxiv_line("2401.00003", "a\0b"), arxiv_line("2401.00003", "a\u{1}").replace("\\u0001", "\0")]
    {
        let found = read(format!("{}{line}", lines(1)).as_bytes(), "x");
        assert_eq!(found.records.len(), 1);
        assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    }
}

/// A reader of one byte repeated, between two texts; it never holds them all.
struct Long {
    before: Cursor<Vec<u8>>,
    left: usize,
    after: Cursor<Vec<u8>>,
}

impl Read for Long {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.before.read(buffer)?;
        if size > 0 {
            return Ok(size);
        }
        if self.left > 0 {
            let size = self.left.min(buffer.len());
            buffer[..size].fill(b'x');
            self.left -= size;
            return Ok(size);
        }
        self.after.read(buffer)
    }
}

#[test]
fn a_line_of_50_mb_costs_one_record() {
    let input = Long {
        before: Cursor::new(format!("{}{{\"id\":\"", lines(1)).into_bytes()),
        left: 50_000_000,
        after: Cursor::new(format!("\n{}", arxiv_line("2401.00002", "After")).into_bytes()),
    };
    let found = try_read(Box::new(input), "x", None).unwrap();
    assert_eq!(found.titles(), ["Title 1", "After"]);
    one_problem(&found, "50000007 bytes");
}

#[test]
fn an_array_element_of_50_mb_costs_one_record() {
    let item = |id: &str| format!("{{\"paper\":{{\"id\":\"{id}\",\"title\":\"T\",\"authors\":[]}}}}");
    let input = Long {
        before: Cursor::new(format!("[{},{{\"paper\":{{\"id\":\"", item("2401.00001")).into_bytes()),
        left: 50_000_000,
        after: Cursor::new(format!("\"}}}},{}]", item("2401.00002")).into_bytes()),
    };
    let found = try_read(Box::new(input), "x", None).unwrap();
    assert_eq!(found.records.len(), 2);
    assert_eq!(found.problems.len(), 1);
}

#[test]
fn a_truncated_compressed_file_gives_what_came_before() {
    let text: String =
        (1..=5000).map(|at| arxiv_line(&format!("2401.{at:05}"), &format!("{at} {}", at * 7919))).collect();
    for bytes in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
        let found = read(&bytes[..bytes.len() * 2 / 3], "x");
        assert!((100..5000).contains(&found.records.len()), "{}", found.records.len());
        assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    }
}

#[test]
fn garbage_within_a_compressed_file_gives_what_came_before() {
    let text: String =
        (1..=5000).map(|at| arxiv_line(&format!("2401.{at:05}"), &format!("{at} {}", at * 7919))).collect();
    let mut bytes = gzip(text.as_bytes());
    let middle = bytes.len() * 2 / 3;
    bytes[middle..middle + 200].fill(0xff);
    let found = read(&bytes, "x");
    assert!(found.records.len() > 100, "{}", found.records.len());
    assert!(!found.problems.is_empty());
}

#[test]
fn garbage_after_the_magic_bytes_is_a_problem() {
    for bytes in
        [&b"\x1f\x8b\x08\x00garbage that is no deflate stream"[..], b"\x28\xb5\x2f\xfdgarbage garbage"]
    {
        let found = read(bytes, "x.gz");
        assert_eq!((found.records.len(), found.problems.len()), (0, 1), "{:?}", found.problems);
    }
}

#[test]
fn several_gzip_members_are_one_file() {
    let bytes = [gzip(lines(2).as_bytes()), gzip(arxiv_line("2402.00001", "T").as_bytes())].concat();
    assert_eq!(read(&bytes, "x").records.len(), 3);
}

/// A file of 200 MB of nothing in a few kilobytes.
fn zstd_bomb() -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    let mut input = Cursor::new(lines(1).into_bytes()).chain(io::repeat(0).take(200_000_000));
    io::copy(&mut input, &mut encoder).unwrap();
    encoder.finish().unwrap()
}

/// gzip cannot shrink to less than a thousandth: its bombs are long records.
fn gzip_bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut input = Cursor::new(lines(1).into_bytes()).chain(io::repeat(0).take(20_000_000));
    io::copy(&mut input, &mut encoder).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_zstd_bomb_is_not_read_to_its_end() {
    let found = read(&zstd_bomb(), "x");
    assert_eq!(found.records.len(), 1);
    one_problem(&found, "grows beyond");
}

#[test]
fn a_bomb_within_a_bomb_is_not_read_to_its_end() {
    let found = read(&zstd(&zstd_bomb()), "x");
    one_problem(&found, "grows beyond");
}

#[test]
fn a_long_run_of_nothing_in_gzip_costs_one_record() {
    let found = read(&gzip_bomb(), "x");
    assert_eq!(found.records.len(), 1);
    assert_eq!(found.problems.len(), 1);
}

#[test]
fn too_many_layers_are_refused() {
    let mut bytes = lines(1).into_bytes();
    for _ in 0..limit::LAYERS_MAX + 1 {
        bytes = gzip(&bytes);
    }
    let error = try_read(Box::new(Cursor::new(bytes)), "x", None).unwrap_err();
    assert!(matches!(error, FormatError::Unsupported { .. }), "{error}");
}

#[test]
fn archives_are_read_member_by_member_and_say_where() {
    let acl = "<collection id='2024.x'><volume id='1'><meta><booktitle>B</booktitle><year>2024</year></meta>\
               <paper id='1'><title>T</title><url>2024.x-1.1</url></paper></volume></collection>";
    let bytes = tar(&[
        ("a/papers.jsonl", lines(2).as_bytes()),
        ("schema.rnc", b"start = x"),
        ("a/broken.xml", b"<html></html>"),
        ("a/x.xml", acl.as_bytes()),
        ("more.jsonl.gz", &gzip(arxiv_line("2402.00001", "T").as_bytes())),
    ]);
    for bytes in [bytes.clone(), zstd(&bytes), gzip(&bytes)] {
        let found = read(&bytes, "x.tar");
        assert_eq!((found.records.len(), found.volumes.len()), (4, 1));
        one_problem(&found, "unknown format");
        assert_eq!(found.problems[0].0, "x.tar/a/broken.xml, line 1");
    }
}

#[test]
fn a_truncated_archive_gives_the_files_before() {
    let bytes = tar(&[("a.jsonl", lines(2).as_bytes()), ("b.jsonl", lines(500).as_bytes())]);
    let found = read(&bytes[..20_000], "x.tar");
    assert!(found.records.len() > 2);
    assert!(!found.problems.is_empty());
}

#[test]
fn an_archive_without_anything_known_is_a_problem() {
    one_problem(&read(&tar(&[("README", b"hello")]), "x.tar"), "no file of a known format");
}

#[test]
fn a_truncated_array_gives_what_came_before() {
    let item = |at: usize| format!("{{\"paper\":{{\"id\":\"2401.{at:05}\",\"title\":\"T\"}}}}");
    let text = format!("[{},\n{},\n{}", item(1), item(2), &item(3)[..20]);
    let found = read(text.as_bytes(), "x.json");
    assert_eq!(found.records.len(), 2);
    one_problem(&found, "ends within a record");
}

#[test]
fn garbage_within_an_array_gives_what_came_before() {
    let found = read(b"[{\"paper\":{\"id\":\"2401.00001\",\"title\":\"T\"}}, oh no]", "x.json");
    assert_eq!(found.records.len(), 1);
    one_problem(&found, "expected a JSON object");
}

const XML: &str = "<collection id='2024.x'><volume id='1' ingest-date='2024-05-01'><meta><booktitle>B</booktitle>\
                   <year>2024</year></meta><paper id='1'><title>One</title></paper>PLACE\
                   <paper id='3'><title>Three</title></paper></volume></collection>";

#[test]
fn a_bad_paper_of_the_anthology_costs_one_paper() {
    for bad in [
        "<paper id='2'><title>Two</paper>",
        "<paper id='2'><title>Two &unknown; </title></paper>",
        "<paper id='2'><title>Two",
        "<paper id='2'><title></title></paper>",
        "<paper id='../../etc/passwd'><title>Two</title></paper>",
        "<paper id='2'><title>a < b</title></paper>",
    ] {
        let found = read(XML.replace("PLACE", bad).as_bytes(), "x.xml");
        assert_eq!(found.titles(), ["One", "Three"], "{bad}");
        assert_eq!(found.problems.len(), 1, "{bad}: {:?}", found.problems);
    }
}

#[test]
fn a_truncated_anthology_file_gives_what_came_before() {
    let text = XML.replace("PLACE", "");
    let end = text.find("Three").unwrap();
    let found = read(&text.as_bytes()[..end], "x.xml");
    assert_eq!(found.titles(), ["One"]);
    assert!(!found.problems.is_empty());
}

#[test]
fn document_types_and_outer_entities_are_refused() {
    let text = format!(
        "<!DOCTYPE collection [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{}",
        XML.replace("PLACE", "&x;")
    );
    let found = read(text.as_bytes(), "x.xml");
    assert_eq!(found.records.len(), 0);
    one_problem(&found, "document type");
}

#[test]
fn deeply_nested_xml_is_refused() {
    let deep = format!("<paper id='2'><title>{}x{}</title></paper>", "<b>".repeat(5000), "</b>".repeat(5000));
    let found = read(XML.replace("PLACE", &deep).as_bytes(), "x.xml");
    assert_eq!(found.records.len(), 2);
    one_problem(&found, "nested too deeply");
}

#[test]
fn deeply_nested_json_is_refused() {
    let deep =
        format!("{{\"id\":\"2401.00009\",\"categories\":{}1{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    let found = read(format!("{}{deep}{}", lines(1), arxiv_line("2401.00002", "T")).as_bytes(), "x");
    assert_eq!(found.records.len(), 2);
    assert_eq!(found.problems.len(), 1);
}

#[test]
fn an_unclosed_bibtex_entry_costs_one_entry() {
    let text = "@misc{a, title={One}}\n@misc{b, title={Two,\n@misc{c, title={Three}}\n@misc{d, = }\n@misc(e, title=\"Four\")";
    let found = read(text.as_bytes(), "x.bib");
    assert_eq!(found.titles(), ["One", "Three", "Four"]);
    assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
}

#[test]
fn bibtex_in_windows_1252_is_read_and_noted() {
    let found = read(b"@misc{a, title={Caf\xe9 \x93q\x94}, author={M\xfcller, Jos\xe9}}", "x.bib");
    assert_eq!(found.titles(), ["Café “q”"]);
    assert_eq!(found.records[0].authors[0].name, "José Müller");
    one_problem(&found, "Windows-1252");
}

#[test]
fn bibtex_in_a_chinese_encoding_is_refused_not_garbled() {
    let found = read(
        b"@misc{a, title={Test}, journal={\xb2\xe2\xca\xd4\xc6\xda\xbf\xaf}}\n@misc{b, title={B}}",
        "x.bib",
    );
    assert_eq!(found.titles(), ["B"]);
    one_problem(&found, "UTF-8");
}

#[test]
fn strange_identifiers_are_refused() {
    for id in
        ["../../etc/passwd", "", " ", "2401.00001/../x", "<script>", "0000.0000", "2413.00001", "hep-th/00"]
    {
        let found = read_as(arxiv_line(id, "T").as_bytes(), Format::ArxivJson);
        assert_eq!(found.records.len(), 0, "{id}");
        one_problem(&found, "identifier");
    }
}

#[test]
fn strange_local_identifiers_are_refused() {
    let sample = r#"{"id":"../../etc/passwd","title":"T","listings":[]}"#;
    one_problem(&read_as(sample.as_bytes(), Format::Sample), "identifier");
    let conference = r#"{"id":"a b","title":"T","venue":"V","urls":{}}"#;
    one_problem(&read_as(conference.as_bytes(), Format::Conference), "identifier");
}

#[test]
fn markup_in_titles_stays_text() {
    let title = "<script>alert(1)</script> \"&\" ' </title>";
    let found = read(arxiv_line("2401.00001", title).as_bytes(), "x");
    assert_eq!(found.titles(), [title]);
}

#[test]
fn impossible_dates_are_noted_and_left_out() {
    for day in ["0000-01-01", "9999-12-31", "2024-02-30", "yesterday"] {
        let line =
            arxiv_line("2401.00001", "T").replace("\"id\"", &format!("\"announced\":\"{day}\",\"id\""));
        let found = read(line.as_bytes(), "x");
        assert_eq!(found.records.len(), 1);
        assert!(found.records[0].announcements.is_empty());
        one_problem(&found, "is not a day");
    }
}

#[test]
fn names_keep_their_direction_and_their_marks() {
    let line =
        arxiv_line("2401.00001", "T").replace("A. Author", "שלום לוי, Nguye\u{302}\u{303}n Va\u{306}n A");
    let record = read(line.as_bytes(), "x").only();
    assert_eq!(record.authors[0].name, "שלום לוי");
    assert_eq!(record.authors[1].name, "Nguyễn Văn A");
}

#[test]
fn fields_beyond_the_limits_cost_one_record() {
    let long = "x".repeat(limit::TITLE_BYTES_MAX + 1);
    let found = read(format!("{}{}", arxiv_line("2401.00001", &long), lines(1)).as_bytes(), "x");
    assert_eq!(found.records.len(), 1);
    one_problem(&found, "title");
}

#[test]
fn unknown_content_is_an_error_that_says_what_is_known() {
    let error = try_read(Box::new(Cursor::new(b"hello".to_vec())), "notes.txt", None).unwrap_err();
    assert!(error.to_string().contains("BibTeX"), "{error}");
    for (bytes, what) in
        [(&b"BZh91AY"[..], "bzip2"), (b"PK\x03\x04", "ZIP"), (b"\xff\xfe{\0", "UTF-16"), (b"%PDF-1.5", "PDF")]
    {
        let error = try_read(Box::new(Cursor::new(bytes.to_vec())), "x", None).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}

/// A disk that fails after some bytes.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is on fire")),
            size => Ok(size),
        }
    }
}

#[test]
fn a_failing_disk_is_an_error_and_no_problem() {
    for bytes in [lines(3).into_bytes(), gzip(lines(3).as_bytes())[..60].to_vec(), Vec::new()] {
        let error =
            try_read(Box::new(Failing(Cursor::new(bytes))), "x", Some(Format::ArxivJson)).unwrap_err();
        assert!(matches!(error, FormatError::Input { .. }), "{error}");
        assert!(error.to_string().contains("on fire"), "{error}");
    }
}

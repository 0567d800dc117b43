//! OAI-PMH answers as arXiv and other servers give them, whole and broken.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::shared;
use formats::oai::{Answer, Code, Entry, NotAnAnswer, Page, Rest, read};
use paper::{Day, Record, Source, Standing};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A page of `arXivRaw` records, `{}` replaced by what stands after them.
fn page_of(records: &[String], end: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\">\n\
         <responseDate>2026-09-24T06:00:03Z</responseDate>\n<request verb=\"ListRecords\">x</request>\n\
         <ListRecords>\n{}\n{end}",
        records.join("\n")
    )
}

const END: &str = "</ListRecords></OAI-PMH>";

fn raw_record(id: &str, title: &str) -> String {
    format!(
        "<record><header><identifier>oai:arXiv.org:{id}</identifier><datestamp>2026-09-23</datestamp>\
         <setSpec>cs:cs:CL</setSpec></header><metadata><arXivRaw><id>{id}</id>\
         <version version=\"v1\"><date>Mon, 21 Sep 2026 19:18:42 GMT</date><size>12kb</size></version>\
         <title>{title}</title><authors>A. Author, B. Author</authors><categories>cs.CL cs.NA</categories>\
         <abstract>  Text.\n</abstract></arXivRaw></metadata></record>"
    )
}

fn page(text: &[u8]) -> Page {
    match read(text, "page").unwrap() {
        Answer::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

fn records(page: &Page) -> Vec<&Record> {
    let mut records = Vec::new();
    for entry in &page.entries {
        if let Entry::Record { record, .. } = entry {
            records.push(&**record);
        }
    }
    records
}

fn problems(page: &Page) -> Vec<&str> {
    let mut reasons = Vec::new();
    for entry in &page.entries {
        if let Entry::Problem { reason, .. } = entry {
            reasons.push(reason.as_str());
        }
    }
    reasons
}

fn check_again(page: &Page) {
    for entry in &page.entries {
        if let Entry::Record { record, raw, .. } = entry {
            assert_eq!(formats::parse_again(Source::Arxiv, raw).as_ref(), Ok(&**record));
        }
    }
}

fn fixture(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared(&format!("fixtures/{path}"))?).unwrap())
}

#[test]
fn a_raw_record_says_what_arxiv_knows() {
    let text = raw_record("2609.00001", "A Title").replace(
        "</version><title>",
        "</version><version version=\"v2\"><date>Tue, 22 Sep 2026 01:00:00 GMT</date><source_type>D</source_type>\
         </version><title>",
    );
    let text =
        text.replace("<abstract>", "<doi>10.1000/a 10.1000/b</doi><license>http://x/</license><abstract>");
    let page = page(page_of(&[text], END).as_bytes());
    let [record] = records(&page)[..] else { panic!("{page:?}") };
    assert_eq!(record.node().to_string(), "arxiv:2609.00001");
    assert_eq!(record.identities.len(), 3);
    assert_eq!(record.published.unwrap().to_string(), "2026-09-21");
    assert_eq!(record.versions.len(), 2);
    assert_eq!((record.stamp.version, record.stamp.time.as_str()), (2, "2026-09-23"));
    assert_eq!(record.categories, ["cs.CL", "cs.NA"]);
    assert_eq!(record.abstract_text.as_deref(), Some("Text."));
    assert_eq!(record.license.as_deref(), Some("http://x/"));
    assert_eq!(record.standing, Standing::Stands);
    assert_eq!(page.answered.unwrap().to_string(), "2026-09-24T06:00:03Z");
    check_again(&page);
}

#[test]
fn the_snapshot_and_the_server_tell_of_the_same_paper() {
    let line = "{\"id\":\"2609.00001\",\"title\":\"A Title\",\"authors\":\"A. Author, B. Author\",\
                \"categories\":\"cs.CL cs.NA\",\"abstract\":\"  Text.\\n\",\"update_date\":\"2026-09-23\",\
                \"versions\":[{\"version\":\"v1\",\"created\":\"Mon, 21 Sep 2026 19:18:42 GMT\"}]}";
    let snapshot = common::read(line.as_bytes(), "x.json").only();
    let page = page(page_of(&[raw_record("2609.00001", "A Title")], END).as_bytes());
    assert_eq!(records(&page), [&snapshot]);
}

#[test]
fn a_paper_whose_last_version_cannot_be_read_is_withdrawn() {
    let text = raw_record("2609.00001", "A")
        .replace("<size>12kb</size>", "<size>0kb</size><source_type>I</source_type>");
    let page = page(page_of(&[text], END).as_bytes());
    assert_eq!(records(&page)[0].standing, Standing::Withdrawn);
}

#[test]
fn both_forms_of_the_last_page_are_the_end() {
    let rest = |end: &str| page(page_of(&[raw_record("2609.00001", "A")], end).as_bytes()).rest;
    assert_eq!(rest(END), Rest::Ended { marked: false });
    assert_eq!(rest(&format!("<resumptionToken/>{END}")), Rest::Ended { marked: true });
    assert_eq!(
        rest(&format!("<resumptionToken cursor='4'> </resumptionToken>{END}")),
        Rest::Ended { marked: true }
    );
}

#[test]
fn a_token_is_kept_as_it_is_written() {
    let end = format!(
        "<resumptionToken expirationDate='2026-09-25T00:00:00Z' completeListSize='7' cursor='0'>a%26b&amp;c</resumptionToken>{END}"
    );
    let page = page(page_of(&[raw_record("2609.00001", "A")], &end).as_bytes());
    assert!(page.repeats("a%26b&c") && !page.repeats("a"));
    let Rest::Next(token) = page.rest else { panic!() };
    assert_eq!(token.value, "a%26b&c");
    assert_eq!(token.expires.unwrap().to_string(), "2026-09-25T00:00:00Z");
    assert_eq!((token.list_size, token.cursor), (Some(7), Some(0)));
}

#[test]
fn an_answer_cut_anywhere_keeps_the_records_before_the_cut() {
    let text = page_of(&[raw_record("2609.00001", "A"), raw_record("2609.00002", "B")], END);
    let ends: Vec<usize> = text.match_indices("</record>").map(|(at, end)| at + end.len()).collect();
    let list = text.find("<ListRecords>").unwrap() + "<ListRecords>".len();
    for at in 0..text.len() {
        let whole = ends.iter().filter(|end| **end <= at).count();
        match read(&text.as_bytes()[..at], "page") {
            Ok(Answer::Page(page)) => {
                assert_eq!(page.rest, Rest::CutOff { bytes: at });
                assert_eq!(records(&page).len(), whole);
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => assert!(at < list, "at {at}"),
        }
    }
}

#[test]
fn a_token_that_arrived_is_good_though_the_end_did_not() {
    let page = page(
        page_of(&[raw_record("2609.00001", "A")], "<resumptionToken>t</resumptionToken></List").as_bytes(),
    );
    assert!(matches!(page.rest, Rest::Next(_)));
}

#[test]
fn a_broken_record_costs_one_record_and_can_be_asked_for_again() {
    let broken = raw_record("2609.00002", "an <i>open element");
    let page = page(
        page_of(&[raw_record("2609.00001", "A"), broken, raw_record("2609.00003", "C")], END).as_bytes(),
    );
    assert_eq!(records(&page).len(), 2);
    let Entry::Problem { header: Some(header), place, raw, .. } = &page.entries[1] else {
        panic!("{page:?}")
    };
    assert_eq!(header.identity().unwrap().to_string(), "arxiv:2609.00002");
    assert_eq!(place.to_string(), "page, line 8, record 2");
    assert!(raw.starts_with(b"<record>"));
}

#[test]
fn a_record_that_is_never_closed_does_not_swallow_the_next() {
    let open = raw_record("2609.00001", "A").replace("</record>", "");
    let page = page(page_of(&[open, raw_record("2609.00002", "B")], END).as_bytes());
    assert_eq!(problems(&page).len(), 1);
    assert_eq!(records(&page).len(), 1);
}

#[test]
fn control_characters_are_left_out_and_said() {
    let page = page(page_of(&[raw_record("2609.00001", "A\u{b}B\u{1f}\0C")], END).as_bytes());
    assert_eq!(records(&page)[0].title, "ABC");
    assert_eq!(problems(&page), ["control characters, which XML forbids; the record is read without them"]);
    check_again(&page);
}

#[test]
fn bytes_of_another_encoding_cost_their_record() {
    let mut bytes =
        page_of(&[raw_record("2609.00001", "A"), raw_record("2609.00002", "@")], END).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'@').unwrap();
    bytes[at] = 0xe9;
    let page = page(&bytes);
    assert_eq!(records(&page).len(), 1);
    assert!(problems(&page)[0].starts_with("not valid UTF-8"), "{:?}", problems(&page));
}

#[test]
fn refusals_are_values() {
    let refused = |code: &str| {
        let text = format!("<OAI-PMH><responseDate/><error code='{code}'>Why.</error></OAI-PMH>");
        match read(text.as_bytes(), "x").unwrap() {
            Answer::Refused(refusals) => (refusals[0].code.clone(), refusals[0].message.clone()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused("noRecordsMatch"), (Code::NoRecordsMatch, "Why.".to_owned()));
    assert_eq!(refused("badResumptionToken").0, Code::BadResumptionToken);
    assert_eq!(refused("foo").0, Code::Other("foo".to_owned()));
}

#[test]
fn what_is_no_answer_is_told_apart() {
    let not = |text: &str| read(text.as_bytes(), "x").unwrap_err();
    assert_eq!(not(" \n"), NotAnAnswer::Empty);
    let title = Some("Just a moment...".to_owned());
    assert_eq!(
        not("<!DOCTYPE html><html><head><title>Just a\nmoment...</title>"),
        NotAnAnswer::WebPage { title }
    );
    assert_eq!(not("<!DOCTYPE OAI-PMH [<!ENTITY a 'b'>]><OAI-PMH>"), NotAnAnswer::DocumentType);
    assert_eq!(not("Rate exceeded."), NotAnAnswer::Other("Rate exceeded.".to_owned()));
    assert!(matches!(not("<rss></rss>"), NotAnAnswer::Other(_)));
    assert_eq!(not("<OAI-PMH><responseDate>"), NotAnAnswer::Nothing);
    assert_eq!(not("<OAI-PMH></OAI-PMH>"), NotAnAnswer::Nothing);
}

#[test]
fn an_entity_of_its_own_is_refused_within_its_record() {
    let page =
        page(page_of(&[raw_record("2609.00001", "&lol;"), raw_record("2609.00002", "B")], END).as_bytes());
    assert_eq!((records(&page).len(), problems(&page)), (1, vec!["not valid XML: the entity &lol;"]));
}

#[test]
fn deleted_records_keep_their_header() {
    let deleted = "<record><header status='deleted'><identifier>oai:arXiv.org:2609.00009</identifier>\
                   <datestamp>2026-09-23</datestamp></header></record>";
    let page = page(page_of(&[deleted.to_owned()], END).as_bytes());
    let [Entry::Deleted { header, .. }] = &page.entries[..] else { panic!("{page:?}") };
    assert_eq!((header.changed, header.deleted), (Some(day("2026-09-23")), true));
}

// Recorded and rendered answers.

#[test]
fn a_first_page_of_arxiv_is_read_whole() {
    let Some(bytes) = fixture("arxiv/oai/made-ListRecords-arXivRaw-page1.xml") else { return };
    let page = page(&bytes);
    assert_eq!((records(&page).len(), page.entries.len()), (12, 12));
    let first = records(&page)[0];
    assert_eq!(first.node().to_string(), "arxiv:2202.12139");
    assert_eq!(first.published.unwrap().to_string(), "2022-02-24");
    assert_eq!(first.authors.len(), 3);
    let Rest::Next(token) = &page.rest else { panic!("{:?}", page.rest) };
    assert_eq!(token.value, "verb%3DListRecords%26metadataPrefix%3DarXivRaw%26from%3D2026-09-23%26skip%3D12");
    assert_eq!(token.expires.unwrap().to_string(), "2026-09-25T00:00:00Z");
    check_again(&page);
}

#[test]
fn a_last_page_of_arxiv_has_no_token() {
    let Some(bytes) = fixture("arxiv/oai/made-ListRecords-arXivRaw-page2-last.xml") else { return };
    let page = page(&bytes);
    assert_eq!(page.rest, Rest::Ended { marked: false });
    assert!(problems(&page).is_empty() && !records(&page).is_empty());
}

#[test]
fn every_form_of_arxiv_gives_the_paper() {
    for (file, id, authors) in [
        ("made-GetRecord-arXivRaw.xml", "2204.08348", 4),
        ("made-GetRecord-arXiv.xml", "2204.08348", 4),
        ("made-GetRecord-arXivOld.xml", "2204.08348", 4),
        ("made-GetRecord-oai_dc.xml", "2204.08348", 4),
        ("GetRecord-arXiv.xml", "", 0),
        ("oai_dc-1711_04702.xml", "1711.04702", 0),
        ("oai_dc-1711_05739.xml", "1711.05739", 0),
        ("oai_dc-math_0306266.xml", "math/0306266", 0),
    ] {
        let Some(bytes) = fixture(&format!("arxiv/oai/{file}")) else { return };
        // Some are kept without their envelope.
        let page = match read(&bytes, file) {
            Ok(Answer::Page(page)) => page,
            _ => page(&[b"<OAI-PMH><ListRecords>", &bytes[..], END.as_bytes()].concat()),
        };
        let [record] = records(&page)[..] else { panic!("{file}: {page:?}") };
        assert_eq!(problems(&page), [""; 0], "{file}");
        assert!(id.is_empty() || record.node().value() == id, "{file}: {}", record.node());
        assert!(authors == 0 || record.authors.len() == authors, "{file}: {:?}", record.authors);
        assert!(record.abstract_text.is_some() && !record.authors.is_empty(), "{file}");
        check_again(&page);
    }
}

#[test]
fn records_with_one_difficulty_each_are_read() {
    for number in 0..=10 {
        let file = format!("arxiv/oai/arXiv-record-{number}.xml");
        let Some(bytes) = fixture(&file) else { return };
        let page = page(&bytes);
        assert_eq!((records(&page).len(), problems(&page)), (1, Vec::new()), "{file}");
        check_again(&page);
    }
}

#[test]
fn a_collaboration_is_a_group_and_a_colon_is_nobody() {
    let Some(bytes) = fixture("arxiv/oai/arXiv-record-0.xml") else { return };
    let page = page(&bytes);
    let authors = &records(&page)[0].authors;
    assert_eq!((authors[0].name.as_str(), authors[0].group), ("Planck Collaboration", true));
    assert_eq!((authors[1].name.as_str(), authors[1].family.as_deref()), ("Jieci Wang", Some("Wang")));
    let Some(bytes) = fixture("arxiv/oai/arXiv-record-4.xml") else { return };
    let Ok(Answer::Page(page)) = read(&bytes, "x") else { panic!() };
    assert!(records(&page)[0].authors.iter().all(|author| author.name != ":"));
}

#[test]
fn recorded_pages_of_arxiv_are_read_whole() {
    for (file, count) in [
        ("arxiv/oai/ListRecords-arXiv-hep-ex.xml", 3),
        ("arxiv/oai/ListRecords-arXiv-hep-th.xml", 3),
        ("arxiv/oai/ListRecords-oai_dc-page1.xml", 40),
        ("arxiv/oai/oai_dc-multi_20230125.xml", 3),
        ("arxiv/oai/arXiv-records.xml", 12),
    ] {
        let Some(bytes) = fixture(file) else { return };
        let page = page(&bytes);
        assert_eq!(problems(&page), [""; 0], "{file}");
        println!("{file}: {}", records(&page).len());
        assert_eq!(records(&page).len(), count, "{file}");
        check_again(&page);
    }
}

#[test]
fn headers_alone_are_entries() {
    for (file, count) in [
        ("arxiv/oai/made-ListIdentifiers.xml", 8),
        ("oai/sickle/ListIdentifiers.xml", 2),
        ("oai/pyoai/fake1-00003.xml", 16),
    ] {
        let Some(bytes) = fixture(file) else { return };
        let page = page(&bytes);
        assert!(page.entries.iter().all(|entry| matches!(entry, Entry::Header(_))), "{file}");
        assert_eq!(page.entries.len(), count, "{file}");
    }
}

#[test]
fn every_recorded_refusal_is_understood() {
    for (file, code) in [
        ("arxiv/oai/made-error-badArgument.xml", Code::BadArgument),
        ("arxiv/oai/made-error-badResumptionToken.xml", Code::BadResumptionToken),
        ("arxiv/oai/made-error-badVerb.xml", Code::BadVerb),
        ("arxiv/oai/made-error-cannotDisseminateFormat.xml", Code::CannotDisseminateFormat),
        ("arxiv/oai/made-error-idDoesNotExist.xml", Code::IdDoesNotExist),
        ("arxiv/oai/made-error-noRecordsMatch.xml", Code::NoRecordsMatch),
        ("arxiv/oai/oai_dc-0704.0001.xml", Code::CannotDisseminateFormat),
        ("oai/sickle/badArgument.xml", Code::BadArgument),
        ("oai/sickle/badResumptionToken.xml", Code::BadResumptionToken),
        ("oai/sickle/cannotDisseminateFormat.xml", Code::CannotDisseminateFormat),
        ("oai/sickle/idDoesNotExist.xml", Code::IdDoesNotExist),
        ("oai/sickle/noRecordsMatch.xml", Code::NoRecordsMatch),
        ("oai/sickle/noSetHierarchy.xml", Code::NoSetHierarchy),
        ("oai/sickle/undefinedError.xml", Code::Other("undefinedError".to_owned())),
        ("oai/vufindharvest/arbitrary_error_response.xml", Code::Other("foo".to_owned())),
        ("oai/vufindharvest/token_error_response.xml", Code::BadResumptionToken),
    ] {
        let Some(bytes) = fixture(file) else { return };
        let Ok(Answer::Refused(refusals)) = read(&bytes, file) else { panic!("{file}") };
        assert_eq!(refusals[0].code, code, "{file}");
    }
}

#[test]
fn repositories_introduce_themselves() {
    for (file, earliest) in [
        ("oai/sickle/Identify.xml", None),
        ("oai/pyoai/fake1-00001.xml", None),
        ("oai/pyoai/fake4-00001.xml", Some(day("2001-01-01"))),
        ("oai/pyoai/fake5-00001.xml", None),
        ("oai/vufindharvest/identify_response.xml", None),
    ] {
        let Some(bytes) = fixture(file) else { return };
        let Ok(Answer::Repository(repository)) = read(&bytes, file) else { panic!("{file}") };
        assert!(!repository.name.is_empty(), "{file}");
        assert!(earliest.is_none() || repository.earliest == earliest, "{file}");
    }
    for file in [
        "oai/sickle/ListSets.xml",
        "oai/sickle/ListMetadataFormats.xml",
        "oai/pyoai/fake1-00000.xml",
        "oai/pyoai/fake1-00002.xml",
        "oai/vufindharvest/list_sets_response.xml",
        "oai/live-2026/oai_erara_listsets.xml",
    ] {
        let Some(bytes) = fixture(file) else { return };
        assert_eq!(read(&bytes, file), Ok(Answer::Other), "{file}");
    }
}

#[test]
fn damaged_answers_are_told_apart() {
    let Some(truncated) = fixture("oai/made-truncated.xml") else { return };
    let cut = page(&truncated);
    assert_eq!(cut.rest, Rest::CutOff { bytes: truncated.len() });
    assert!(records(&cut).len() >= 7, "{}", records(&cut).len());

    let control = page(&fixture("oai/made-control-characters.xml").unwrap());
    assert_eq!((records(&control).len(), problems(&control).len()), (12, 2));

    let latin = page(&fixture("oai/made-latin1-declared-utf8.xml").unwrap());
    assert!(!records(&latin).is_empty());
    assert!(problems(&latin).iter().all(|reason| reason.starts_with("not valid UTF-8")));
    assert_eq!(records(&latin).len() + problems(&latin).len(), 12);

    let deleted = page(&fixture("oai/made-deleted-among-live.xml").unwrap());
    let gone = deleted.entries.iter().filter(|entry| matches!(entry, Entry::Deleted { .. }));
    assert_eq!((records(&deleted).len(), gone.count()), (12, 1));

    let repeated = page(&fixture("oai/made-repeated-token.xml").unwrap());
    assert!(
        repeated.repeats("verb%3DListRecords%26metadataPrefix%3DarXivRaw%26from%3D2026-09-23%26skip%3D12")
    );

    for file in ["oai/made-503-retry-after.html", "oai/sickle/ListRecordsBroken.xml"] {
        assert!(read(&fixture(file).unwrap(), file).is_err(), "{file}");
    }
}

#[test]
fn pages_of_other_repositories_are_gone_through_record_by_record() {
    for file in [
        "oai/live-2026/oai_emanuscripta_listrecords.xml",
        "oai/live-2026/oai_eperiodica_listrecords.xml",
        "oai/live-2026/oai_erara_listrecords.xml",
        "oai/live-2026/oai_ex_ante_listrecords.xml",
        "oai/live-2026/oai_sui_generis_listrecords.xml",
        "oai/pyoai/fake1-00005.xml",
        "oai/pyoai/fake1-00004.xml",
        "oai/sickle/GetRecord.xml",
        "oai/sickle/GetRecord_utf8test.xml",
        "oai/sickle/ListRecords.xml",
        "oai/sickle/ListRecords2.xml",
        "oai/sickle/ListRecords3.xml",
        "oai/sickle/ListRecords4.xml",
        "oai/sickle/ListIdentifiers2.xml",
        "oai/vufindharvest/list_records_response.xml",
        "oai/vufindharvest/list_records_token_response.xml",
    ] {
        let Some(bytes) = fixture(file) else { return };
        let page = page(&bytes);
        assert!(!page.entries.is_empty(), "{file}");
        assert!(records(&page).is_empty(), "{file}");
        assert!(!matches!(page.rest, Rest::CutOff { .. }), "{file}");
    }
}

//! What each format's fields come to mean.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::{read, read_as};
use formats::{Format, Item, Piece};
use paper::{AnnouncementKind, Day, Identity, LinkKind, Markup, Source, Standing};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

const KAGGLE: &str = r#"{"id":"math.GT/0309136","submitter":"Jane Doe","authors":"Jane Doe and Fr\\'ed\\'eric Vrins (1)",
 "title":"On $x$","comments":"12 pages","journal-ref":"J. Topol. 1 (2008)","doi":"10.1112/jtopol/jtm002 10.48550/arXiv.math/0309136",
 "report-no":null,"categories":"math.GT cs.NA math.NA","license":"http://creativecommons.org/licenses/by/4.0/","abstract":"  Text\nmore.\n",
 "versions":[{"version":"v1","created":"Mon, 8 Sep 2003 19:18:42 GMT"},{"version":"v2","created":"Tue, 9 Mar 2004 00:00:00 GMT"}],
 "update_date":"2009-11-07","authors_parsed":[["Doe","Jane",""]]}"#;

#[test]
fn the_kaggle_form_gives_versions_and_identities() {
    let record = read(KAGGLE.replace('\n', "").as_bytes(), "x").only();
    assert_eq!(record.source, Source::Arxiv);
    assert_eq!(record.node().to_string(), "arxiv:math/0309136");
    assert_eq!(record.identities.len(), 2, "arXiv's own DOI is the id itself");
    assert_eq!((record.stamp.version, record.stamp.time.as_str()), (2, "2009-11-07"));
    assert_eq!(record.published, Some(day("2003-09-08").into()));
    assert_eq!(record.versions[1].day, Some(day("2004-03-09")));
    assert_eq!(record.authors[1].name, "Frédéric Vrins");
    assert_eq!(record.submitter.as_deref(), Some("Jane Doe"));
    assert!(record.announcements.is_empty());
}

#[test]
fn an_announced_paper_is_new_once_and_cross_listed_in_each_other_category_once() {
    let line = r#"{"id":"2503.12127","authors":"A B","title":"T","categories":"math.NA cs.NA cs.CV","abstract":"x","announced":"2025-03-18"}"#;
    let record = read(line.as_bytes(), "x").only();
    let found: Vec<(&str, AnnouncementKind)> =
        record.announcements.iter().map(|one| (one.category.as_str(), one.kind)).collect();
    assert_eq!(found, [("math.NA", AnnouncementKind::New), ("cs.CV", AnnouncementKind::CrossList)]);
    assert_eq!(record.published.unwrap().to_string(), "2025-03");
    assert_eq!(record.stamp.version, 0);
}

#[test]
fn a_creation_long_after_the_id_is_a_later_version() {
    let line = r#"{"id":"0704.0001","title":"T","categories":"hep-ph","created":"2009-05-01"}"#;
    assert_eq!(read(line.as_bytes(), "x").only().published.unwrap().to_string(), "2007-04");
}

#[test]
fn only_plain_words_mark_a_paper_as_withdrawn() {
    let standing = |comments: &str, text: &str| {
        let line = format!(
            r#"{{"id":"2401.00001","title":"T","categories":"cs.CL","comments":"{comments}","abstract":"{text}"}}"#
        );
        read(line.as_bytes(), "x").only().standing
    };
    for (comments, text) in [
        ("This paper has been withdrawn by the author", "x"),
        ("withdrawn: an error in Lemma 2", "x"),
        ("", "This submission has been withdrawn by arXiv administrators"),
        ("3 pages. The paper is withdrawn due to an error", "x"),
    ] {
        assert_eq!(standing(comments, text), Standing::Withdrawn, "{comments} {text}");
    }
    assert_eq!(
        standing("", "We study papers. This paper has been withdrawn is what many say."),
        Standing::Stands
    );
    assert_eq!(standing("We withdraw the claim of v1", "x"), Standing::Stands);
}

const DAILY: &str = r#"{"date":"2024-05-27","item":{"paper":{"id":"2405.14906","authors":[{"name":"Bin Lei","hidden":false},
 {"name":"Secret","hidden":true}],"publishedAt":"2024-05-23T02:53:25.000Z","title":"AutoCoder","summary":"We","upvotes":"7",
 "githubRepo":"https://github.com/a/b","projectPage":"https://a.github.io/b","ai_summary":"Sum","ai_keywords":["k1","k2"],
 "organization":{"name":"org","fullname":"The Org"}},"publishedAt":"2024-05-28T02:06:34.388Z","title":"AutoCoder",
 "numComments":1,"submittedBy":{"fullname":"Jo","name":"jo"},"mediaUrl":null}}"#;

#[test]
fn a_daily_paper_is_featured_on_the_day_of_its_list() {
    let line = DAILY.replace('\n', "");
    let record = read(line.as_bytes(), "x").only();
    assert_eq!(record.node().to_string(), "arxiv:2405.14906");
    assert_eq!(record.markup, Markup::Huggingface);
    assert_eq!(record.announcements[0].day, day("2024-05-27"));
    assert_eq!(record.announcements[0].kind, AnnouncementKind::Featured);
    let attention = record.attention.unwrap();
    assert_eq!((attention.votes, attention.comments), (Some(7), Some(1)));
    assert_eq!(record.authors.len(), 1, "hidden authors stay hidden");
    assert_eq!(record.submitter.as_deref(), Some("Jo"));
    assert_eq!(record.organisation.as_deref(), Some("The Org"));
    assert!(record.keywords_by_machine && record.summaries[0].machine);
    assert_eq!(record.summaries[0].by, "Hugging Face");
    let kinds: Vec<LinkKind> = record.links.iter().map(|link| link.kind).collect();
    assert_eq!(kinds, [LinkKind::Code, LinkKind::Project]);
    assert_eq!(record.published, Some(day("2024-05-23").into()));
}

#[test]
fn items_arrays_and_papers_alone_are_the_same_form() {
    let line = DAILY.replace('\n', "");
    let item = line.strip_prefix(r#"{"date":"2024-05-27","item":"#).unwrap().strip_suffix('}').unwrap();
    for text in [item.to_owned(), format!("[{item}]"), format!("[\n {item}\n]\n"), format!("{item}\n{item}")]
    {
        let found = read(text.as_bytes(), "x");
        assert_eq!(found.problems, []);
        // Without a list's date the outer time of inclusion counts, without a shift of zones.
        assert!(found.records.iter().all(|record| record.announcements[0].day == day("2024-05-28")));
    }
    let alone = r#"{"id":"2405.14906","title":"T","authors":[],"upvotes":3,"ai_summary":null}"#;
    let record = read(alone.as_bytes(), "x").only();
    assert!(record.announcements.is_empty());
    assert_eq!(record.attention.unwrap().votes, Some(3));
}

#[test]
fn conference_records_state_every_identity_that_they_know() {
    let line = r#"{"id":"aaai2022:00444","title":"T","authors":["A B"],"abstract":"x","venue":"AAAI","year":2022,"keywords":["k"],
     "tldr":"Short.","status":"Oral","openreview":null,"urls":{"page":"https://aaai.org/papers/1","pdf":"https://cdn.aaai.org/1.pdf",
     "doi":"10.1609/aaai.v36i1.19922","arxiv":"2410.08168","code":"https://github.com/a/b"}}"#;
    let record = read(line.replace('\n', "").as_bytes(), "x").only();
    let identities: Vec<String> = record.identities.iter().map(Identity::to_string).collect();
    assert_eq!(identities, ["conference:aaai2022:00444", "arxiv:2410.08168", "doi:10.1609/aaai.v36i1.19922"]);
    assert_eq!(record.awards, ["Oral"]);
    assert!(!record.summaries[0].machine);
    assert_eq!(record.links[0].kind, LinkKind::Code);
}

#[test]
fn conference_records_of_open_sites_have_their_identity_as_node() {
    let node = |id: &str, openreview: &str| {
        let line = format!(
            r#"{{"id":"{id}","title":"T","venue":"V","status":"Poster","openreview":{openreview},"urls":{{}}}}"#
        );
        let record = read(line.as_bytes(), "x").only();
        assert!(record.awards.is_empty(), "a poster is no distinction");
        record.node().to_string()
    };
    assert_eq!(node("openreview:05T81ScPFb", "\"05T81ScPFb\""), "openreview:05T81ScPFb");
    assert_eq!(node("naacl2024:2024.findings-naacl.30", "null"), "acl:2024.findings-naacl.30");
    assert_eq!(node("cvpr2013:7db7526834", "null"), "conference:cvpr2013:7db7526834");
}

const ACL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<collection id="2024.acl"><volume id="long" type="proceedings" ingest-date="2024-08-01">
<meta><booktitle>Proceedings of <fixed-case>ACL</fixed-case></booktitle><editor><first>E</first><last>D</last></editor>
<month>August</month><year>2024</year><venue>acl</venue></meta>
<frontmatter><url>2024.acl-long.0</url></frontmatter>
<!-- <paper id="9"><title>Not one</title></paper> -->
<paper id="7"><title><fixed-case>BERT</fixed-case> &amp; <i>friends</i> with <tex-math>k^2</tex-math></title>
<author><first>Wei</first><last>Wang</last><variant script="hani"><first>x</first><last>y</last></variant></author>
<author><last>Suharto</last></author>
<abstract>About ~20% of &lt;b&gt; see <url>https://a.org/b_c</url>.</abstract><pages>1–6</pages><url>2024.acl-long.7</url>
<doi>10.18653/v1/2024.acl-long.7</doi><award>Best Paper</award><video href="2024.acl-long.7.mp4"/>
<revision id="1" href="x"/><revision id="2" href="y" date="2024-09-02">z</revision><erratum id="1">2024.acl-long.7e1</erratum>
<bibkey>k</bibkey></paper></volume></collection>"#;

#[test]
fn anthology_papers_know_their_volume_and_their_versions() {
    let found = read(ACL.as_bytes(), "x.xml");
    assert_eq!(found.volumes.len(), 1);
    assert_eq!(found.volumes[0].id, "2024.acl-long");
    assert_eq!(found.volumes[0].title, "Proceedings of ACL");
    assert_eq!(found.volumes[0].day, Some(day("2024-08-01")));
    let record = found.only();
    assert_eq!(record.node().to_string(), "acl:2024.acl-long.7");
    assert_eq!(record.identities.len(), 1, "the Anthology's own DOI is the id itself");
    assert_eq!(record.title, r"BERT & \emph{friends} with \(k^2\)");
    assert_eq!(
        record.abstract_text.as_deref(),
        Some(r"About \textasciitilde{}20% of <b> see https://a.org/b_c.")
    );
    assert_eq!(record.authors[0].name, "Wei Wang");
    assert_eq!(record.authors[1].family.as_deref(), Some("Suharto"));
    assert_eq!((record.stamp.version, record.stamp.time.as_str()), (2, "2024-09-02"));
    assert_eq!(record.published.unwrap().to_string(), "2024-08");
    assert_eq!(record.venue.as_deref(), Some("ACL"));
    assert_eq!(record.journal_ref.as_deref(), Some("Proceedings of ACL, pages 1–6"));
    assert_eq!(record.awards, ["Best Paper"]);
    assert!(record.announcements.is_empty());
    let urls: Vec<&str> = record.links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://aclanthology.org/2024.acl-long.7.pdf",
            "https://aclanthology.org/2024.acl-long.7.mp4",
            "https://aclanthology.org/2024.acl-long.7e1.pdf"
        ]
    );
}

#[test]
fn old_anthology_papers_without_address_get_their_id_from_their_number() {
    let id = |collection: &str, volume: &str, paper: &str| {
        let text = format!(
            "<collection id='{collection}'><volume id='{volume}'><meta><year>2019</year></meta>\
             <paper id='{paper}'><title>T</title></paper></volume></collection>"
        );
        read(text.as_bytes(), "x.xml").only().node().to_string()
    };
    assert_eq!(id("P19", "1", "7"), "acl:P19-1007");
    assert_eq!(id("W19", "50", "7"), "acl:W19-5007");
    assert_eq!(id("D19", "55", "7"), "acl:D19-5507");
    assert_eq!(id("2020.tacl", "1", "7"), "acl:2020.tacl-1.7");
}

#[test]
fn retracted_and_removed_papers_say_so() {
    for mark in ["<retracted date='2021-08-09'/>", "<removed date='2021-10-05'>why</removed>"] {
        let text = ACL.replace("<bibkey>k</bibkey>", mark);
        assert_eq!(read(text.as_bytes(), "x").only().standing, Standing::Retracted);
    }
}

const BIB: &str = r#"% words before
@String{ nips = "Advances in {NIPS}" }
@comment{jabref-meta: x}
@preamble{ "\newcommand{\x}{y}" }
@InProceedings(vaswani:2017,
  author = "Vaswani, Ashish and {The {Google} Team} and Andr{\'e} van der Berg and others",
  Title = {{Attention} is $O(n^2)$ and {\"O}l},
  booktitle = nips # { 30 (} # 2017 # {)},
  year = 2017, month = jun, pages = {1--11}, eprint = {1706.03762v5}, archivePrefix = {arXiv},
  doi = {10.1000/x\_y}, url = {https://example.org/a},
)
@misc{b, title = {No Identity Here at All}, author = {Doe, Jane}, date = {2004-10-15/2004-10-17}}
"#;

#[test]
fn bibtex_entries_are_read_with_their_abbreviations_and_names() {
    let found = read(BIB.as_bytes(), "x.bib");
    assert_eq!(found.problems, []);
    let [one, two] = &found.records[..] else { panic!("two records") };
    let identities: Vec<String> = one.identities.iter().map(Identity::to_string).collect();
    assert_eq!(identities, ["arxiv:1706.03762", "doi:10.1000/x_y"]);
    assert_eq!(one.title, r#"{Attention} is $O(n^2)$ and {\"O}l"#);
    let names: Vec<&str> = one.authors.iter().map(|author| author.name.as_str()).collect();
    assert_eq!(names, ["Ashish Vaswani", "The Google Team", "André van der Berg"]);
    assert_eq!(one.authors[2].family.as_deref(), Some("van der Berg"));
    assert!(one.authors[1].group);
    assert_eq!(one.author_count, Some(4));
    assert_eq!(one.venue.as_deref(), Some("Advances in NIPS 30 (2017)"));
    assert_eq!(one.published.unwrap().to_string(), "2017-06");
    assert_eq!(two.node().scheme(), paper::Scheme::Bibtex);
    assert_eq!(two.published.unwrap().to_string(), "2004-10-15");
}

#[test]
fn an_entry_without_identifier_has_the_same_identity_in_every_spelling() {
    let node = |text: &str| read(text.as_bytes(), "x.bib").only().node().clone();
    let one = node("@misc{a, title={The {P}oincar{\\'e} Ball}, author={M{\\\"u}ller, J.}, year={2001}}");
    let two = node("@article{b, title=\"The Poincaré ball\", author=\"J. Müller\", year=2001, journal={X}}");
    assert_eq!(one, two);
}

#[test]
fn every_kept_record_is_understood_again_by_itself() {
    for (text, source) in [
        (BIB.to_owned(), Source::Bibtex),
        (ACL.to_owned(), Source::Acl),
        (DAILY.replace('\n', ""), Source::Huggingface),
        (KAGGLE.replace('\n', ""), Source::Arxiv),
    ] {
        let found = read(text.as_bytes(), "x");
        for (record, raw) in found.records.iter().zip(&found.raws) {
            assert_eq!(&formats::parse_again(source, raw).unwrap(), record);
        }
    }
    assert!(formats::parse_again(Source::Correction, b"{}").is_err());
}

#[test]
fn cutting_and_parsing_apart_gives_what_reading_gives() {
    let input = || Box::new(std::io::Cursor::new(ACL.as_bytes().to_vec()));
    let whole: Vec<Item> = formats::read(input(), "x", None).unwrap().map(Result::unwrap).collect();
    let apart: Vec<Item> = formats::split(input(), "x", None)
        .unwrap()
        .flat_map(|piece| match piece.unwrap() {
            Piece::Item(item) => vec![item],
            Piece::Unit(unit) => formats::parse_unit(unit),
        })
        .collect();
    assert_eq!(whole, apart);
}

#[test]
fn the_bytes_taken_are_counted_before_unpacking() {
    let bytes = common::zstd(ACL.as_bytes());
    let mut reader = formats::read(Box::new(std::io::Cursor::new(bytes.clone())), "x", None).unwrap();
    assert!(reader.by_ref().all(|item| item.is_ok()));
    assert_eq!(reader.bytes_read(), bytes.len() as u64);
}

#[test]
fn sample_papers_are_featured_on_the_days_of_their_listings() {
    let line = r#"{"id":"a-b","arxiv_id":"2505.13430","title":"T","n_authors":5,"published":"2025-05-19","comments":2,"listings":["loss-functions","continuous-gradients"],"abstract":"x"}"#;
    let record = read_as(line.as_bytes(), Format::Sample).only();
    assert_eq!(record.node().to_string(), "sample:a-b");
    assert_eq!(record.identities[1].to_string(), "arxiv:2505.13430");
    assert_eq!(record.author_count, Some(5));
    let days: Vec<Day> = record.announcements.iter().map(|one| one.day).collect();
    assert_eq!(days, [day("2025-10-17"), day("2025-12-11")]);
    assert_eq!(record.topics, ["loss-functions", "continuous-gradients"]);
}

#[test]
fn formats_are_found_by_their_names() {
    for format in Format::ALL {
        assert_eq!(Format::from_name(format.name()), Some(format));
        assert_eq!(Format::of(format.source()), Some(format));
    }
}

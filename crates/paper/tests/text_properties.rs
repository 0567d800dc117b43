//! What holds for every string whatever: no panic, nothing lost, HTML that is well formed and harmless,
//! time that grows with the length and no faster.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use paper::text::{
    Dialect, Kind, comments, damage_equals, fold, hugging_face_damage, lost_text, parse, parse_as,
    parse_authors,
};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Elements that HTML of this crate may hold, besides MathML's.
const HTML: &[&str] = &["div", "p", "a", "code", "em", "strong", "span", "u", "sup", "sub"];
const MATHML: &[&str] = &[
    "math",
    "menclose",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];
const ATTRIBUTES: &[&str] = &[
    "accent",
    "accentunder",
    "alttext",
    "class",
    "columnalign",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "href",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rel",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "width",
];

fn check_html(html: &str) {
    let page = format!("<div>{html}</div>");
    let mut reader = Reader::from_str(&page);
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {html}")) {
            Event::Start(element) | Event::Empty(element) => {
                let name = element.name().as_ref().to_owned();
                assert!(
                    HTML.contains(&name.as_str()) || MATHML.contains(&name.as_str()),
                    "<{name}> in {html}"
                );
                for attribute in element.attributes() {
                    let attribute = attribute.expect("attributes are well formed");
                    let key: &str = attribute.key.as_ref();
                    assert!(ATTRIBUTES.contains(&key), "{key} in {html}");
                    if key == "href" {
                        assert!(attribute.value.to_ascii_lowercase().starts_with("http"), "{html}");
                    }
                }
            }
            Event::End(_) | Event::Text(_) | Event::GeneralRef(_) => {}
            Event::Eof => break,
            other => panic!("{other:?} in {html}"),
        }
    }
}

fn check_all(raw: &str) {
    for dialect in [Dialect::Tex, Dialect::HuggingFace, Dialect::Html] {
        for kind in [Kind::Title, Kind::Abstract] {
            let text = parse_as(raw, kind, dialect);
            check_html(&text.html());
            check_html(&text.html_blocks());
            check_html(&text.html_list());
            let _ = (fold(&text.plain()), text.links(), text.report());
        }
    }
    let _ = (parse_authors(raw), comments::read_comment(raw), comments::dois(raw), comments::arxiv_ids(raw));
    let _ = (comments::journal_pages(raw), comments::journal_year(raw));
}

/// Strings of the pieces that mean something here, in any order.
fn source() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\\",
        "$",
        "$$",
        "{",
        "}",
        "^",
        "_",
        "~",
        "%",
        "&",
        "#",
        "--",
        "``",
        "''",
        "`",
        "'",
        "\"",
        "<",
        ">",
        "</",
        "[",
        "](",
        "](http://a.b)",
        ")",
        "(",
        "*",
        "**",
        "\n",
        "\n  ",
        "\n\n",
        " ",
        "  ",
        "a",
        "b",
        "x",
        "B",
        "2",
        "10",
        "word",
        "é",
        "τ",
        "ℝ",
        "字",
        "\u{301}",
        "\u{7f}",
        "\u{ad}",
        "\u{200b}",
        "\u{202e}",
        "Ã©",
        "\\alpha",
        "\\frac",
        "\\sqrt",
        "\\sqrt[3]",
        "\\left(",
        "\\right)",
        "\\left",
        "\\right",
        "\\emph",
        "\\textbf{",
        "\\texttt{",
        "\\text{",
        "\\begin{cases}",
        "\\end{cases}",
        "\\begin{",
        "\\end{",
        "\\mathbb{R}",
        "\\mathcal",
        "\\operatorname{",
        "\\href{",
        "\\url{",
        "\\cite{k}",
        "\\footnote{",
        "\\'",
        "\\\"",
        "\\v{s}",
        "\\c{c}",
        "\\b{eta}",
        "\\i",
        "\\ss",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\\\",
        "\\,",
        "\\ ",
        "\\_",
        "\\%",
        "\\unknown",
        "\\over",
        "\\rm",
        "\\bf ",
        "\\it",
        "\\sum",
        "\\int",
        "\\limits",
        "\\substack{",
        "\\stackrel{",
        "\\not",
        "\\ce{H2O}",
        "\\SI{5}{\\meter}",
        "\\unicode{x2013}",
        "\\big",
        "\\hat",
        "\\eqref{x}",
        "\\tag{1}",
        "&lt;",
        "&amp;",
        "&#8211;",
        "&alpha;",
        "<i>",
        "</i>",
        "<sub>",
        "</sub>",
        "<script>",
        "https://a.org/b",
        "www.a.org",
        "javascript:alert(1)",
        "times",
        "mathcal{",
        "infty",
        "log",
        "O(n",
        "in",
        "^top",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_panics_or_reaches_the_page(raw in source()) {
        check_all(&raw);
    }

    #[test]
    fn no_unicode_panics(raw in any::<String>()) {
        check_all(&raw);
    }

    #[test]
    fn nothing_is_lost(raw in lossless()) {
        let text = parse(&raw, Kind::Abstract);
        prop_assert_eq!(lost_text(&raw, &text), None, "{} -> {}", raw, text.plain());
    }

    #[test]
    fn ordinary_text_is_itself(words in prop::collection::vec("[A-Za-z][a-z]{0,9}[,.;]?", 1..40)) {
        let raw = words.join(" ");
        let plain = parse(&raw, Kind::Abstract).plain();
        prop_assert_eq!(&plain, &raw);
        prop_assert_eq!(parse(&plain, Kind::Abstract).plain(), plain);
    }

    #[test]
    fn keys_are_stable(raw in any::<String>()) {
        let key = fold(&raw);
        prop_assert_eq!(fold(&key), key);
    }

    #[test]
    fn the_damage_of_a_text_equals_it(raw in source()) {
        prop_assert!(damage_equals(&raw, &hugging_face_damage(&raw)));
    }
}

/// Sources in which every argument is text, so that the simple check of [`lost_text`] can judge them.
fn lossless() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "$",
        "$$",
        "{",
        "}",
        "^",
        "_",
        "~",
        "%",
        "--",
        "``",
        "''",
        "`",
        "'",
        "*",
        "[",
        "]",
        "(",
        ")",
        "\n",
        "\n  ",
        " ",
        "a",
        "bc",
        "X",
        "2",
        "10",
        "word",
        "é",
        "\\alpha",
        "\\emph{",
        "\\textbf{",
        "\\text{",
        "\\mathbb{",
        "\\'",
        "\\,",
        "\\_",
        "\\%",
        "\\mathcal{",
        "\\sum",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\bar",
        "\\frac{a}{b}",
        "\\sqrt{x}",
        "\\log",
        "\\left(",
        "\\right)",
        "\\rm ",
        "\\footnote{",
        "\\unknown{",
        "<b",
        "i>",
        "&lt;",
        "https://a.org/b",
    ]);
    prop::collection::vec(pieces, 0..20).prop_map(|pieces| pieces.concat())
}

#[test]
fn attacks_are_text() {
    for attack in [
        r"$\operatorname{</math><script>alert(1)</script>}$",
        r"$\operatorname*{</math><script>alert(1)</script>}$",
        r"$\operatorname{<script>x</script>}$",
        r"$\operatorname{\lt script\gt x}$",
        r"$\text{</math><script>alert(1)</script>}$",
        r"$\eqref{x}$",
        r"\href{javascript:alert(1)}{here}",
        r"$\href{javascript:alert(1)}{x}$",
        r"\url{javascript:alert(1)}",
        r"[x](javascript:alert(1))",
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;alert(1)",
        "<img src=x onerror=alert(1)>",
        "<b onclick=\"alert(1)\">x</b>",
        r#"\href{https://a.b/"onclick="alert(1)}{x}"#,
        r"$\color{red;background:url(x)}x$",
        r"$\unicode{x3c}script\unicode{x3e}$",
    ] {
        check_all(attack);
        let html = parse(attack, Kind::Abstract).html();
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("onclick=\"a"),
            "{html}"
        );
        assert!(!html.contains("href=\"javascript"), "{html}");
    }
}

#[test]
fn time_grows_with_the_length_only() {
    const BYTES: usize = 60_000;
    for piece in [
        "{",
        "}",
        "$",
        "\\",
        "^",
        "_",
        "$$",
        "{}",
        "\\(",
        "\\[",
        "\\begin{a}",
        "\\begin{equation}",
        "\\left(",
        "\\emph",
        "\\emph{",
        "\\frac",
        "\\sqrt{",
        "\\text{$",
        "`",
        "``",
        "'",
        "''",
        "*",
        "**a",
        "*a ",
        "[",
        "[a](http",
        "<i>",
        "<",
        "</i>",
        "&",
        "&amp;",
        "&#",
        "http://",
        "http://a.b/",
        "a.org/",
        "www.",
        "--",
        "~",
        "\"",
        "\\'",
        "\\'{",
        "\\c{",
        "x^",
        "x_",
        "x^{",
        "a_b ",
        "\n",
        "\n  ",
        " ",
        "(",
        ")",
        "$5 ",
        "$x",
        "\\alpha",
        "\\Vert _",
        "\\cite{",
        "\\cite",
        "\\footnote{",
        "\\item",
        "{\\bf ",
        "mathcal{",
        "O(",
        "R^{n ",
        "times",
        "5times ",
        "text{",
        "Ã©",
        "\u{7f}",
        "é",
        "e\u{301}",
        "<sub>",
        "\\verb|",
        "\\href{",
        "\\url{a",
        "\\unknown",
        "\\unknown{",
        "\\over",
        "\\rm",
        "\\SI{",
        "\\ce{",
        "\\%",
        "A, ",
        "A and ",
        "((",
        "10.1234/a ",
        "1 pages ",
        "accepted in A",
    ] {
        let raw = piece.repeat(BYTES / piece.len());
        for dialect in [Dialect::Tex, Dialect::HuggingFace] {
            let start = Instant::now();
            let text = parse_as(&raw, Kind::Abstract, dialect);
            let _ = (text.plain(), text.html(), text.links());
            let taken = start.elapsed();
            // Debug builds on a busy machine; quadratic behaviour would take minutes.
            assert!(taken < Duration::from_secs(10), "{piece:?} in {dialect:?} took {taken:?}");
        }
        let start = Instant::now();
        let _ = (parse_authors(&raw), comments::read_comment(&raw), comments::dois(&raw), fold(&raw));
        let _ = (hugging_face_damage(&raw), lost_text(&raw, &parse("", Kind::Title)));
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(10), "lists of {piece:?} took {taken:?}");
    }
}

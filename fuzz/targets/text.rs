//! Any text as title, abstract and comment, in each notation.
#![no_main]

use paper::text::{Dialect, Kind, parse_as};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let raw = String::from_utf8_lossy(bytes);
    for dialect in [Dialect::Tex, Dialect::HuggingFace, Dialect::Html] {
        for kind in [Kind::Title, Kind::Abstract, Kind::Comment] {
            let text = parse_as(&raw, kind, dialect);
            let (plain, html) = (text.plain(), text.html());
            // Plain text is one line.
            assert!(!plain.contains('\n'), "{plain:?}");
            for html in [&html, &text.html_blocks(), &text.html_list()] {
                check_html(html);
            }
            let _ = (text.links(), text.report(), text.damaged());
            if dialect == Dialect::Tex {
                let lost = paper::text::lost_text(&raw, &text);
                assert!(lost.is_none(), "lost {lost:?} of {raw:?}");
            }
        }
    }
    let _ = paper::text::fold(&raw);
    let _ = paper::text::hugging_face_damage(&raw);
    let _ = paper::text::comments::read_comment(&raw);
});

/// Only elements of the allow-list, none left open, no address but of the web.
fn check_html(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..]
            .find('>')
            .map(|end| at + end)
            .unwrap_or_else(|| panic!("a tag without an end: {html:?}"));
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html:?}");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(
            !["script", "style", "iframe", "object", "img", "svg", "form", "input"].contains(&name),
            "{html:?}"
        );
        // Values stand in quotes; what is outside them are names.
        let names: String = tag.split('"').step_by(2).collect();
        assert!(!names.contains(" on"), "an event handler: {html:?}");
        if let Some(address) = tag.split_once("href=\"") {
            let address = address.1.to_ascii_lowercase();
            assert!(address.starts_with("http://") || address.starts_with("https://"), "{html:?}");
        }
        if !tag.ends_with('/') && name != "br" && name != "wbr" {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open {open:?}: {html:?}");
}

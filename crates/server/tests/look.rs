//! The look: contrasts recomputed from the style, and the weight of a full page.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and may print what it measured"
)]

mod common;

use common::TestSite;
use http::Method;
use std::collections::HashMap;

const STYLE: &str = include_str!("../assets/broadsheet.css");
const SCRIPT: &str = include_str!("../assets/broadsheet.js");

/// Bytes on the wire, brotli: the whole of a full page, the style, the script.
const PAGE_BYTES_MAX: usize = 64 * 1000;
const STYLE_BYTES_MAX: usize = 12 * 1000;
const SCRIPT_BYTES_MAX: usize = 8 * 1000;

/// The tokens of the light and of the dark theme, read from the style.
fn tokens() -> (HashMap<String, String>, HashMap<String, String>) {
    let (mut light, mut dark) = (HashMap::new(), HashMap::new());
    for declaration in STYLE.split([';', '{', '}']) {
        let Some((name, value)) = declaration.trim().split_once(':') else { continue };
        let Some(name) = name.trim().strip_prefix("--") else { continue };
        let value = value.trim();
        if let Some(pair) = value.strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')')) {
            let (one, other) = pair.split_once(',').unwrap();
            assert_eq!(light.get(name).map(String::as_str), Some(one.trim()), "both light values of {name}");
            dark.insert(name.to_string(), other.trim().to_string());
        } else if value.starts_with('#') {
            light.insert(name.to_string(), value.to_string());
        }
    }
    (light, dark)
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: &str) -> f64 {
    let part = |range: std::ops::Range<usize>| {
        let value = f64::from(u8::from_str_radix(&colour[range], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1..3) + 0.7152 * part(3..5) + 0.0722 * part(5..7)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_and_controls_have_enough_contrast_in_both_themes() {
    let (light, dark) = tokens();
    assert_eq!(light.len(), dark.len(), "each token has a value in both themes");
    for theme in [&light, &dark] {
        for ground in ["paper", "raised"] {
            for text in ["ink", "muted", "link", "visited", "accent", "good", "warn", "bad"] {
                let ratio = contrast(&theme[text], &theme[ground]);
                assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.1}");
            }
            let ratio = contrast(&theme["edge"], &theme[ground]);
            assert!(ratio >= 3.0, "edge on {ground}: {ratio:.1}");
        }
        assert!(contrast(&theme["ink"], &theme["mark"]) >= 4.5, "marked text");
    }
}

fn brotli_bytes(bytes: &[u8], quality: u32) -> usize {
    let mut out = Vec::new();
    std::io::copy(&mut brotli::CompressorReader::new(bytes, 4096, quality, 20), &mut out).unwrap();
    out.len()
}

#[test]
fn style_and_script_stay_small() {
    let (style, script) = (brotli_bytes(STYLE.as_bytes(), 11), brotli_bytes(SCRIPT.as_bytes(), 11));
    println!("style {style} bytes, script {script} bytes");
    assert!(style <= STYLE_BYTES_MAX && script <= SCRIPT_BYTES_MAX, "style {style}, script {script}");
}

/// Fifty papers with long abstracts, none alike: as heavy as a real day. Words are drawn so that the text compresses
/// about as real abstracts do.
fn heavy_day() -> Vec<paper::Record> {
    let sample = common::sample();
    let sentences: Vec<String> = sample
        .iter()
        .flat_map(|record| {
            record.abstract_text.as_deref().unwrap_or("").split(". ").map(str::to_string).collect::<Vec<_>>()
        })
        .collect();
    (0..50)
        .map(|at| {
            let id = paper::Identity::arxiv(&format!("2608.{:05}", at + 1)).unwrap().0;
            let mut record = paper::Record::new(paper::Source::Arxiv, id, sample[at].title.clone());
            // 25 sentences a paper are about 1,400 characters, the mean of arXiv; each is used once.
            let mut text = String::new();
            for sentence in sentences.iter().cycle().skip(at * 20).take(20) {
                text.push_str(sentence);
                text.push_str(". ");
            }
            record.abstract_text = Some(text.chars().take(1500).collect());
            record.authors =
                (0..8).map(|n| paper::Author::named(format!("Given{at} Family{n}{at}"))).collect();
            record.categories = vec!["cs.LG".into()];
            record.published = Some("2026-08-19".parse().unwrap());
            record.links = vec![
                paper::Link::new(paper::LinkKind::Code, &format!("https://github.com/a{at}/b{at}")).unwrap(),
            ];
            record.announcements = vec![paper::Announcement {
                day: "2026-08-20".parse().unwrap(),
                category: "cs.LG".into(),
                kind: paper::AnnouncementKind::New,
            }];
            record
        })
        .collect()
}

#[tokio::test]
async fn a_full_day_fits_into_the_budget() {
    let site = TestSite::of(heavy_day());
    let reply = site.ask(Method::GET, "/", &[("accept-encoding", "br")]).await;
    let page = site.get("/").await.text();
    assert_eq!(page.matches("<article>").count(), 50);
    let assets = brotli_bytes(STYLE.as_bytes(), 11) + brotli_bytes(SCRIPT.as_bytes(), 11);
    println!(
        "a full day: {} bytes of HTML, {} on the wire, {assets} of style and script",
        page.len(),
        reply.body.len()
    );
    assert!(reply.body.len() + assets <= PAGE_BYTES_MAX, "{} + {assets}", reply.body.len());
}

#[test]
fn the_style_loads_nothing_and_the_script_writes_no_markup() {
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("@font-face"));
    for word in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "import("]
    {
        assert!(!SCRIPT.contains(word), "{word}");
    }
}

//! Outside identifiers of papers: reading them in every spelling people use, writing them in one.
//!
//! Facts on arXiv's identifiers: <https://info.arxiv.org/help/arxiv_identifier.html>. A new-style id (from April 2007)
//! is `YYMM.NNNN`, with five digits from 2015 on; an old-style id is `archive/YYMMNNN`, whose subject class
//! (`math.GT/0309136`) is dropped in the canonical form (`math/0309136`).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// What kind of identifier it is. The order is the order of preference for a paper's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// An arXiv id without version.
    Arxiv,
    /// An ACL Anthology id.
    Acl,
    /// An OpenReview forum id.
    Openreview,
    /// A DOI in lower case.
    Doi,
    /// A conference site's own key, e.g. `cvpr2016:1`.
    Conference,
    /// A key made from the content of a BibTeX entry.
    Bibtex,
    /// A slug of the built-in sample.
    Sample,
}

impl Scheme {
    const ALL: [Scheme; 7] = [
        Scheme::Arxiv,
        Scheme::Acl,
        Scheme::Openreview,
        Scheme::Doi,
        Scheme::Conference,
        Scheme::Bibtex,
        Scheme::Sample,
    ];

    /// The part before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Arxiv => "arxiv",
            Scheme::Acl => "acl",
            Scheme::Openreview => "openreview",
            Scheme::Doi => "doi",
            Scheme::Conference => "conference",
            Scheme::Bibtex => "bibtex",
            Scheme::Sample => "sample",
        }
    }

    /// True for identifiers that the world outside this instance knows.
    pub fn is_public(self) -> bool {
        matches!(self, Scheme::Arxiv | Scheme::Acl | Scheme::Openreview | Scheme::Doi)
    }
}

/// An outside identifier of a paper: `arxiv:2401.01234`, `doi:10.…`, `acl:2024.acl-long.1`, `openreview:…`.
///
/// Two spellings of one identifier are equal, because every constructor writes it in the canonical way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    scheme: Scheme,
    value: String,
}

/// The longest identifier that is accepted, in bytes; DOIs of over 300 characters exist.
pub const VALUE_BYTES_MAX: usize = 512;

impl Identity {
    /// The kind.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The identifier without its scheme, e.g. `2401.01234`.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// An arXiv id in any spelling (prefix, URL, version, DOI form); the version is returned beside it.
    pub fn arxiv(text: &str) -> Option<(Identity, Option<u32>)> {
        let (value, version) = arxiv_id(strip_arxiv(text))?;
        Some((Identity { scheme: Scheme::Arxiv, value }, version))
    }

    /// A DOI in any spelling. arXiv's and the ACL Anthology's own DOIs become the identity that they stand for.
    pub fn doi(text: &str) -> Option<Identity> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let mut rest = lower.as_str();
        for prefix in ["https://", "http://", "dx.doi.org/", "www.doi.org/", "doi.org/", "doi:", "doi "] {
            rest = rest.strip_prefix(prefix).unwrap_or(rest).trim_start();
        }
        let rest = rest.trim_end_matches(['.', ',', ';', ' ']);
        if !is_doi(rest) {
            return None;
        }
        if let Some(id) = rest.strip_prefix("10.48550/arxiv.")
            && let Some((value, _)) = arxiv_id(id)
        {
            return Some(Identity { scheme: Scheme::Arxiv, value });
        }
        if let Some(id) = rest.strip_prefix("10.18653/v1/").or_else(|| rest.strip_prefix("10.3115/v1/"))
            && let Some(identity) = Identity::acl(id)
        {
            return Some(identity);
        }
        Some(Identity { scheme: Scheme::Doi, value: rest.to_string() })
    }

    /// An ACL Anthology id (`2024.acl-long.1`, `P19-1001`), bare or as an address of its site.
    pub fn acl(text: &str) -> Option<Identity> {
        let text = text.trim().trim_end_matches('/').trim_end_matches(".pdf");
        let id =
            after_host(text, &["aclanthology.org/", "www.aclweb.org/anthology/", "aclweb.org/anthology/"])
                .unwrap_or(text);
        let value = acl_id(id)?;
        Some(Identity { scheme: Scheme::Acl, value })
    }

    /// An OpenReview forum id, bare or as an address of its site.
    pub fn openreview(text: &str) -> Option<Identity> {
        let text = text.trim();
        let id = match text.split_once("openreview.net/") {
            Some((_, rest)) => rest.split_once("id=")?.1.split(['&', '#']).next()?,
            None => text,
        };
        let good = (5..=24).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        good.then(|| Identity { scheme: Scheme::Openreview, value: id.to_string() })
    }

    /// An identifier that only one source or this instance knows. White space and control characters are refused, and
    /// so is what a browser would take out of an address: empty segments, `.` and `..`.
    pub fn local(scheme: Scheme, value: &str) -> Option<Identity> {
        let climbs = value.split('/').any(|part| matches!(part, "" | "." | ".."));
        let good = !scheme.is_public()
            && !climbs
            && !value.is_empty()
            && value.len() <= VALUE_BYTES_MAX
            && value.chars().all(|c| !c.is_control() && !c.is_whitespace());
        good.then(|| Identity { scheme, value: value.to_string() })
    }

    /// Reads the canonical form (`scheme:value`), as stored.
    pub fn from_canonical(text: &str) -> Option<Identity> {
        let (name, value) = text.split_once(':')?;
        let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.name() == name)?;
        match scheme {
            Scheme::Arxiv => Identity::arxiv(value).map(|(identity, _)| identity),
            Scheme::Acl => Identity::acl(value),
            Scheme::Openreview => Identity::openreview(value),
            Scheme::Doi => Identity::doi(value),
            _ => Identity::local(scheme, value),
        }
    }

    /// Reads what a person types or pastes: any identifier or address of a paper that can be told from plain words.
    /// The version of an arXiv id is dropped.
    pub fn from_words(text: &str) -> Option<Identity> {
        let text = text.trim();
        if text.len() > VALUE_BYTES_MAX || text.contains(char::is_whitespace) {
            return None;
        }
        if let Some((identity, _)) = Identity::arxiv(text) {
            return Some(identity);
        }
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("10.") || lower.contains("doi.org/") || lower.starts_with("doi:") {
            return Identity::doi(text);
        }
        if lower.contains("openreview.net/") {
            return Identity::openreview(text);
        }
        if let Some((scheme, _)) = lower.split_once(':')
            && Scheme::ALL.iter().any(|known| known.name() == scheme)
        {
            let (_, value) = text.split_once(':')?;
            return Identity::from_canonical(&format!("{scheme}:{value}"));
        }
        Identity::acl(text)
    }

    /// The address of a paper whose best identity this is: the part after `/papers/`. `None` for identities that are
    /// not addresses by themselves (their paper lives at a slug).
    pub fn address(&self) -> Option<String> {
        match self.scheme {
            Scheme::Arxiv | Scheme::Sample => Some(self.value.clone()),
            Scheme::Acl | Scheme::Openreview | Scheme::Doi => Some(self.to_string()),
            Scheme::Conference | Scheme::Bibtex => None,
        }
    }

    /// The page of the paper at its source, where the scheme has one.
    pub fn url(&self) -> Option<String> {
        match self.scheme {
            Scheme::Arxiv => Some(format!("https://arxiv.org/abs/{}", self.value)),
            Scheme::Acl => Some(format!("https://aclanthology.org/{}/", self.value)),
            Scheme::Openreview => Some(format!("https://openreview.net/forum?id={}", self.value)),
            Scheme::Doi => {
                let mut url = String::from("https://doi.org/");
                for byte in self.value.bytes() {
                    match byte {
                        b'A'..=b'Z'
                        | b'a'..=b'z'
                        | b'0'..=b'9'
                        | b'/'
                        | b'.'
                        | b'-'
                        | b'_'
                        | b'('
                        | b')'
                        | b':'
                        | b';' => {
                            url.push(char::from(byte));
                        }
                        _ => url.push_str(&format!("%{byte:02X}")),
                    }
                }
                Some(url)
            }
            Scheme::Conference | Scheme::Bibtex | Scheme::Sample => None,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme.name(), self.value)
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Identity::from_canonical(&text)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is not an identity")))
    }
}

/// Takes prefixes, hosts and DOI forms away from an arXiv id.
fn strip_arxiv(text: &str) -> &str {
    let text = text.trim().trim_end_matches(['.', ',', ';', ')', ']']);
    let text = text.split(['?', '#']).next().unwrap_or(text);
    let hosts = [
        "arxiv.org/",
        "xxx.lanl.gov/",
        "alphaxiv.org/",
        "huggingface.co/papers/",
        "doi.org/10.48550/arxiv.",
        "10.48550/arxiv.",
    ];
    let mut rest = after_host(text, &hosts).unwrap_or(text);
    for folder in ["abs/", "pdf/", "html/", "format/", "e-print/", "src/", "ps/", "bibtex/"] {
        rest = strip_prefix_ignore_case(rest, folder).unwrap_or(rest);
    }
    for prefix in ["oai:arxiv.org:", "arxiv:", "arxiv."] {
        rest = strip_prefix_ignore_case(rest, prefix).unwrap_or(rest).trim_start();
    }
    rest.strip_suffix(".pdf").unwrap_or(rest)
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// What follows one of these hosts in an address, with or without scheme and `www.`/`export.`.
fn after_host<'a>(text: &'a str, hosts: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    for prefix in ["https://", "http://", "www.", "export.", "dx."] {
        rest = strip_prefix_ignore_case(rest, prefix).unwrap_or(rest);
    }
    hosts.iter().find_map(|host| strip_prefix_ignore_case(rest, host))
}

/// The canonical form and the version of an arXiv id without prefix.
fn arxiv_id(text: &str) -> Option<(String, Option<u32>)> {
    if text.len() > 40 {
        return None;
    }
    let (id, version) = split_version(text)?;
    let value = if id.contains('/') { old_arxiv_id(id)? } else { new_arxiv_id(id)? };
    Some((value, version))
}

fn split_version(text: &str) -> Option<(&str, Option<u32>)> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let head = &text[..text.len() - digits];
    if digits > 0 && digits <= 4 && (head.ends_with('v') || head.ends_with('V')) {
        let version: u32 = text[text.len() - digits..].parse().ok()?;
        return (version > 0).then_some((&head[..head.len() - 1], Some(version)));
    }
    Some((text, None))
}

fn new_arxiv_id(id: &str) -> Option<String> {
    let (month, number) = id.split_once('.')?;
    if month.len() != 4
        || !month.bytes().all(|b| b.is_ascii_digit())
        || !number.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let yymm: u32 = month.parse().ok()?;
    if !(1..=12).contains(&(yymm % 100)) || yymm < 704 || number.bytes().all(|b| b == b'0') {
        return None;
    }
    match (number.len(), yymm >= 1501) {
        (4, false) | (5, true) => Some(id.to_string()),
        // arXiv itself pads these: 1501.0001 means 1501.00001.
        (4, true) => Some(format!("{month}.0{number}")),
        _ => None,
    }
}

fn old_arxiv_id(id: &str) -> Option<String> {
    let (archive, number) = id.split_once('/')?;
    let archive = archive.split_once('.').map_or(archive, |(archive, _)| archive);
    let archive = archive.to_ascii_lowercase();
    if !crate::category::OLD_ARCHIVES.contains(&archive.as_str()) || number.len() != 7 {
        return None;
    }
    let number: u32 = number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())??;
    let (year, month) = (number / 100_000, number / 1000 % 100);
    let in_time = year >= 91 || year <= 6 || (year == 7 && month <= 3);
    (in_time && (1..=12).contains(&month) && !number.is_multiple_of(1000))
        .then(|| format!("{archive}/{number:07}"))
}

fn acl_id(id: &str) -> Option<String> {
    let revision = id.rsplit_once('v').filter(|(_, digits)| {
        !digits.is_empty() && digits.len() < 3 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let id = revision.map_or(id, |(head, _)| head);
    let bytes = id.as_bytes();
    if bytes.len() == 8 && bytes[3] == b'-' && bytes[0].is_ascii_alphabetic() {
        let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
        return (digits(1..3) && digits(4..8)).then(|| id.to_ascii_uppercase());
    }
    let mut parts = id.split('.');
    let (year, volume, number) = (parts.next()?, parts.next()?, parts.next()?);
    let good = parts.next().is_none()
        && year.len() == 4
        && year.bytes().all(|b| b.is_ascii_digit())
        && (year.starts_with("19") || year.starts_with("20"))
        && volume.contains('-')
        && volume.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !number.is_empty()
        && number.len() <= 6
        && number.bytes().all(|b| b.is_ascii_digit());
    good.then(|| id.to_ascii_lowercase())
}

fn is_doi(text: &str) -> bool {
    let Some((prefix, suffix)) = text.split_once('/') else { return false };
    let Some(registrant) = prefix.strip_prefix("10.") else { return false };
    // A browser would take `.` and `..` between slashes out of the address that the DOI becomes.
    let climbs = suffix.split('/').any(|part| part == "." || part == "..");
    text.len() <= VALUE_BYTES_MAX
        && !climbs
        && registrant.len() >= 4
        && registrant.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && !suffix.is_empty()
        && suffix.chars().all(|c| !c.is_control() && !c.is_whitespace())
}

/// A slug for addresses and topics: lower-case ASCII letters and digits, words joined by `-`, at most `length` bytes,
/// cut at a word. Letters with marks lose them; what has no ASCII form is left out.
pub fn slug(text: &str, length: usize) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    let mut slug = String::new();
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    for word in plain.split(|c: char| !c.is_ascii_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        if !slug.is_empty() && slug.len() + 1 + word.len() > length {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word[..word.len().min(length)].to_ascii_lowercase());
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_arxiv(text: &str, id: &str, version: Option<u32>) {
        let found = Identity::arxiv(text).map(|(identity, version)| (identity.value().to_string(), version));
        assert_eq!(found, Some((id.to_string(), version)), "{text}");
    }

    #[test]
    fn arxiv_ids_are_read_in_every_spelling() {
        check_arxiv("2401.01234", "2401.01234", None);
        check_arxiv("arXiv:2401.01234v3", "2401.01234", Some(3));
        check_arxiv("https://arxiv.org/abs/2401.01234v2?context=cs", "2401.01234", Some(2));
        check_arxiv("http://www.arxiv.org/pdf/2401.01234v2.pdf", "2401.01234", Some(2));
        check_arxiv("https://export.arxiv.org/html/0704.0001", "0704.0001", None);
        check_arxiv("https://huggingface.co/papers/2401.01234", "2401.01234", None);
        check_arxiv("alphaxiv.org/abs/2401.01234", "2401.01234", None);
        check_arxiv("10.48550/arXiv.2401.01234", "2401.01234", None);
        check_arxiv("https://doi.org/10.48550/ARXIV.2401.01234", "2401.01234", None);
        check_arxiv("10.48550/arXiv.hep-th/9901001", "hep-th/9901001", None);
        check_arxiv("hep-th/9901001v2", "hep-th/9901001", Some(2));
        check_arxiv("math.GT/0309136", "math/0309136", None);
        check_arxiv("arXiv:cs.CL/0001001", "cs/0001001", None);
        check_arxiv("1501.0001", "1501.00001", None);
        check_arxiv("(2401.01234).".trim_start_matches('('), "2401.01234", None);
    }

    #[test]
    fn what_is_no_arxiv_id_is_refused() {
        for text in [
            "2413.01234",
            "2400.01234",
            "0703.0001",
            "2401.0",
            "2401.00000",
            "12401.01234",
            "foo/9901001",
            "hep-th/9913001",
            "hep-th/99010011",
            "10.1016/j.x.2015.0001",
            "2401.01234v0",
            "../../etc/passwd",
            "",
            "v1",
        ] {
            assert_eq!(Identity::arxiv(text), None, "{text}");
        }
    }

    #[test]
    fn dois_compare_without_case_and_stand_for_other_identities() {
        let doi = |text: &str| Identity::doi(text).map(|identity| identity.to_string());
        assert_eq!(
            doi("https://doi.org/10.1103/PhysRevD.76.052005"),
            Some("doi:10.1103/physrevd.76.052005".into())
        );
        assert_eq!(doi("doi:10.1103/PhysRevD.76.052005."), Some("doi:10.1103/physrevd.76.052005".into()));
        assert_eq!(doi("10.48550/arXiv.2401.01234"), Some("arxiv:2401.01234".into()));
        assert_eq!(doi("10.18653/v1/2024.acl-long.1"), Some("acl:2024.acl-long.1".into()));
        assert_eq!(doi("10.18653/v1/P19-1001"), Some("acl:P19-1001".into()));
        assert_eq!(doi("10.1/x y"), None);
        assert_eq!(doi("11.1000/x"), None);
        assert_eq!(doi("10.18653/../.v1/ope.n"), None);
    }

    #[test]
    fn acl_ids_are_read_bare_and_as_addresses() {
        let acl = |text: &str| Identity::acl(text).map(|identity| identity.to_string());
        assert_eq!(acl("2024.acl-long.1"), Some("acl:2024.acl-long.1".into()));
        assert_eq!(acl("https://aclanthology.org/2024.acl-long.1.pdf"), Some("acl:2024.acl-long.1".into()));
        assert_eq!(acl("https://www.aclweb.org/anthology/P19-1001/"), Some("acl:P19-1001".into()));
        assert_eq!(acl("2024.acl.1"), None);
        assert_eq!(acl("attention"), None);
    }

    #[test]
    fn words_are_not_identities() {
        for text in [
            "attention",
            "loss functions",
            "gpt-4",
            "2024",
            "http://example.org/x",
            "acl:",
            "arxiv:",
            "sample:a b",
        ] {
            assert_eq!(Identity::from_words(text), None, "{text}");
        }
        assert_eq!(
            Identity::from_words("OpenReview:05T81ScPFb").map(|i| i.to_string()),
            Some("openreview:05T81ScPFb".into())
        );
    }

    #[test]
    fn the_canonical_form_is_read_back() {
        for text in [
            "arxiv:2401.01234",
            "arxiv:hep-th/9901001",
            "doi:10.1000/a<b>c",
            "acl:P19-1001",
            "openreview:05T81ScPFb",
            "conference:cvpr2016:1",
            "sample:grid-pull",
        ] {
            assert_eq!(
                Identity::from_canonical(text).map(|identity| identity.to_string()).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn slugs_are_short_and_plain() {
        assert_eq!(slug("Poincaré: A  Ball—Game!", 60), "poincare-a-ball-game");
        assert_eq!(slug("one two three", 8), "one-two");
        assert_eq!(slug("王伟", 60), "");
    }
}

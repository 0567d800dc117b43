//! Web addresses in running text.

/// A web address found in a text, with what the text shows for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address, with its scheme.
    pub url: String,
    /// The text of the link; the address itself when the author gave no other.
    pub text: String,
}

/// Where an address stands in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The address as shown: line breaks and escapes removed.
    pub(super) shown: String,
}

impl Found {
    /// The address with a scheme.
    pub(super) fn url(&self) -> String {
        with_scheme(&self.shown)
    }
}

/// Longest address that is looked for; real ones stay below 300 bytes.
const URL_BYTES_MAX: usize = 2_000;

/// Endings of host names that make `host/path` an address even without a scheme.
const ENDINGS: &[&str] = &[
    "com", "org", "io", "net", "edu", "ai", "co", "dev", "gov", "de", "fr", "uk", "ch", "jp", "cn", "eu",
    "me", "app",
];

/// Whether a page may link to it.
pub(super) fn is_web(url: &str) -> bool {
    let lower: String = url.chars().take(8).collect::<String>().to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://"))
        && !url.contains(|found: char| found.is_whitespace() || found.is_control())
}

/// The address with `https://` where no scheme was given.
pub(super) fn with_scheme(url: &str) -> String {
    let url = url.trim();
    let scheme =
        url.find("://").is_some_and(|place| url[..place].bytes().all(|byte| byte.is_ascii_alphabetic()));
    if scheme || url.starts_with("mailto:") || !url.contains('.') {
        url.to_owned()
    } else {
        format!("https://{url}")
    }
}

/// All addresses of a text, in order, not overlapping.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(next) = bytes.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b'/')) {
        let slash = from + next;
        from = slash + 1;
        let Some(start) = start_of(bytes, slash) else { continue };
        if found.last().is_some_and(|earlier| start < earlier.end) {
            continue;
        }
        let (one, end) = read(text, start);
        from = from.max(end);
        found.extend(one);
    }
    let mut from = 0;
    while let Some(next) = text.get(from..).and_then(|rest| rest.find("www.")) {
        let start = from + next;
        from = start + 4;
        let inside = found.iter().any(|one| one.start <= start && start < one.end);
        let fresh = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        if inside || !fresh {
            continue;
        }
        let (one, end) = read(text, start);
        from = from.max(end);
        found.extend(one.filter(|one| one.shown.len() > 6));
    }
    found.sort_by_key(|one| one.start);
    found
}

/// Where the address around this slash starts, if it is the slash after a scheme or a host.
fn start_of(bytes: &[u8], slash: usize) -> Option<usize> {
    if bytes.get(slash + 1) == Some(&b'/') {
        let before = bytes.get(..slash)?.strip_suffix(b":")?;
        let scheme = ["https", "http", "ftp"].iter().find(|scheme| {
            before.len() >= scheme.len()
                && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme.as_bytes())
        })?;
        return Some(before.len() - scheme.len());
    }
    // A letter or digit must follow, else this is prose such as "arXiv.org/ or".
    if !bytes
        .get(slash + 1)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'@' | b'\\'))
    {
        return None;
    }
    let host = bytes[..slash]
        .iter()
        .rev()
        .take(80)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .count();
    let start = slash - host;
    let name = std::str::from_utf8(&bytes[start..slash]).ok()?;
    let (domain, ending) = name.rsplit_once('.')?;
    let hostlike = domain.bytes().any(|byte| byte.is_ascii_lowercase()) && !domain.starts_with(['.', '-']);
    let fresh = start == 0 || !matches!(bytes[start - 1], b'@' | b'/' | b'\\' | b'_' | b'{');
    (hostlike && (fresh || bytes[start - 1] == b'{') && ENDINGS.contains(&ending)).then_some(start)
}

/// Reads the address that starts here, and how far it was looked for.
fn read(text: &str, start: usize) -> (Option<Found>, usize) {
    let bytes = text.as_bytes();
    let mut shown = String::new();
    let mut place = start;
    // Places in `shown` and the source after each kept byte, for taking back trailing punctuation.
    let mut ends: Vec<usize> = Vec::new();
    while let Some(&byte) = bytes.get(place) {
        if place - start > URL_BYTES_MAX {
            break;
        }
        match byte {
            b'\\' => match bytes.get(place + 1) {
                Some(&escaped @ (b'_' | b'%' | b'#' | b'&' | b'~')) => {
                    shown.push(escaped as char);
                    place += 2;
                    // `\~{}` is how TeX writes a tilde.
                    if escaped == b'~' && text[place..].starts_with("{}") {
                        place += 2;
                    }
                    ends.push(place);
                    continue;
                }
                _ => break,
            },
            b'\n' => {
                if continues(&shown, &text[place + 1..]) {
                    place += 1;
                    continue;
                }
                break;
            }
            b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' | b'$' => break,
            0..=b' ' | 0x7f.. => break,
            _ => shown.push(byte as char),
        }
        place += 1;
        ends.push(place);
    }
    strip(&mut shown, &mut ends);
    let Some(&end) = ends.last() else { return (None, place) };
    let body = shown.find("://").map_or(shown.as_str(), |scheme| &shown[scheme + 3..]);
    let real = body.contains('.') || body.starts_with("localhost");
    if real { (Some(Found { start, end, shown }), end) } else { (None, place) }
}

/// Whether an address goes on after a line break: only where it clearly stopped in the middle.
fn continues(shown: &str, rest: &str) -> bool {
    let next = rest.split([' ', '\n']).next().unwrap_or_default();
    let next =
        &next[..next.len().min(200).min(next.find(|found: char| !found.is_ascii()).unwrap_or(next.len()))];
    if !next.starts_with(|found: char| found.is_ascii_alphanumeric()) || next.contains("://") {
        return false;
    }
    let body = shown.find("://").map_or("", |scheme| &shown[scheme + 3..]);
    let inner = next.trim_end_matches(['.', ',', ';', ':', ')']);
    if shown.ends_with('/') {
        // After a slash the address may be complete: go on only into something that is no word.
        let wordlike = inner.bytes().all(|byte| byte.is_ascii_alphabetic());
        return body.len() > 1 && !wordlike && inner.contains(['/', '_', '-', '.']) || body.is_empty();
    }
    shown.ends_with(['-', '_', '=', '%', '&', '?'])
}

/// Takes back trailing punctuation, and a closing bracket that nothing opened.
fn strip(shown: &mut String, ends: &mut Vec<usize>) {
    let mut round = shown.matches('(').count().cast_signed() - shown.matches(')').count().cast_signed();
    let mut square = shown.matches('[').count().cast_signed() - shown.matches(']').count().cast_signed();
    loop {
        let stripped = match shown.as_bytes().last() {
            Some(b'.' | b',' | b';' | b':' | b'\'' | b'"' | b'}' | b'*' | b'!' | b'?') => true,
            Some(b')') if round < 0 => {
                round += 1;
                true
            }
            Some(b']') if square < 0 => {
                square += 1;
                true
            }
            Some(b'(' | b'[') => true,
            _ => false,
        };
        if !stripped {
            break;
        }
        shown.pop();
        ends.pop();
    }
    // An unbalanced bracket inside ends the address too: "(see http://a.b/c),d".
    if let Some(place) = first_unbalanced(shown)
        && shown[place + 1..].starts_with([',', '.', ';', ':'])
    {
        shown.truncate(place);
        ends.truncate(place);
    }
}

fn first_unbalanced(shown: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (place, byte) in shown.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' if open == 0 => return Some(place),
            b')' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::find;

    fn shown(text: &str) -> Vec<String> {
        find(text).into_iter().map(|found| found.shown).collect()
    }

    #[test]
    fn addresses_end_where_a_reader_ends_them() {
        assert_eq!(
            shown("(see https://a.org/x_(1)), or http://b.net/~c."),
            ["https://a.org/x_(1)", "http://b.net/~c"]
        );
        assert_eq!(shown("at github.com/a/b-c, and www.exomol.com;"), ["github.com/a/b-c", "www.exomol.com"]);
        assert_eq!(shown(r"https://github.com/a/my\_repo}{here"), ["https://github.com/a/my_repo"]);
    }

    #[test]
    fn addresses_go_on_after_a_line_break_inside() {
        assert_eq!(
            shown("https://github.com/KVQE-\nChallengeCVPR is"),
            ["https://github.com/KVQE-ChallengeCVPR"]
        );
        assert_eq!(shown("https://github.com/a/\nThe code"), ["https://github.com/a/"]);
    }

    #[test]
    fn prose_with_slashes_is_no_address() {
        assert!(shown("and/or input/output 1.5/2.com and://x http:// a.b/c").is_empty());
    }
}

//! A list inside an answer of JSON, cut into its elements before anything is understood: what is kept of a record are
//! the bytes as received, a broken element costs one, and an answer that breaks off keeps those before the break.

use crate::limit;

/// The elements of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elements<'a> {
    /// Each with the byte at which it begins.
    pub(crate) elements: Vec<(usize, &'a [u8])>,
    /// The end of the list was reached.
    pub(crate) complete: bool,
}

/// The elements of the list under this key of the outermost object; of the outermost list if the key is empty. `None`
/// if there is no such list.
pub(crate) fn elements<'a>(bytes: &'a [u8], key: &str) -> Option<Elements<'a>> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let list = match (bytes[start], key.is_empty()) {
        (b'[', true) => start,
        (b'{', false) => list_under(bytes, start + 1, key)?,
        _ => return None,
    };
    let mut found = Elements { elements: Vec::new(), complete: false };
    let mut at = list + 1;
    while found.elements.len() < limit::ANSWER_RECORDS_MAX {
        at = match bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b',') {
            Some(gap) => at + gap,
            None => break,
        };
        if bytes[at] == b']' {
            found.complete = true;
            break;
        }
        let Some(end) = value_end(bytes, at) else { break };
        found.elements.push((at, &bytes[at..end]));
        at = end;
    }
    Some(found)
}

/// Where the list under a key begins.
fn list_under(bytes: &[u8], mut at: usize, key: &str) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b',')?;
        if bytes[at] != b'"' {
            return None;
        }
        let name_end = value_end(bytes, at)?;
        let name = &bytes[at + 1..name_end - 1];
        at = name_end
            + bytes[name_end..].iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b':')?;
        if name == key.as_bytes() {
            return (bytes[at] == b'[').then_some(at);
        }
        at = value_end(bytes, at)?;
    }
}

/// Behind the value that begins here; brackets within strings do not count. At least one byte further.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match *bytes.get(at)? {
            b'"' => {
                at += 1;
                loop {
                    match *bytes.get(at)? {
                        b'\\' => at += 2,
                        b'"' => break,
                        _ => at += 1,
                    }
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(at.max(start + 1)),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(at.max(start + 1)),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, key: &str, expected: &[&str], complete: bool) {
        let found = elements(text.as_bytes(), key).unwrap();
        let texts: Vec<&str> =
            found.elements.iter().map(|(_, element)| std::str::from_utf8(element).unwrap().trim()).collect();
        assert_eq!((texts, found.complete), (expected.to_vec(), complete), "{text}");
    }

    #[test]
    fn elements_are_cut_as_they_stand() {
        check("[1, {\"a\":\"]\"} ,[2],null]", "", &["1", "{\"a\":\"]\"}", "[2]", "null"], true);
        check("{\"x\":{\"l\":[9]}, \"l\" : [ \"a\\\"b\" ] }", "l", &["\"a\\\"b\""], true);
        check("{\"l\":[]}", "l", &[], true);
        check("{\"l\":[{\"a\":1},{\"a\":", "l", &["{\"a\":1}"], false);
        check("[1,", "", &["1"], false);
        for (text, key) in
            [("{\"l\":1}", "l"), ("[]", "l"), ("{}", ""), ("{}", "l"), ("", ""), ("{\"l\"", "l")]
        {
            assert_eq!(elements(text.as_bytes(), key), None, "{text}");
        }
    }
}

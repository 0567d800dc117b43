//! Entities of HTML and XML: `&#8211;`, `&alpha;`, `&amp;amp;`.
//!
//! Records pass through several systems that each escape once more, so decoding runs twice, never
//! more: a paper about `&amp;` keeps its subject. A backslash before an entity (`\&lt;`) goes with it.

use std::borrow::Cow;

use super::clean::private_use;

/// How often decoding may run over one text.
const PASSES_MAX: usize = 2;
/// The longest name of an entity that is looked up.
const NAME_BYTES_MAX: usize = 12;

/// The text with its entities decoded, at most twice.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    let mut decoded = Cow::Borrowed(text);
    for _ in 0..PASSES_MAX {
        match decode_once(&decoded) {
            Some(next) => decoded = Cow::Owned(next),
            None => break,
        }
    }
    decoded
}

/// One pass; `None` when there was nothing to decode.
fn decode_once(text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find('&')) {
        let place = from + found;
        from = place + 1;
        let Some((length, what)) = entity(&text[from..]) else { continue };
        let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
        let escaped = text[copied..place].ends_with('\\');
        out.push_str(&text[copied..place - usize::from(escaped)]);
        match what {
            // A publisher's no-break space is layout, not the author's tie.
            Decoded::Char('\u{a0}') => out.push(' '),
            Decoded::Char(found) => out.push(found),
            Decoded::Nothing => {}
        }
        from += length;
        copied = from;
    }
    let mut out = out?;
    out.push_str(&text[copied..]);
    Some(out)
}

enum Decoded {
    Char(char),
    Nothing,
}

/// Reads the entity after an ampersand: how many bytes it takes and what it stands for.
fn entity(rest: &str) -> Option<(usize, Decoded)> {
    if let Some(number) = rest.strip_prefix('#') {
        return numeric(number).map(|(length, what)| (length + 1, what));
    }
    let name_bytes = rest.bytes().take(NAME_BYTES_MAX).take_while(u8::is_ascii_alphanumeric).count();
    let name = &rest[..name_bytes];
    if rest[name_bytes..].starts_with(';') {
        return lookup(name).map(|found| (name_bytes + 1, Decoded::Char(found)));
    }
    // Without a semicolon only names that nothing else can mean, and as long a prefix as fits.
    UNCLOSED
        .iter()
        .filter(|known| name.starts_with(**known))
        .filter(|known| !name[known.len()..].starts_with(|next: char| next.is_ascii_lowercase()))
        .max_by_key(|known| known.len())
        .and_then(|known| lookup(known).map(|found| (known.len(), Decoded::Char(found))))
}

fn numeric(number: &str) -> Option<(usize, Decoded)> {
    let (prefix, radix) = if number.starts_with(['x', 'X']) { (1, 16) } else { (0, 10) };
    let digits = number[prefix..].bytes().take(7).take_while(|byte| (*byte as char).is_digit(radix)).count();
    let end = prefix + digits;
    if digits == 0 || !number[end..].starts_with(';') {
        return None;
    }
    let code = u32::from_str_radix(&number[prefix..end], radix).ok()?;
    let what = match char::from_u32(code) {
        Some(found @ '\u{e000}'..='\u{f8ff}') => private_use(found).map_or(Decoded::Nothing, Decoded::Char),
        Some('\u{80}'..='\u{9f}') => windows_1252(code).map_or(Decoded::Nothing, Decoded::Char),
        Some(found) if found.is_control() && found != '\n' && found != '\t' => Decoded::Nothing,
        Some(found) => Decoded::Char(found),
        None => Decoded::Nothing,
    };
    Some((end + 1, what))
}

/// The characters that Windows put where Unicode has control codes; browsers decode them so too.
pub(super) fn windows_1252(code: u32) -> Option<char> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’',
        '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    let place = usize::try_from(code.checked_sub(0x80)?).ok()?;
    HIGH.get(place).copied().filter(|found| *found != '\0')
}

fn lookup(name: &str) -> Option<char> {
    ENTITIES
        .binary_search_by(|entry| entry.0.cmp(name))
        .ok()
        .and_then(|place| ENTITIES.get(place))
        .map(|entry| entry.1)
}

/// Names that are decoded even without a semicolon.
const UNCLOSED: &[&str] = &[
    "nbsp", "ndash", "mdash", "plusmn", "times", "lsquo", "rsquo", "ldquo", "rdquo", "hellip", "alpha",
    "beta", "gamma", "delta", "epsilon", "lambda", "sigma", "omega", "theta", "eacute", "egrave", "ouml",
    "uuml", "auml", "oslash", "ccedil", "quot", "amp", "asymp",
];

/// Sorted by name, bytewise: the entities of HTML 4 and some of the ISO sets that publishers use.
#[rustfmt::skip]
static ENTITIES: &[(&str, char)] = &[
    ("AElig", '\u{c6}'),
    ("Aacute", '\u{c1}'),
    ("Acirc", '\u{c2}'),
    ("Agrave", '\u{c0}'),
    ("Alpha", '\u{391}'),
    ("Aring", '\u{c5}'),
    ("Atilde", '\u{c3}'),
    ("Auml", '\u{c4}'),
    ("Beta", '\u{392}'),
    ("Ccaron", '\u{10c}'),
    ("Ccedil", '\u{c7}'),
    ("Chi", '\u{3a7}'),
    ("Dagger", '\u{2021}'),
    ("Delta", '\u{394}'),
    ("ETH", '\u{d0}'),
    ("Eacute", '\u{c9}'),
    ("Ecirc", '\u{ca}'),
    ("Egrave", '\u{c8}'),
    ("Epsilon", '\u{395}'),
    ("Eta", '\u{397}'),
    ("Euml", '\u{cb}'),
    ("Gamma", '\u{393}'),
    ("Iacute", '\u{cd}'),
    ("Icirc", '\u{ce}'),
    ("Igrave", '\u{cc}'),
    ("Iota", '\u{399}'),
    ("Iuml", '\u{cf}'),
    ("Kappa", '\u{39a}'),
    ("Lambda", '\u{39b}'),
    ("Lstrok", '\u{141}'),
    ("Mu", '\u{39c}'),
    ("Ntilde", '\u{d1}'),
    ("Nu", '\u{39d}'),
    ("OElig", '\u{152}'),
    ("Oacute", '\u{d3}'),
    ("Ocirc", '\u{d4}'),
    ("Ograve", '\u{d2}'),
    ("Omega", '\u{3a9}'),
    ("Omicron", '\u{39f}'),
    ("Oslash", '\u{d8}'),
    ("Otilde", '\u{d5}'),
    ("Ouml", '\u{d6}'),
    ("Phi", '\u{3a6}'),
    ("Pi", '\u{3a0}'),
    ("Prime", '\u{2033}'),
    ("Psi", '\u{3a8}'),
    ("Rho", '\u{3a1}'),
    ("Scaron", '\u{160}'),
    ("Sigma", '\u{3a3}'),
    ("THORN", '\u{de}'),
    ("Tau", '\u{3a4}'),
    ("Theta", '\u{398}'),
    ("Uacute", '\u{da}'),
    ("Ucirc", '\u{db}'),
    ("Ugrave", '\u{d9}'),
    ("Upsilon", '\u{3a5}'),
    ("Uuml", '\u{dc}'),
    ("Xi", '\u{39e}'),
    ("Yacute", '\u{dd}'),
    ("Yuml", '\u{178}'),
    ("Zcaron", '\u{17d}'),
    ("Zeta", '\u{396}'),
    ("aacute", '\u{e1}'),
    ("abreve", '\u{103}'),
    ("acirc", '\u{e2}'),
    ("acute", '\u{b4}'),
    ("aelig", '\u{e6}'),
    ("agrave", '\u{e0}'),
    ("alefsym", '\u{2135}'),
    ("alpha", '\u{3b1}'),
    ("amacr", '\u{101}'),
    ("amp", '\u{26}'),
    ("and", '\u{2227}'),
    ("ang", '\u{2220}'),
    ("aogon", '\u{105}'),
    ("ap", '\u{2248}'),
    ("apos", '\u{27}'),
    ("aring", '\u{e5}'),
    ("ast", '\u{2a}'),
    ("asymp", '\u{2248}'),
    ("atilde", '\u{e3}'),
    ("auml", '\u{e4}'),
    ("bdquo", '\u{201e}'),
    ("beta", '\u{3b2}'),
    ("brvbar", '\u{a6}'),
    ("bull", '\u{2022}'),
    ("cacute", '\u{107}'),
    ("cap", '\u{2229}'),
    ("ccaron", '\u{10d}'),
    ("ccedil", '\u{e7}'),
    ("cedil", '\u{b8}'),
    ("cent", '\u{a2}'),
    ("chi", '\u{3c7}'),
    ("circ", '\u{2c6}'),
    ("clubs", '\u{2663}'),
    ("colon", '\u{3a}'),
    ("comma", '\u{2c}'),
    ("cong", '\u{2245}'),
    ("copy", '\u{a9}'),
    ("crarr", '\u{21b5}'),
    ("cup", '\u{222a}'),
    ("curren", '\u{a4}'),
    ("dArr", '\u{21d3}'),
    ("dagger", '\u{2020}'),
    ("darr", '\u{2193}'),
    ("deg", '\u{b0}'),
    ("delta", '\u{3b4}'),
    ("diams", '\u{2666}'),
    ("divide", '\u{f7}'),
    ("dollar", '\u{24}'),
    ("dstrok", '\u{111}'),
    ("eacute", '\u{e9}'),
    ("ecaron", '\u{11b}'),
    ("ecirc", '\u{ea}'),
    ("egrave", '\u{e8}'),
    ("ell", '\u{2113}'),
    ("emacr", '\u{113}'),
    ("empty", '\u{2205}'),
    ("emsp", '\u{2003}'),
    ("ensp", '\u{2002}'),
    ("eogon", '\u{119}'),
    ("epsi", '\u{3b5}'),
    ("epsilon", '\u{3b5}'),
    ("equals", '\u{3d}'),
    ("equiv", '\u{2261}'),
    ("eta", '\u{3b7}'),
    ("eth", '\u{f0}'),
    ("euml", '\u{eb}'),
    ("euro", '\u{20ac}'),
    ("excl", '\u{21}'),
    ("exist", '\u{2203}'),
    ("fnof", '\u{192}'),
    ("forall", '\u{2200}'),
    ("frac12", '\u{bd}'),
    ("frac14", '\u{bc}'),
    ("frac34", '\u{be}'),
    ("frasl", '\u{2044}'),
    ("gE", '\u{2267}'),
    ("gamma", '\u{3b3}'),
    ("gbreve", '\u{11f}'),
    ("ge", '\u{2265}'),
    ("geqslant", '\u{2a7e}'),
    ("ges", '\u{2a7e}'),
    ("gsim", '\u{2273}'),
    ("gt", '\u{3e}'),
    ("hArr", '\u{21d4}'),
    ("harr", '\u{2194}'),
    ("hbar", '\u{210f}'),
    ("hearts", '\u{2665}'),
    ("hellip", '\u{2026}'),
    ("hyphen", '\u{2010}'),
    ("iacute", '\u{ed}'),
    ("icirc", '\u{ee}'),
    ("iexcl", '\u{a1}'),
    ("igrave", '\u{ec}'),
    ("imacr", '\u{12b}'),
    ("image", '\u{2111}'),
    ("infin", '\u{221e}'),
    ("inodot", '\u{131}'),
    ("int", '\u{222b}'),
    ("iota", '\u{3b9}'),
    ("iquest", '\u{bf}'),
    ("isin", '\u{2208}'),
    ("iuml", '\u{ef}'),
    ("kappa", '\u{3ba}'),
    ("lArr", '\u{21d0}'),
    ("lE", '\u{2266}'),
    ("lambda", '\u{3bb}'),
    ("lang", '\u{2329}'),
    ("laquo", '\u{ab}'),
    ("larr", '\u{2190}'),
    ("lbrace", '\u{7b}'),
    ("lbrack", '\u{5b}'),
    ("lceil", '\u{2308}'),
    ("ldquo", '\u{201c}'),
    ("ldquor", '\u{201e}'),
    ("le", '\u{2264}'),
    ("leqslant", '\u{2a7d}'),
    ("les", '\u{2a7d}'),
    ("lfloor", '\u{230a}'),
    ("lowast", '\u{2217}'),
    ("lowbar", '\u{5f}'),
    ("loz", '\u{25ca}'),
    ("lpar", '\u{28}'),
    ("lrm", '\u{200e}'),
    ("lsaquo", '\u{2039}'),
    ("lsim", '\u{2272}'),
    ("lsquo", '\u{2018}'),
    ("lsquor", '\u{201a}'),
    ("lstrok", '\u{142}'),
    ("lt", '\u{3c}'),
    ("macr", '\u{af}'),
    ("mdash", '\u{2014}'),
    ("micro", '\u{b5}'),
    ("middot", '\u{b7}'),
    ("minus", '\u{2212}'),
    ("mu", '\u{3bc}'),
    ("nabla", '\u{2207}'),
    ("nacute", '\u{144}'),
    ("nbhy", '\u{2011}'),
    ("nbsp", '\u{a0}'),
    ("ndash", '\u{2013}'),
    ("ne", '\u{2260}'),
    ("ni", '\u{220b}'),
    ("not", '\u{ac}'),
    ("notin", '\u{2209}'),
    ("nsub", '\u{2284}'),
    ("ntilde", '\u{f1}'),
    ("nu", '\u{3bd}'),
    ("num", '\u{23}'),
    ("oacute", '\u{f3}'),
    ("ocirc", '\u{f4}'),
    ("odblac", '\u{151}'),
    ("oelig", '\u{153}'),
    ("ograve", '\u{f2}'),
    ("oline", '\u{203e}'),
    ("omacr", '\u{14d}'),
    ("omega", '\u{3c9}'),
    ("omicron", '\u{3bf}'),
    ("oplus", '\u{2295}'),
    ("or", '\u{2228}'),
    ("ordf", '\u{aa}'),
    ("ordm", '\u{ba}'),
    ("oslash", '\u{f8}'),
    ("otilde", '\u{f5}'),
    ("otimes", '\u{2297}'),
    ("ouml", '\u{f6}'),
    ("para", '\u{b6}'),
    ("part", '\u{2202}'),
    ("percnt", '\u{25}'),
    ("period", '\u{2e}'),
    ("permil", '\u{2030}'),
    ("perp", '\u{22a5}'),
    ("phi", '\u{3c6}'),
    ("phiv", '\u{3d5}'),
    ("pi", '\u{3c0}'),
    ("piv", '\u{3d6}'),
    ("plus", '\u{2b}'),
    ("plusmn", '\u{b1}'),
    ("pound", '\u{a3}'),
    ("prime", '\u{2032}'),
    ("prod", '\u{220f}'),
    ("prop", '\u{221d}'),
    ("psi", '\u{3c8}'),
    ("quest", '\u{3f}'),
    ("quot", '\u{22}'),
    ("rArr", '\u{21d2}'),
    ("radic", '\u{221a}'),
    ("rang", '\u{232a}'),
    ("raquo", '\u{bb}'),
    ("rarr", '\u{2192}'),
    ("rbrace", '\u{7d}'),
    ("rbrack", '\u{5d}'),
    ("rcaron", '\u{159}'),
    ("rceil", '\u{2309}'),
    ("rdquo", '\u{201d}'),
    ("real", '\u{211c}'),
    ("reg", '\u{ae}'),
    ("rfloor", '\u{230b}'),
    ("rho", '\u{3c1}'),
    ("rlm", '\u{200f}'),
    ("rpar", '\u{29}'),
    ("rsaquo", '\u{203a}'),
    ("rsquo", '\u{2019}'),
    ("sacute", '\u{15b}'),
    ("sbquo", '\u{201a}'),
    ("scaron", '\u{161}'),
    ("sdot", '\u{22c5}'),
    ("sect", '\u{a7}'),
    ("semi", '\u{3b}'),
    ("shy", '\u{ad}'),
    ("sigma", '\u{3c3}'),
    ("sigmaf", '\u{3c2}'),
    ("sim", '\u{223c}'),
    ("sol", '\u{2f}'),
    ("spades", '\u{2660}'),
    ("sub", '\u{2282}'),
    ("sube", '\u{2286}'),
    ("sum", '\u{2211}'),
    ("sup", '\u{2283}'),
    ("sup1", '\u{b9}'),
    ("sup2", '\u{b2}'),
    ("sup3", '\u{b3}'),
    ("supe", '\u{2287}'),
    ("szlig", '\u{df}'),
    ("tau", '\u{3c4}'),
    ("there4", '\u{2234}'),
    ("theta", '\u{3b8}'),
    ("thetasym", '\u{3d1}'),
    ("thetav", '\u{3d1}'),
    ("thickapprox", '\u{2248}'),
    ("thinsp", '\u{2009}'),
    ("thorn", '\u{fe}'),
    ("tilde", '\u{2dc}'),
    ("times", '\u{d7}'),
    ("trade", '\u{2122}'),
    ("uArr", '\u{21d1}'),
    ("uacute", '\u{fa}'),
    ("uarr", '\u{2191}'),
    ("ucirc", '\u{fb}'),
    ("udblac", '\u{171}'),
    ("ugrave", '\u{f9}'),
    ("umacr", '\u{16b}'),
    ("uml", '\u{a8}'),
    ("upsih", '\u{3d2}'),
    ("upsilon", '\u{3c5}'),
    ("uring", '\u{16f}'),
    ("uuml", '\u{fc}'),
    ("verbar", '\u{7c}'),
    ("weierp", '\u{2118}'),
    ("xi", '\u{3be}'),
    ("yacute", '\u{fd}'),
    ("yen", '\u{a5}'),
    ("yuml", '\u{ff}'),
    ("zacute", '\u{17a}'),
    ("zcaron", '\u{17e}'),
    ("zeta", '\u{3b6}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
];

#[cfg(test)]
mod tests {
    use super::{ENTITIES, decode};

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(ENTITIES.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn decoding_stops_after_two_passes() {
        assert_eq!(decode("&amp;amp;amp;"), "&amp;");
        assert_eq!(decode("AT&T; R&D &unknown; &#0; &#x110000; &"), "AT&T; R&D &unknown;   &");
    }
}

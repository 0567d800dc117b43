//! Formulas as MathML, written by `math-core` and let through only after a strict check.
//!
//! The converter copies the text of some macros into its output unescaped
//! (`\operatorname{</math><script>…`), so its output is foreign data like any other: it is read again as
//! XML and written anew, element by element, from a list of what MathML Core needs. Anything else makes
//! the whole formula fall back to its source.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::formula::{Atom, Cause};
use super::formula_tex;
use super::html::escape_into;

/// Elements that a formula may consist of.
const ELEMENTS: &[&str] = &[
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
    "ms",
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
    "none",
];

/// Attributes that they may carry.
const ATTRIBUTES: &[&str] = &[
    "accent",
    "accentunder",
    "columnalign",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "width",
];

/// HTML that the converter puts into `mtext` for bold, italic and typewriter text: the text stays, the mark goes.
const TEXT_MARKS: &[&str] = &["b", "code", "em", "i", "s", "span", "u"];

/// Attributes of the converter that only decorate; dropped without harm.
const DECORATION: &[&str] = &["class", "notation", "style", "largeop"];

/// Elements inside each other, beyond what a formula of the allowed depth can reach.
const ELEMENT_DEPTH_MAX: usize = 400;

static CONVERTER: LazyLock<Option<LatexToMathML>> = LazyLock::new(|| {
    let config = MathCoreConfig { allow_unreliable_rendering: true, ..MathCoreConfig::default() };
    LatexToMathML::new(config).ok()
});

/// The formula as a `math` element.
pub(super) fn mathml(atoms: &[Atom], source: &str, display: bool) -> Result<String, Cause> {
    let tex = formula_tex::tex(atoms);
    let converted = convert(&tex, display)?;
    checked(&converted, &formula_tex::alternative(source, atoms))
}

/// Runs the converter, which may refuse or panic.
fn convert(tex: &str, display: bool) -> Result<String, Cause> {
    let Some(converter) = CONVERTER.as_ref() else { return Err(Cause::Refused) };
    let display = if display { MathDisplay::Block } else { MathDisplay::Inline };
    let answer = catch_unwind(AssertUnwindSafe(|| converter.convert_with_local_state(tex, display)));
    match answer {
        Ok(Ok(converted)) => Ok(converted.mathml),
        Ok(Err(_)) => Err(Cause::Refused),
        Err(_) => Err(Cause::Panicked),
    }
}

/// Writes the converter's output anew with only what is allowed.
pub(super) fn checked(converted: &str, alternative: &str) -> Result<String, Cause> {
    let mut reader = Reader::from_str(converted);
    reader.config_mut().check_end_names = true;
    let mut out = String::with_capacity(converted.len() + alternative.len() + 16);
    let mut open: Vec<bool> = Vec::new();
    let mut started = false;
    loop {
        let event = reader.read_event().map_err(|_| Cause::Unsafe)?;
        match event {
            Event::Start(element) => {
                if open.len() >= ELEMENT_DEPTH_MAX || (started && open.is_empty()) {
                    return Err(Cause::Unsafe);
                }
                let shown = write_start(&element, !started, alternative, false, &mut out)?;
                started = true;
                open.push(shown);
            }
            Event::Empty(element) => {
                if !started || open.is_empty() {
                    return Err(Cause::Unsafe);
                }
                write_start(&element, false, alternative, true, &mut out)?;
            }
            Event::End(element) => match open.pop() {
                Some(true) => {
                    let _ = write!(out, "</{}>", element.name().as_ref());
                }
                Some(false) => {}
                None => return Err(Cause::Unsafe),
            },
            Event::Text(text) => {
                let text: &str = &text;
                if open.is_empty() && !text.trim().is_empty() {
                    return Err(Cause::Unsafe);
                }
                escape_into(text, &mut out);
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let found = match name {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => {
                        let found = reference.resolve_char_ref().map_err(|_| Cause::Unsafe)?;
                        found.filter(|found| !found.is_control()).ok_or(Cause::Unsafe)?
                    }
                };
                escape_into(found.encode_utf8(&mut [0; 4]), &mut out);
            }
            Event::Eof => break,
            _ => return Err(Cause::Unsafe),
        }
    }
    if started && open.is_empty() { Ok(out) } else { Err(Cause::Unsafe) }
}

/// Writes a start tag; whether the element is shown, so that its end tag is too.
fn write_start(
    element: &BytesStart<'_>,
    root: bool,
    alternative: &str,
    empty: bool,
    out: &mut String,
) -> Result<bool, Cause> {
    let name = element.name();
    let name: &str = name.as_ref();
    if root != (name == "math") {
        return Err(Cause::Unsafe);
    }
    let shown = ELEMENTS.contains(&name);
    if !shown && !TEXT_MARKS.contains(&name) {
        return Err(Cause::Unsafe);
    }
    let mut attributes = String::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|_| Cause::Unsafe)?;
        let key = attribute.key.as_ref();
        let value: &str = &attribute.value;
        if DECORATION.contains(&key) {
            continue;
        }
        let harmless = value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'%' | b' '));
        if !shown || !ATTRIBUTES.contains(&key) || !harmless {
            return Err(Cause::Unsafe);
        }
        let _ = write!(attributes, " {key}=\"{value}\"");
    }
    if !shown {
        return Ok(false);
    }
    let _ = write!(out, "<{name}{attributes}");
    if root && !alternative.is_empty() {
        out.push_str(" alttext=\"");
        escape_into(alternative, out);
        out.push('"');
    }
    if empty {
        let _ = write!(out, "></{name}>");
    } else {
        out.push('>');
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::formula::{self, Cause};
    use super::super::symbols::SYMBOLS;
    use super::{checked, convert, mathml};

    #[test]
    fn every_symbol_is_known_to_the_converter() {
        for symbol in SYMBOLS {
            let source =
                if symbol.converted { format!("\\{} ", symbol.name) } else { format!("\\{}", symbol.name) };
            let atoms = formula::read(&source, 0).unwrap();
            let answer = mathml(&atoms, &source, false);
            assert!(answer.is_ok(), "{} {answer:?}", symbol.name);
        }
    }

    #[test]
    fn the_converter_itself_is_not_trusted() {
        for attack in [
            r"\operatorname{</math><script>alert(1)</script>}",
            r"\operatorname*{</math><script>alert(1)</script>}",
            r"\operatorname{<script>x</script>}",
            r"\operatorname{\lt script\gt x}",
            r"\eqref{x}",
        ] {
            let Ok(converted) = convert(attack, false) else { continue };
            assert_eq!(checked(&converted, ""), Err(Cause::Unsafe), "{attack}: {converted}");
        }
    }

    #[test]
    fn only_listed_attributes_pass() {
        for bad in [
            "<math onclick=\"x\"><mi>x</mi></math>",
            "<math><mi href=\"javascript:1\">x</mi></math>",
            "<math><a>x</a></math>",
            "<math><mi>x</mi></math><mi>y</mi>",
            "<math><mi>x</mi>",
            "<mi>x</mi>",
            "<math><![CDATA[<b>]]></math>",
            "<math><!-- c --></math>",
            "<?xml version=\"1.0\"?><math></math>",
            "<math><mi>&bogus;</mi></math>",
            "text<math></math>",
        ] {
            assert_eq!(checked(bad, ""), Err(Cause::Unsafe), "{bad}");
        }
        assert_eq!(
            checked("<math><mtext style=\"color:red\"><b>x&lt;y</b></mtext></math>", "a\"b").unwrap(),
            "<math alttext=\"a&quot;b\"><mtext>x&lt;y</mtext></math>"
        );
    }
}

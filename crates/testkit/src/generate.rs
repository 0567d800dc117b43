//! Made papers: the same seed gives the same papers, and each format tells of them in its own way.
//!
//! Titles and abstracts carry what real ones do: formulas, accents, links, braces. Some works have old-style ids, some
//! have several versions, and several sources tell of the same one.

use std::fmt::Write;

/// Marsaglia's xorshift: good enough to choose words, and the same on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Dice {
        // Neighbouring seeds must not begin alike, and zero would stay zero.
        let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Dice((mixed ^ (mixed >> 31)) | 1)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() >> 11) as usize % end.max(1)
    }

    /// One of several.
    pub fn one_of<'a, T: ?Sized>(&mut self, choice: &[&'a T]) -> &'a T {
        choice[self.below(choice.len())]
    }
}

/// One made work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its arXiv id, new or old style.
    pub arxiv: String,
    /// Its OpenReview id; conferences tell of it.
    pub openreview: Option<String>,
    /// Its number in a proceedings volume; the ACL Anthology tells of it.
    pub anthology: Option<u32>,
    /// TeX.
    pub title: String,
    /// TeX.
    pub abstract_text: String,
    /// Given and family names.
    pub authors: Vec<(String, String)>,
    /// The primary one first.
    pub categories: Vec<&'static str>,
    /// The authors' comment field.
    pub comment: Option<String>,
    /// How many versions there are.
    pub versions: u32,
    /// `2024-05-13`.
    pub day: String,
    /// Votes at Hugging Face; it tells of those that have some.
    pub votes: Option<u32>,
}

const SUBJECTS: &[&str] = &[
    "Transformers",
    "Diffusion Models",
    "Graph Networks",
    "Language Models",
    "Kernels",
    "Robust Estimators",
    "Retrieval",
    "Black Holes",
    "Spin Glasses",
    "Protein Folding",
    "Markov Chains",
    "Elliptic Curves",
];
const MANNERS: &[&str] = &[
    "Sparse",
    "Faster",
    "Provable",
    "Calibrated",
    "Self-Supervised",
    "Hyperbolic",
    "Low-Rank",
    "Causal",
    "Na\\\"ive",
];
const TASKS: &[&str] = &[
    "Translation",
    "Segmentation",
    "Planning",
    "Summarisation",
    "Inference",
    "Forecasting",
    "Search",
    "Theorem Proving",
];
const FORMULAS: &[&str] =
    &["$O(n \\log n)$", "$\\alpha$", "$\\mathbb{R}^d$", "$\\frac{1}{2}$", "$18\\times$", "\\(x_i^2\\)"];
const SENTENCES: &[&str] = &[
    "We study how the loss changes with scale.",
    "Earlier work needs a memory that grows with the sequence.",
    "Experiments on four data sets show gains of 3\\% over strong baselines.",
    "The proof uses a \\emph{coupling} argument due to Poincar\\'e.",
    "Code: https://github.com/example/project",
    "Our method needs no labels -- only raw text.",
    "We call it ``simple'', for want of a better word.",
    "Ablations suggest that depth matters more than width.",
];
const GIVEN: &[&str] = &[
    "Ada",
    "Jos\u{e9}",
    "Wei",
    "Zo\u{eb}",
    "Ngozi",
    "Anna Maria",
    "Bj\u{f6}rn",
    "Yuki",
    "\u{141}ukasz",
    "Priya",
];
const FAMILY: &[&str] = &[
    "Lovelace",
    "Garc\u{ed}a",
    "Zhang",
    "M\u{fc}ller",
    "Okafor",
    "van der Berg",
    "O'Brien",
    "Sato",
    "Nowak",
    "Iyer",
];
const CATEGORIES: &[&[&str]] = &[
    &["cs.CL", "cs.LG"],
    &["cs.CV"],
    &["stat.ML", "cs.LG"],
    &["cs.LG"],
    &["math.PR"],
    &["astro-ph.GA"],
    &["cs.IR", "cs.CL"],
];

/// So many works; those of a smaller count come first in those of a larger one.
pub fn works(seed: u64, count: usize) -> Vec<Work> {
    (0..count)
        .map(|number| work(&mut Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64)), number))
        .collect()
}

fn work(dice: &mut Dice, number: usize) -> Work {
    let (manner, subject, task) = (dice.one_of(MANNERS), dice.one_of(SUBJECTS), dice.one_of(TASKS));
    // The number keeps titles apart: two works with one title and one author would be one paper.
    let title = match dice.below(4) {
        0 => format!("{manner} {subject} for {task} in {} Steps: {}", dice.one_of(FORMULAS), numeral(number)),
        1 => format!("{manner} {{{subject}}} for {task}, Part {}", numeral(number)),
        _ => format!("{manner} {subject} for {task}: Study {}", numeral(number)),
    };
    let mut abstract_text = String::new();
    for _ in 0..3 + dice.below(4) {
        let _ = write!(abstract_text, "{} ", dice.one_of(SENTENCES));
    }
    let _ = write!(abstract_text, "The cost is {}.", dice.one_of(FORMULAS));
    let authors = (0..1 + dice.below(5))
        .map(|_| (dice.one_of(GIVEN).to_string(), dice.one_of(FAMILY).to_string()))
        .collect();
    let (month, day) = (1 + number / 28 % 12, 1 + number % 28);
    let old = number % 11 == 3;
    Work {
        arxiv: if old {
            format!("{}/99{month:02}{:03}", ["hep-th", "math.GT"][number % 2], (number + 1) % 1000)
        } else {
            format!("24{month:02}.{:05}", (number + 1) % 100_000)
        },
        openreview: (number % 4 == 1).then(|| format!("mAdE{number:06}")),
        anthology: (number % 5 == 2).then_some(number as u32 + 1),
        title,
        abstract_text,
        authors,
        categories: CATEGORIES[dice.below(CATEGORIES.len())].to_vec(),
        comment: (dice.below(3) == 0)
            .then(|| format!("{} pages, accepted at NeurIPS 2024", 8 + dice.below(20))),
        versions: 1 + u32::from(number.is_multiple_of(6)) + u32::from(number.is_multiple_of(12)),
        day: if old { format!("1999-{month:02}-{day:02}") } else { format!("2024-{month:02}-{day:02}") },
        votes: (number.is_multiple_of(3) && !old).then(|| dice.below(80) as u32),
    }
}

/// A number in words that no other number shares a stem with.
fn numeral(number: usize) -> String {
    const SYLLABLES: [&str; 10] = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu"];
    let digits = format!("{number:03}");
    let word: String = digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect();
    word[..1].to_ascii_uppercase() + &word[1..]
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            letter if letter < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", letter as u32);
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn names(work: &Work) -> Vec<String> {
    work.authors.iter().map(|(given, family)| format!("{given} {family}")).collect()
}

/// One line of the Kaggle snapshot about one version of a work.
pub fn arxiv_line(work: &Work, version: u32) -> String {
    let authors = names(work).join(", ");
    let comment = work.comment.as_deref().map_or("null".to_string(), quoted);
    let year = &work.day[..4];
    let versions: Vec<String> = (1..=version)
        .map(|number| {
            format!(
                "{{\"version\":\"v{number}\",\"created\":\"Mon, {:02} Apr {year} 17:59:59 GMT\"}}",
                number * 7
            )
        })
        .collect();
    format!(
        "{{\"id\":{},\"submitter\":{},\"authors\":{},\"title\":{},\"comments\":{comment},\"journal-ref\":null,\"doi\":null,\
         \"categories\":{},\"license\":null,\"abstract\":{},\"versions\":[{}],\"update_date\":\"{year}-12-{:02}\",\"announced\":{}}}\n",
        quoted(&work.arxiv),
        quoted(&names(work)[0]),
        quoted(&authors),
        quoted(&work.title),
        quoted(&work.categories.join(" ")),
        quoted(&format!("  {}\n", work.abstract_text)),
        versions.join(","),
        version,
        quoted(&work.day),
    )
}

/// arXiv metadata in the Kaggle snapshot's form: the latest version of every work.
pub fn arxiv(works: &[Work]) -> String {
    works.iter().map(|work| arxiv_line(work, work.versions)).collect()
}

/// arXiv metadata, every version of every work, oldest last.
pub fn arxiv_all_versions(works: &[Work]) -> String {
    works.iter().flat_map(|work| (1..=work.versions).rev().map(|version| arxiv_line(work, version))).collect()
}

/// Items of Hugging Face's daily list, one line each with its day, of the works that have votes.
pub fn huggingface(works: &[Work]) -> String {
    let mut out = String::new();
    for work in works {
        let Some(votes) = work.votes else { continue };
        let authors: Vec<String> = names(work)
            .iter()
            .map(|name| format!("{{\"name\":{},\"hidden\":false}}", quoted(name)))
            .collect();
        // The listing shows line breaks of arXiv's text where they were, and formulas as they are.
        let _ = writeln!(
            out,
            "{{\"date\":{day},\"item\":{{\"paper\":{{\"id\":{id},\"authors\":[{authors}],\"publishedAt\":\"{plain}T02:53:25.000Z\",\
             \"title\":{title},\"summary\":{summary},\"upvotes\":{votes}}},\"publishedAt\":\"{plain}T05:00:00.000Z\",\
             \"title\":{title},\"numComments\":{comments}}}}}",
            day = quoted(&work.day),
            plain = work.day,
            id = quoted(&work.arxiv),
            authors = authors.join(","),
            title = quoted(&work.title),
            summary = quoted(&work.abstract_text),
            comments = votes / 9,
        );
    }
    out
}

/// Conference records of the works that OpenReview knows.
pub fn conference(works: &[Work]) -> String {
    let mut out = String::new();
    for work in works {
        let Some(openreview) = &work.openreview else { continue };
        let authors: Vec<String> = names(work).iter().map(|name| quoted(name)).collect();
        let _ = writeln!(
            out,
            "{{\"id\":{},\"title\":{},\"authors\":[{}],\"abstract\":{},\"venue\":\"NeurIPS\",\"year\":{},\"keywords\":[\"made\",\"up\"],\
             \"tldr\":null,\"status\":\"Poster\",\"openreview\":{},\"urls\":{{\"page\":{}}},\"source\":\"paperlists\"}}",
            quoted(&format!("openreview:{openreview}")),
            quoted(&work.title),
            authors.join(","),
            quoted(&work.abstract_text),
            &work.day[..4],
            quoted(openreview),
            quoted(&format!("https://openreview.net/forum?id={openreview}")),
        );
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// TeX as the Anthology writes it: formulas in an element, the rest as Unicode.
fn anthology_text(text: &str) -> String {
    let unicode = text
        .replace("\\'e", "\u{e9}")
        .replace("Na\\\"ive", "Na\u{ef}ve")
        .replace("\\%", "%")
        .replace("\\emph", "")
        .replace(['{', '}'], "");
    let mut out = String::new();
    for (at, piece) in unicode.split('$').enumerate() {
        match at % 2 {
            0 => out.push_str(&escaped(piece)),
            _ => {
                let _ = write!(out, "<tex-math>{}</tex-math>", escaped(piece));
            }
        }
    }
    out
}

/// A volume of the ACL Anthology with the works that it knows.
pub fn acl_xml(works: &[Work]) -> String {
    let mut out = String::from(
        "<?xml version='1.0' encoding='UTF-8'?>\n<collection id=\"2024.made\">\n  <volume id=\"long\" ingest-date=\"2024-08-01\" type=\"proceedings\">\n    \
         <meta>\n      <booktitle>Proceedings of the Made Conference (Volume 1: Long Papers)</booktitle>\n      <month>August</month>\n      \
         <year>2024</year>\n      <venue>made</venue>\n    </meta>\n",
    );
    for work in works {
        // The volume is of 2024: a work of another year would be doubt, not the same paper.
        let Some(number) = work.anthology.filter(|_| work.day.starts_with("2024")) else { continue };
        let _ = writeln!(
            out,
            "    <paper id=\"{number}\">\n      <title>{}</title>",
            anthology_text(&work.title)
        );
        for (given, family) in &work.authors {
            let _ = writeln!(
                out,
                "      <author><first>{}</first><last>{}</last></author>",
                escaped(given),
                escaped(family)
            );
        }
        let _ = writeln!(
            out,
            "      <abstract>{}</abstract>\n      <url hash=\"0a1b2c3d\">2024.made-long.{number}</url>\n      <bibkey>made-{number}</bibkey>\n    </paper>",
            anthology_text(&work.abstract_text)
        );
    }
    out.push_str("  </volume>\n</collection>\n");
    out
}

/// BibTeX of every seventh work, with its arXiv id.
pub fn bibtex(works: &[Work]) -> String {
    let mut out = String::from("@string{made = \"Journal of Made Papers\"}\n\n");
    for (number, work) in works.iter().enumerate().filter(|(number, _)| number % 7 == 4) {
        let authors: Vec<String> =
            work.authors.iter().map(|(given, family)| format!("{{{family}}}, {given}")).collect();
        let _ = writeln!(
            out,
            "@article{{made{number},\n  author = {{{}}},\n  title = {{{}}},\n  journal = made,\n  year = {{{}}},\n  eprint = {{{}}},\n  archivePrefix = {{arXiv}}\n}}\n",
            authors.join(" and "),
            work.title,
            &work.day[..4],
            work.arxiv,
        );
    }
    out
}

/// Every format's file about the works, by name: what an importer meets in a directory.
pub fn files(works: &[Work]) -> Vec<(&'static str, String)> {
    vec![
        ("1-arxiv.jsonl", arxiv_all_versions(works)),
        ("2-hf.jsonl", huggingface(works)),
        ("3-conference.jsonl", conference(works)),
        ("4-acl.xml", acl_xml(works)),
        ("5-refs.bib", bibtex(works)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_works() {
        assert_eq!(works(7, 50), works(7, 80)[..50]);
        assert_ne!(works(7, 50), works(8, 50));
    }

    #[test]
    fn ids_and_titles_are_all_different() {
        let works = works(1, 900);
        let ids: std::collections::BTreeSet<_> = works.iter().map(|work| &work.arxiv).collect();
        let titles: std::collections::BTreeSet<_> = works.iter().map(|work| &work.title).collect();
        assert_eq!((ids.len(), titles.len()), (900, 900));
    }

    #[test]
    fn every_format_tells_of_some_works() {
        let files = files(&works(1, 40));
        let lines: Vec<usize> = files.iter().map(|(_, text)| text.lines().count()).collect();
        assert!(lines.iter().all(|lines| *lines >= 8), "{lines:?}");
    }
}

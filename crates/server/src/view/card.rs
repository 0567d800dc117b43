//! A paper as a list shows it.

use crate::address;
use crate::safe::Safe;
use crate::view;
use catalogue::{PaperId, Sequence, Stored};
use paper::{LinkKind, Paper, Standing, reading};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// A date in two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    /// For programs.
    pub(crate) iso: String,
    /// For people.
    pub(crate) words: String,
}

/// A category and its listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) path: String,
    /// How many papers it has here; 0 where that is not shown.
    pub(crate) papers: u32,
}

impl Category {
    /// The category of that id; ids that arXiv does not know have themselves as a name.
    pub(crate) fn of(id: &str, papers: u32) -> Category {
        let name = paper::category::find(id).map_or(id, |known| known.name);
        Category { id: id.to_string(), name: name.to_string(), path: address::path("/list/", id), papers }
    }
}

/// A button that leads to what belongs to a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) url: String,
}

/// A paper in a list.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) rank: Option<usize>,
    pub(crate) address: String,
    pub(crate) path: String,
    /// The title as plain text, for labels.
    pub(crate) title: String,
    /// The title as lists show it: formulas in Unicode, hits marked on pages that search.
    pub(crate) title_html: Safe,
    pub(crate) authors_first: Vec<String>,
    pub(crate) authors_rest: Vec<String>,
    /// How many authors, where their names are not known.
    pub(crate) author_note: Option<String>,
    pub(crate) date: Option<Date>,
    pub(crate) category: Option<Category>,
    pub(crate) venue: Option<String>,
    pub(crate) votes: u32,
    pub(crate) comments: u32,
    pub(crate) buttons: Vec<Button>,
    /// The abstract's first lines.
    pub(crate) lead: String,
    /// The rest of it; empty where all of it is short.
    pub(crate) rest: String,
    /// Instead of the abstract, the places where it was hit.
    pub(crate) snippet: Option<Safe>,
    /// Why it is in its place.
    pub(crate) why: Option<String>,
    pub(crate) standing: Option<&'static str>,
}

/// A list of cards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cards {
    /// The number of the first.
    pub(crate) start: usize,
    pub(crate) cards: Vec<Card>,
}

/// The most bytes of cards in memory: about 10,000 papers, twenty full days.
const CACHE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How many cards to expect: only sizes the tables.
const CACHE_CARDS_EXPECTED: usize = 10_000;

/// Weighs cards by their texts.
#[derive(Clone, Debug)]
pub(crate) struct ByTexts;

impl Weighter<(PaperId, Sequence), Arc<Card>> for ByTexts {
    fn weight(&self, _: &(PaperId, Sequence), card: &Arc<Card>) -> u64 {
        let names: usize =
            card.authors_first.iter().chain(&card.authors_rest).map(|name| name.len() + 24).sum();
        let links: usize = card.buttons.iter().map(|button| button.url.len() + 64).sum();
        (card.lead.len() + card.rest.len() + card.title.len() * 2 + names + links + 512) as u64
    }
}

/// Cards in memory, by paper and the sequence of its latest change: reading a paper's TeX is most of the work of a page,
/// and most papers of a page that changed have not changed.
pub(crate) struct CardCache(Cache<(PaperId, Sequence), Arc<Card>, ByTexts>);

impl CardCache {
    pub(crate) fn new() -> CardCache {
        CardCache(Cache::with_weighter(CACHE_CARDS_EXPECTED, CACHE_BYTES_MAX, ByTexts))
    }

    /// The card of a paper.
    pub(crate) fn card(&self, stored: &Stored) -> Card {
        let key = (stored.id, stored.sequence);
        if let Some(card) = self.0.get(&key) {
            return Card::clone(&card);
        }
        let card = Card::of(stored);
        self.0.insert(key, Arc::new(card.clone()));
        card
    }
}

/// Authors that a card names before it counts the rest.
const AUTHORS_FIRST: usize = 3;
/// An abstract up to this many characters is shown whole: folding the last words saves nothing.
const WHOLE_CHARACTERS: usize = 420;
/// The first lines end with a sentence between these two, else with a word before the second.
const LEAD_CHARACTERS: std::ops::RangeInclusive<usize> = 160..=320;

impl Card {
    /// The card of a paper.
    fn of(stored: &Stored) -> Card {
        let paper = &stored.paper;
        let (lead, rest) = fold(paper.plain_abstract());
        let title = reading::title(&paper.title, paper.title_markup);
        let mut names = paper.authors.iter().map(|author| author.name.clone());
        let authors_first: Vec<String> = names.by_ref().take(AUTHORS_FIRST).collect();
        Card {
            rank: None,
            path: address::paper(&paper.address),
            address: paper.address.clone(),
            title: title.plain(),
            title_html: Safe::reading(title.html_list()),
            author_note: (authors_first.is_empty() && paper.author_count > 0)
                .then(|| view::count(u64::from(paper.author_count), "author")),
            authors_first,
            authors_rest: names.collect(),
            date: paper.published.map(view::date_of),
            category: paper.primary_category().map(|id| Category::of(id, 0)),
            venue: paper.venue.clone(),
            votes: paper.votes(),
            comments: paper.comments(),
            buttons: buttons(paper, false),
            lead,
            rest,
            snippet: None,
            why: None,
            standing: standing(paper.standing),
        }
    }

    /// True if there is anything to say about authors.
    pub(crate) fn has_authors(&self) -> bool {
        !self.authors_first.is_empty() || self.author_note.is_some()
    }

    /// True if the first lines end within a sentence.
    pub(crate) fn is_cut(&self) -> bool {
        !self.lead.ends_with(['.', '?', '!'])
    }

    /// The whole abstract.
    pub(crate) fn abstract_text(&self) -> String {
        if self.rest.is_empty() { self.lead.clone() } else { format!("{} {}", self.lead, self.rest) }
    }

    /// With its place in the list.
    pub(crate) fn ranked(mut self, rank: usize) -> Card {
        self.rank = Some(rank);
        self
    }

    /// With the reason for its place.
    pub(crate) fn because(mut self, why: String) -> Card {
        self.why = Some(why);
        self
    }
}

/// What is to be said of a paper that no longer stands.
pub(crate) fn standing(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Stands => None,
        Standing::Withdrawn => Some("Withdrawn"),
        Standing::Retracted => Some("Retracted"),
    }
}

/// The buttons of a paper: in a list only what a reader would go to at once, one of a kind.
pub(crate) fn buttons(paper: &Paper, all: bool) -> Vec<Button> {
    let mut buttons: Vec<Button> = Vec::new();
    let mut seen: Vec<LinkKind> = Vec::new();
    for link in &paper.links {
        let early = matches!(
            link.kind,
            LinkKind::Code
                | LinkKind::Project
                | LinkKind::Demo
                | LinkKind::Data
                | LinkKind::Video
                | LinkKind::Erratum
        );
        if !all && (!early || seen.contains(&link.kind)) {
            continue;
        }
        seen.push(link.kind);
        let label = match link.kind {
            LinkKind::Other => host(&link.url).to_string(),
            kind => kind.label().to_string(),
        };
        buttons.push(Button { label, url: link.url.clone() });
    }
    buttons
}

/// The host of an address, without `www.`.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.strip_prefix("www.").unwrap_or(host)
}

/// An abstract as its first lines and the rest.
fn fold(text: String) -> (String, String) {
    if text.chars().nth(WHOLE_CHARACTERS).is_none() {
        return (text, String::new());
    }
    let (mut sentence, mut word) = (None, None);
    let mut before = ' ';
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count > *LEAD_CHARACTERS.end() {
            break;
        }
        if c == ' ' {
            word = Some(at);
            // Not after an initial or `e.g.`: a sentence does not end with one letter.
            let letters = text[..at].chars().rev().skip(1).take(2).filter(|c| c.is_alphanumeric()).count();
            let capital = text[at + 1..].starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
            if matches!(before, '.' | '?' | '!')
                && letters == 2
                && capital
                && count >= *LEAD_CHARACTERS.start()
            {
                sentence = Some(at);
            }
        }
        before = c;
    }
    match sentence.or(word) {
        Some(at) => (text[..at].to_string(), text[at + 1..].to_string()),
        // A text without a space: nothing to fold it at.
        None => (text, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_abstract_folds_after_a_sentence() {
        let text = format!("{} end. Next {}", "word ".repeat(40).trim_end(), "more ".repeat(80));
        let (lead, rest) = fold(text);
        assert!(lead.ends_with("end."), "{lead}");
        assert!(rest.starts_with("Next"), "{rest}");
    }

    #[test]
    fn short_abstracts_are_shown_whole() {
        assert_eq!(fold("Short.".into()), ("Short.".into(), String::new()));
    }

    #[test]
    fn links_without_a_kind_show_their_host() {
        assert_eq!(host("https://www.example.org/a?b"), "example.org");
    }

    proptest! {
        #[test]
        fn folding_loses_nothing(text in "[a-zé .]{0,900}") {
            let (lead, rest) = fold(text.clone());
            let joined = if rest.is_empty() { lead } else { format!("{lead} {rest}") };
            prop_assert_eq!(joined, text);
        }
    }
}

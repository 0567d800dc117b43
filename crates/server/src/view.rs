//! What templates show: values made of papers, days and numbers, in words.

mod calendar;
mod card;
mod pager;

pub(crate) use calendar::{Month, Turn, date_of, day_words};
pub(crate) use card::{Button, CardCache, Cards, Category, Date, buttons, standing};
pub(crate) use pager::Pager;

use crate::house::House;

/// A link of the page's head.
#[derive(Clone, Debug)]
pub(crate) struct HeadLink {
    pub(crate) rel: &'static str,
    pub(crate) media: &'static str,
    pub(crate) title: String,
    pub(crate) path: String,
}

/// What surrounds every page.
#[derive(Clone, Debug)]
pub(crate) struct Chrome {
    /// The name of the site.
    pub(crate) site: String,
    /// The title of the document.
    pub(crate) title: String,
    /// What the page holds, for result lists of others.
    pub(crate) description: Option<String>,
    /// True for pages of an endless space of addresses, which crawlers should leave alone.
    pub(crate) unindexed: bool,
    /// The path of the style.
    pub(crate) style: String,
    /// The path of the script.
    pub(crate) script: String,
    /// Other forms of this page, and its feed.
    pub(crate) alternates: Vec<HeadLink>,
    /// The path of the masthead's link that this page belongs to.
    pub(crate) here: &'static str,
    /// What stands in the search field.
    pub(crate) query: String,
}

impl Chrome {
    /// The surroundings of a page of that title.
    pub(crate) fn new(house: &House, title: impl Into<String>) -> Chrome {
        let site = house.settings().title.clone();
        let title: String = title.into();
        Chrome {
            title: if title.is_empty() { site.clone() } else { format!("{title} · {site}") },
            description: None,
            unindexed: false,
            style: house.assets.style_path.clone(),
            script: house.assets.script_path.clone(),
            alternates: Vec::new(),
            here: "",
            query: String::new(),
            site,
        }
    }

    /// The masthead's links: name, path, whether this page belongs to it.
    pub(crate) fn nav(&self) -> [(&'static str, &'static str, bool); 3] {
        [("Latest", "/"), ("Trending", "/trending"), ("Listings", "/list")]
            .map(|(name, path)| (name, path, path == self.here))
    }

    /// With another form of this page.
    pub(crate) fn alternate(
        mut self,
        media: &'static str,
        title: impl Into<String>,
        path: impl Into<String>,
    ) -> Chrome {
        self.alternates.push(HeadLink { rel: "alternate", media, title: title.into(), path: path.into() });
        self
    }

    /// With the masthead's link that it belongs to.
    pub(crate) fn at(mut self, here: &'static str) -> Chrome {
        self.here = here;
        self
    }
}

/// `1 paper`, `2 papers`, `12,345 papers`.
pub(crate) fn count(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Words of foreign text that fit on one line of a title bar or a description.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_string();
    }
    let head: String = text.chars().take(characters).collect();
    let end = head.rfind(char::is_whitespace).filter(|end| *end > head.len() / 2).unwrap_or(head.len());
    format!("{}…", head[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(count(1, "paper"), "1 paper");
    }

    #[test]
    fn texts_are_cut_at_a_word() {
        assert_eq!(cut("one two three", 9), "one two…");
        assert_eq!(cut("short", 9), "short");
        assert_eq!(cut("ünïcödewithoutspaces", 5), "ünïcö…");
    }
}

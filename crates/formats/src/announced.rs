//! What arXiv's listings and feeds have in common: a paper is presented on a day, in answer to a question, as new,
//! cross-listed or replaced.
//!
//! Neither a listing's item nor a feed's says what was asked, and a listing's item not even the day. Both are kept with
//! them, in an element `<announced>` around the bytes as received, so that they can be understood again alone.

use crate::arxiv;
use crate::item::BadRecord;
use crate::scan::Scanner;
use crate::xml;
use paper::{Announcement, AnnouncementKind, Day, category};

/// What an item alone does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// The categories or archives that were asked for.
    pub(crate) asked: Vec<String>,
    /// The day, where the page said it.
    pub(crate) day: Option<Day>,
    /// How it was presented, where the page said it.
    pub(crate) kind: Option<AnnouncementKind>,
}

impl Context {
    pub(crate) fn new(asked: &str) -> Context {
        let words = asked.split(|c: char| c == '+' || c == ',' || c.is_whitespace());
        let asked = words.filter(|word| category::is_plausible(word)).map(str::to_owned).collect();
        Context { asked, day: None, kind: None }
    }

    /// An item as it is kept.
    pub(crate) fn around(&self, item: &[u8]) -> Vec<u8> {
        let mut before = format!("<announced asked=\"{}\"", xml::escape(&self.asked.join(" ")));
        if let Some(day) = self.day {
            before.push_str(&format!(" day=\"{day}\""));
        }
        if let Some(kind) = self.kind {
            before.push_str(&format!(" kind=\"{}\"", kind.name()));
        }
        before.push('>');
        [before.as_bytes(), item, b"</announced>"].concat()
    }

    /// The inverse of [`Context::around`].
    pub(crate) fn within(kept: &[u8]) -> Result<(Context, &[u8]), BadRecord> {
        let broken = BadRecord::Other("the element <announced> is broken");
        let Some(tag) = Scanner::new(kept).next().filter(|tag| tag.opens("announced")) else {
            return Err(broken);
        };
        let Some(item) = kept[tag.end..].trim_ascii_end().strip_suffix(b"</announced>") else {
            return Err(broken);
        };
        let attributes = xml::attributes(&kept[tag.start..tag.end])?;
        let attribute = |name: &str| attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let mut context = Context::new(attribute("asked").map(String::as_str).unwrap_or_default());
        context.day = attribute("day").and_then(|day| day.parse().ok());
        context.kind = attribute("kind").and_then(|kind| AnnouncementKind::from_name(kind));
        Ok((context, item))
    }

    /// True if a paper of this category belongs into the answer.
    fn covers(&self, id: &str) -> bool {
        self.asked.iter().any(|asked| {
            category::canonical(asked).eq_ignore_ascii_case(id)
                || category::archive(id).eq_ignore_ascii_case(asked)
        })
    }

    /// The announcements that an item stands for. A new paper is presented under all its categories on the same day;
    /// of a cross-listed or replaced one only those are known that were asked for.
    pub(crate) fn announcements(
        &self,
        day: Day,
        kind: AnnouncementKind,
        categories: &[String],
    ) -> Vec<Announcement> {
        if matches!(kind, AnnouncementKind::New | AnnouncementKind::Featured) {
            return arxiv::announcements(Some(day), categories);
        }
        let primary = usize::from(kind == AnnouncementKind::CrossList);
        let mut ids: Vec<&str> = Vec::new();
        for id in categories.iter().skip(primary).map(|id| category::canonical(id)) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.iter().any(|id| self.covers(id)) {
            ids.retain(|id| self.covers(id));
        }
        if ids.is_empty() {
            ids.extend(categories.first().map(|id| category::canonical(id)));
        }
        ids.into_iter().map(|id| Announcement { day, category: id.to_owned(), kind }).collect()
    }
}

/// The day of `Thursday, 24 September 2026` or `Fri, 21 Nov 2025`.
pub(crate) fn heading_day(text: &str) -> Option<Day> {
    let (_, rest) = text.split_once(',')?;
    let mut words = rest.split_ascii_whitespace();
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    arxiv::mail_day(&format!("{day} {} {}", month.get(..3)?, year.get(..4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: &str, kind: AnnouncementKind, categories: &[&str], expected: &[&str]) {
        let categories: Vec<String> = categories.iter().map(|id| (*id).to_owned()).collect();
        let day = Day::new(2026, 9, 24).unwrap();
        let found = Context::new(asked).announcements(day, kind, &categories);
        let found: Vec<&str> = found.iter().map(|one| one.category.as_str()).collect();
        assert_eq!(found, expected, "{asked} {kind:?}");
    }

    #[test]
    fn a_cross_list_stands_under_what_was_asked() {
        use AnnouncementKind::*;
        check("cs.LG", CrossList, &["stat.ML", "cs.LG", "cs.AI"], &["cs.LG"]);
        check("cs", CrossList, &["stat.ML", "cs.LG", "cs.AI"], &["cs.LG", "cs.AI"]);
        check("math.NA", CrossList, &["stat.ML", "cs.NA"], &["math.NA"]);
        check("", CrossList, &["stat.ML", "cs.LG"], &["cs.LG"]);
        check("cs.LG", CrossList, &["cs.LG"], &["cs.LG"]);
        check("cs.LG", New, &["cs.LG", "cs.AI"], &["cs.LG", "cs.AI"]);
        check("cs.LG+stat.ML", Replacement, &["cs.LG", "cs.AI", "stat.ML"], &["cs.LG", "stat.ML"]);
    }

    #[test]
    fn what_is_kept_tells_its_context_again() {
        let mut context = Context::new("cs.LG+stat.ML");
        context.day = Day::new(2026, 9, 24);
        context.kind = Some(AnnouncementKind::CrossList);
        let kept = context.around(b"<dt>x</dt>");
        assert_eq!(Context::within(&kept).unwrap(), (context, &b"<dt>x</dt>"[..]));
        assert!(Context::within(b"<announced>").is_err());
    }

    #[test]
    fn days_of_headings_are_read_long_and_short() {
        assert_eq!(heading_day("Thursday, 24 September 2026"), Day::new(2026, 9, 24));
        assert_eq!(heading_day("Fri, 1 May 2026 (showing"), Day::new(2026, 5, 1));
        assert_eq!(heading_day("Fri, 31 Jun 2026"), None);
    }
}

//! What follows from a paper: the small columns by which it is ordered and listed.

use crate::{PaperId, body};
use paper::{AnnouncementKind, Day, LinkKind, Paper, Record};
use std::collections::BTreeMap;

/// The paper has a link to code.
pub(crate) const HAS_CODE: i64 = 1;
/// The paper has a link to a project page, demo, data or video.
pub(crate) const HAS_PROJECT: i64 = 2;
/// The paper was accepted somewhere.
pub(crate) const ACCEPTED: i64 = 4;

/// Bit of an edition's row: announced as new.
pub(crate) const ANNOUNCED: i64 = 1;
/// Bit of an edition's row: featured.
pub(crate) const FEATURED: i64 = 2;

/// A merged paper, ready to be written.
pub(crate) struct Written {
    pub(crate) paper: Paper,
    pub(crate) digest: [u8; 16],
    pub(crate) body: Vec<u8>,
}

impl Written {
    pub(crate) fn new(paper: Paper) -> Written {
        let json = serde_json::to_vec(&paper).unwrap_or_default();
        Written { digest: digest(&json), body: body::pack(&json), paper }
    }
}

/// Sixteen bytes of BLAKE3: enough that two different papers never agree by chance.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    blake3::Hasher::new().update(bytes).finalize_xof().fill(&mut digest);
    digest
}

pub(crate) fn flags(paper: &Paper) -> i64 {
    let has = |kinds: &[LinkKind]| paper.links.iter().any(|link| kinds.contains(&link.kind));
    let project = [LinkKind::Project, LinkKind::Demo, LinkKind::Data, LinkKind::Video];
    let mut flags = 0;
    if has(&[LinkKind::Code]) {
        flags |= HAS_CODE;
    }
    if has(&project) {
        flags |= HAS_PROJECT;
    }
    if is_accepted(paper) {
        flags |= ACCEPTED;
    }
    flags
}

/// Whether the paper says that it was accepted somewhere: it has a venue or a journal reference, or its comment field
/// uses one of the phrases with which authors say so. "Submitted to" and "under review" alone say nothing.
pub fn is_accepted(paper: &Paper) -> bool {
    const PHRASES: [&str; 12] = [
        "accepted at",
        "accepted by",
        "accepted to",
        "accepted in",
        "accepted for",
        "accepted as",
        "accepted,",
        "to appear",
        "published in",
        "published at",
        "camera ready",
        "camera-ready",
    ];
    if paper.venue.is_some() || paper.journal_ref.is_some() {
        return true;
    }
    let Some(comment) = &paper.comment else { return false };
    let comment = comment.to_lowercase();
    PHRASES.iter().any(|phrase| comment.contains(phrase))
        || comment.trim_end_matches('.').ends_with("accepted")
}

/// The editions that a paper is in: the first day on which any source announced it as new (a paper re-enters only as
/// featured), and every day on which it was featured.
pub(crate) fn editions(paper: &Paper) -> BTreeMap<Day, i64> {
    let days = |kind| {
        let all = paper.announcements.iter().map(|tagged| &tagged.value);
        all.filter(move |announcement| announcement.kind == kind).map(|announcement| announcement.day)
    };
    let mut editions = BTreeMap::new();
    if let Some(first) = days(AnnouncementKind::New).min() {
        *editions.entry(first).or_default() |= ANNOUNCED;
    }
    for day in days(AnnouncementKind::Featured) {
        *editions.entry(day).or_default() |= FEATURED;
    }
    editions
}

/// The lines of listings that a paper has: category, day, and the kind by which it counts there (the most important of
/// several).
pub(crate) fn listings(paper: &Paper) -> BTreeMap<(String, Day), i64> {
    let mut listings: BTreeMap<(String, Day), i64> = BTreeMap::new();
    for announcement in paper.announcements.iter().map(|tagged| &tagged.value) {
        let Some(kind) = kind_number(announcement.kind) else { continue };
        if announcement.category.is_empty() {
            continue;
        }
        let line = listings.entry((text(&announcement.category), announcement.day)).or_insert(kind);
        *line = kind.min(*line);
    }
    listings
}

/// The number by which a kind of announcement is stored; featured papers are in no listing.
pub(crate) fn kind_number(kind: AnnouncementKind) -> Option<i64> {
    match kind {
        AnnouncementKind::New => Some(0),
        AnnouncementKind::CrossList => Some(1),
        AnnouncementKind::Replacement => Some(2),
        AnnouncementKind::Featured => None,
    }
}

/// The inverse of [`kind_number`].
pub(crate) fn kind_of(number: i64) -> AnnouncementKind {
    match number {
        0 => AnnouncementKind::New,
        1 => AnnouncementKind::CrossList,
        _ => AnnouncementKind::Replacement,
    }
}

/// The latest day on which a record says that anything was announced or featured.
pub(crate) fn latest_day(record: &Record) -> Option<i64> {
    record.announcements.iter().map(|announcement| i64::from(announcement.day.number())).max()
}

/// A text as a column can hold it: PostgreSQL has no NUL in texts, so both databases get none.
pub(crate) fn text(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

pub(crate) fn paper_id(number: i64) -> PaperId {
    PaperId(u32::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use paper::{Announcement, Identity, Source};

    fn paper(change: impl FnOnce(&mut Record)) -> Paper {
        let node = Identity::from_canonical("arxiv:2401.01234").unwrap();
        let mut record = Record::new(Source::Arxiv, node, "A title");
        change(&mut record);
        paper::merge::merge(&[record]).unwrap()
    }

    fn announcement(day: &str, kind: AnnouncementKind) -> Announcement {
        Announcement { day: day.parse().unwrap(), category: "cs.CL".into(), kind }
    }

    #[test]
    fn acceptance_is_read_from_venue_reference_and_comment() {
        let says = |comment: &str| is_accepted(&paper(|record| record.comment = Some(comment.into())));
        for comment in
            ["Accepted at CVPR 2025", "12 pages, to appear in TMLR", "Camera-ready version", "Accepted."]
        {
            assert!(says(comment), "{comment}");
        }
        for comment in ["Submitted to CVPR", "Under review", "12 pages", "a widely accepted theory"] {
            assert!(!says(comment), "{comment}");
        }
        assert!(is_accepted(&paper(|record| record.venue = Some("ICLR".into()))));
    }

    #[test]
    fn a_paper_re_enters_an_edition_only_as_featured() {
        let paper = paper(|record| {
            record.announcements = vec![
                announcement("2024-01-03", AnnouncementKind::New),
                announcement("2024-01-05", AnnouncementKind::New),
                announcement("2024-01-03", AnnouncementKind::Featured),
                announcement("2024-02-01", AnnouncementKind::Featured),
                announcement("2024-03-01", AnnouncementKind::Replacement),
            ];
        });
        let days: Vec<(String, i64)> =
            editions(&paper).into_iter().map(|(day, kinds)| (day.to_string(), kinds)).collect();
        assert_eq!(
            days,
            [("2024-01-03".to_string(), ANNOUNCED | FEATURED), ("2024-02-01".to_string(), FEATURED)]
        );
    }
}

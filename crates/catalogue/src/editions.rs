//! Reading days: editions, listings, calendars.

use crate::session::{Param, Row};
use crate::{Catalogue, CategoryCount, DayCount, Entry, Error, Listed, derive, read};
use paper::Day;

fn number(day: Day) -> Param<'static> {
    Param::Int(day.number().into())
}

impl Catalogue {
    /// The papers announced as new or featured from the first to the last day, each once, ordered by day and address.
    ///
    /// A paper counts as announced on the first day on which any source announced it as new.
    pub fn edition(&self, first: Day, last: Day) -> Result<Vec<Entry>, Error> {
        let sql = "SELECT papers.paper_id, address, first_day, announced, featured, votes, comments, flags, \
                   categories, primary_category, authors FROM (SELECT paper_id, MIN(day) AS first_day, \
                   MAX(CASE WHEN kinds <> 2 THEN 1 ELSE 0 END) AS announced, \
                   MAX(CASE WHEN kinds >= 2 THEN 1 ELSE 0 END) AS featured \
                   FROM editions WHERE day >= $1 AND day <= $2 GROUP BY paper_id) AS entries \
                   JOIN papers ON papers.paper_id = entries.paper_id ORDER BY first_day, address, papers.paper_id";
        let rows = self.rows(sql, &[number(first), number(last)])?;
        Ok(rows.iter().filter_map(entry).collect())
    }

    /// The latest day, at or before the given one, that has papers or a volume in its edition; the latest of all without
    /// one.
    pub fn day_at_or_before(&self, day: Option<Day>) -> Result<Option<Day>, Error> {
        match day {
            Some(day) => {
                let sql = "SELECT MAX(day) FROM (SELECT MAX(day) AS day FROM editions WHERE day <= $1 \
                           UNION ALL SELECT MAX(day) FROM volumes WHERE day <= $1) AS latest";
                self.day(sql, &[number(day)])
            }
            None => {
                let sql = "SELECT MAX(day) FROM (SELECT MAX(day) AS day FROM editions \
                           UNION ALL SELECT MAX(day) FROM volumes WHERE day IS NOT NULL) AS latest";
                self.day(sql, &[])
            }
        }
    }

    /// The nearest earlier day that has papers or a volume in its edition.
    pub fn day_before(&self, day: Day) -> Result<Option<Day>, Error> {
        let sql = "SELECT MAX(day) FROM (SELECT MAX(day) AS day FROM editions WHERE day < $1 \
                   UNION ALL SELECT MAX(day) FROM volumes WHERE day < $1) AS earlier";
        self.day(sql, &[number(day)])
    }

    /// The nearest later day that has papers or a volume in its edition.
    pub fn day_after(&self, day: Day) -> Result<Option<Day>, Error> {
        let sql = "SELECT MIN(day) FROM (SELECT MIN(day) AS day FROM editions WHERE day > $1 \
                   UNION ALL SELECT MIN(day) FROM volumes WHERE day > $1) AS later";
        self.day(sql, &[number(day)])
    }

    /// The days of a period that have papers, ascending, and how many.
    pub fn days(&self, first: Day, last: Day) -> Result<Vec<DayCount>, Error> {
        let sql =
            "SELECT day, COUNT(*) FROM editions WHERE day >= $1 AND day <= $2 GROUP BY day ORDER BY day";
        let count = |row: &Row| Some(DayCount { day: read::day(row.int(0))?, papers: row.int(1) as u32 });
        Ok(self.rows(sql, &[number(first), number(last)])?.iter().filter_map(count).collect())
    }

    /// The lines of a category's listing of a day: new, then cross-lists, then replacements, each by address.
    pub fn listing(&self, category: &str, day: Day) -> Result<Vec<Listed>, Error> {
        let category = derive::text(category);
        let sql = "SELECT papers.paper_id, kind FROM listings JOIN papers USING (paper_id) \
                   WHERE category = $1 AND day = $2 ORDER BY kind, address, papers.paper_id";
        let rows = self.rows(sql, &[Param::Text(&category), number(day)])?;
        let listed =
            |row: &Row| Listed { id: derive::paper_id(row.int(0)), kind: derive::kind_of(row.int(1)) };
        Ok(rows.iter().map(listed).collect())
    }

    /// The latest day, at or before the given one, on which a category has a listing; the latest of all without one.
    pub fn listing_day_at_or_before(&self, category: &str, day: Option<Day>) -> Result<Option<Day>, Error> {
        let category = derive::text(category);
        match day {
            Some(day) => self.day(
                "SELECT MAX(day) FROM listings WHERE category = $1 AND day <= $2",
                &[Param::Text(&category), number(day)],
            ),
            None => self.day("SELECT MAX(day) FROM listings WHERE category = $1", &[Param::Text(&category)]),
        }
    }

    /// The nearest earlier day on which a category has a listing.
    pub fn listing_day_before(&self, category: &str, day: Day) -> Result<Option<Day>, Error> {
        let category = derive::text(category);
        let sql = "SELECT MAX(day) FROM listings WHERE category = $1 AND day < $2";
        self.day(sql, &[Param::Text(&category), number(day)])
    }

    /// The nearest later day on which a category has a listing.
    pub fn listing_day_after(&self, category: &str, day: Day) -> Result<Option<Day>, Error> {
        let category = derive::text(category);
        let sql = "SELECT MIN(day) FROM listings WHERE category = $1 AND day > $2";
        self.day(sql, &[Param::Text(&category), number(day)])
    }

    /// The categories that announced papers as new or cross-listed in a period, and how many papers each; by name.
    pub fn categories_on(&self, first: Day, last: Day) -> Result<Vec<CategoryCount>, Error> {
        let sql = "SELECT category, COUNT(DISTINCT paper_id) FROM listings \
                   WHERE day >= $1 AND day <= $2 AND kind <= 1 GROUP BY category ORDER BY category";
        let count =
            |row: &Row| CategoryCount { category: row.text(0).to_string(), papers: row.int(1) as u32 };
        Ok(self.rows(sql, &[number(first), number(last)])?.iter().map(count).collect())
    }

    fn day(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Option<Day>, Error> {
        Ok(self.one(sql, params)?.and_then(|row| row.int_or_null(0)).and_then(read::day))
    }
}

fn entry(row: &Row) -> Option<Entry> {
    let flags = row.int(7);
    Some(Entry {
        id: derive::paper_id(row.int(0)),
        address: row.text(1).to_string(),
        announced: row.int(3) != 0,
        featured: row.int(4) != 0,
        day: read::day(row.int(2))?,
        votes: row.int(5) as u32,
        comments: row.int(6) as u32,
        has_code: flags & derive::HAS_CODE != 0,
        has_project: flags & derive::HAS_PROJECT != 0,
        accepted: flags & derive::ACCEPTED != 0,
        categories: row.int(8) as u32,
        primary_category: row.text(9).to_string(),
        author_count: row.int(10) as u32,
    })
}

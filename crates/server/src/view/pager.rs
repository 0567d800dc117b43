//! Pages of a list.

use crate::address;

/// Where in a list a page is, and the addresses of its other pages.
#[derive(Clone, Debug)]
pub(crate) struct Pager {
    /// This page, from 1.
    pub(crate) here: usize,
    /// The last page; at least 1.
    pub(crate) last: usize,
    /// Items a page.
    of_page: usize,
    /// The path of page 1, with all parameters but `page`.
    path: String,
}

/// A step of the page list; number 0 stands for a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) number: usize,
    pub(crate) path: String,
}

/// Pages shown on each side of this one.
const AROUND: usize = 2;

impl Pager {
    /// The pages of a list of so many items, so many a page. `None` if the page does not exist.
    pub(crate) fn new(here: usize, items: usize, of_page: usize, path: String) -> Option<Pager> {
        let last = items.div_ceil(of_page).max(1);
        (1..=last).contains(&here).then_some(Pager { here, last, of_page, path })
    }

    /// The first item of this page, from 0.
    pub(crate) fn offset(&self) -> usize {
        (self.here - 1) * self.of_page
    }

    /// The path of a page.
    pub(crate) fn to(&self, page: usize) -> String {
        if page == 1 {
            return self.path.clone();
        }
        let page = page.to_string();
        if self.path.contains('?') {
            format!("{}&page={page}", self.path)
        } else {
            address::with_parameters(&self.path, &[("page", &page)])
        }
    }

    pub(crate) fn previous(&self) -> Option<String> {
        (self.here > 1).then(|| self.to(self.here - 1))
    }

    pub(crate) fn next(&self) -> Option<String> {
        (self.here < self.last).then(|| self.to(self.here + 1))
    }

    /// First, last, those around this one, and gaps.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut before = 0;
        for number in 1..=self.last {
            let shown = number == 1 || number == self.last || number.abs_diff(self.here) <= AROUND;
            if !shown {
                continue;
            }
            if number > before + 1 {
                steps.push(Step { number: 0, path: String::new() });
            }
            steps.push(Step { number, path: self.to(number) });
            before = number;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(here: usize, items: usize) -> Vec<usize> {
        Pager::new(here, items, 50, "/x".into()).unwrap().steps().iter().map(|step| step.number).collect()
    }

    #[test]
    fn every_page_can_be_reached() {
        assert_eq!(numbers(1, 50), [1]);
        assert_eq!(numbers(1, 51), [1, 2]);
        assert_eq!(numbers(10, 1000), [1, 0, 8, 9, 10, 11, 12, 0, 20]);
    }

    #[test]
    fn pages_that_do_not_exist_are_refused() {
        assert!(Pager::new(2, 50, 50, "/".into()).is_none());
        assert!(Pager::new(1, 0, 50, "/".into()).is_some());
    }

    #[test]
    fn the_first_page_has_the_plain_address() {
        let pager = Pager::new(2, 200, 25, "/search?q=a".into()).unwrap();
        assert_eq!(pager.previous().as_deref(), Some("/search?q=a"));
        assert_eq!(pager.next().as_deref(), Some("/search?q=a&page=3"));
    }
}

//! Proceedings volumes.

use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::page::edition::pager;
use crate::view::{self, Cards, Chrome, Date, Pager};
use askama::Template;
use edition::PAPERS_OF_PAGE;

#[derive(Template)]
#[template(path = "volume.html")]
struct VolumePage {
    chrome: Chrome,
    title: String,
    id: String,
    source: &'static str,
    date: Option<Date>,
    count: String,
    cards: Cards,
    pager: Pager,
}

/// `/volume/<id>`.
pub(crate) fn volume(house: &House, ask: &Ask) -> Answer {
    let id = ask.after("/volume/");
    let Some(volume) = house.site.catalogue.volume(id)? else { return Err(Refusal::not_found(&ask.path)) };
    let number = ask.page().unwrap_or(1);
    let offset = u32::try_from((number - 1) * PAPERS_OF_PAGE).unwrap_or(u32::MAX);
    let (papers, ids) = house.site.catalogue.papers_of_volume(id, offset, PAPERS_OF_PAGE as u32)?;
    let pager = pager(ask, papers as usize, crate::address::path("/volume/", id))?;
    let papers_of_page = house.papers(&ids)?;
    let start = pager.offset() + 1;
    let cards =
        papers_of_page.iter().zip(start..).map(|(stored, number)| house.cards.card(stored).ranked(number));
    let page = VolumePage {
        chrome: Chrome::new(house, view::cut(&volume.title, 120)),
        cards: Cards { start, cards: cards.collect() },
        count: view::count(u64::from(papers), "paper"),
        date: volume.published.map(view::date_of),
        source: volume.source.title(),
        title: volume.title,
        id: volume.id,
        pager,
    };
    super::html(Policy::Public, &page)
}

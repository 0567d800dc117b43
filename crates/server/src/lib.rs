//! HTTP: pages, feeds and API of a broadsheet.

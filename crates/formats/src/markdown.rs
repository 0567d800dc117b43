//! Papers as Markdown.

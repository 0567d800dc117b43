//! Who may keep an answer, and for how long: every `Cache-Control` of the site has a name here.

/// A caching policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Style and script: the name holds the hash of the content, so the content under a name never changes.
    Immutable,
    /// Pages that every reader sees alike. A minute is short enough that nobody misses a paper; the stale times let a
    /// proxy go on answering while this server restarts.
    Public,
    /// Editions of days that are over: votes still move their order, so they are kept an hour, not for ever.
    Past,
    /// Answers that say how things are at this moment: health, metrics, errors.
    Never,
}

impl Policy {
    /// The header's value.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Policy::Immutable => "public, max-age=31536000, immutable",
            Policy::Public => "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400",
            Policy::Past => "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=86400",
            Policy::Never => "no-store",
        }
    }
}

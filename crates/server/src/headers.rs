//! The headers that every answer carries, errors and panics included.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Pages load their one style and one script from here and nothing from anywhere else; no inline code runs.
pub(crate) const PAGE_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
connect-src 'self'; font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
require-trusted-types-for 'script'; trusted-types 'none'";

/// Foreign text that is not a page (`.md`, `.bib`, feeds, JSON) is shown in a sandbox where nothing runs.
pub(crate) const FOREIGN_CSP: &str = "default-src 'none'; sandbox";

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Adds the security headers. A stricter policy for content that is there already stays.
pub(crate) fn secure(headers: &mut HeaderMap, https_only: bool) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: that makes browsers send `Origin: null` with forms of the same site.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    if https_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

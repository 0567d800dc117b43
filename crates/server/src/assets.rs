//! The one style, the one script and the icon: in the binary, under names that hold their hash.

use crate::answer::{Media, Page};
use std::sync::Arc;

const STYLE: &str = include_str!("../assets/broadsheet.css");
const SCRIPT: &str = include_str!("../assets/broadsheet.js");
/// The icon.
pub(crate) const ICON: &str = include_str!("../assets/icon.svg");

/// The assets, compressed once.
pub(crate) struct Assets {
    /// The path of the style.
    pub(crate) style_path: String,
    /// The path of the script.
    pub(crate) script_path: String,
    style: Arc<Page>,
    script: Arc<Page>,
    icon: Arc<Page>,
}

impl Assets {
    pub(crate) fn new() -> Assets {
        let style = Arc::new(Page::asset(Media::Css, STYLE));
        let script = Arc::new(Page::asset(Media::Script, SCRIPT));
        Assets {
            style_path: format!("/assets/broadsheet-{}.css", style.tag()),
            script_path: format!("/assets/broadsheet-{}.js", script.tag()),
            icon: Arc::new(Page::asset(Media::Svg, ICON)),
            style,
            script,
        }
    }

    /// The asset at a path.
    pub(crate) fn at(&self, path: &str) -> Option<&Arc<Page>> {
        match path {
            "/assets/icon.svg" => Some(&self.icon),
            path if path == self.style_path => Some(&self.style),
            path if path == self.script_path => Some(&self.script),
            _ => None,
        }
    }
}

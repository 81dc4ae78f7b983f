//! What every page has around its sections: title, policy, style and script.
//!
//! The pages of runs, of a gate and of a store hand it to the template `base.html`.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::Assets;
use crate::format::printable;

pub(super) const STYLE: &str = include_str!("../../templates/report.css");
/// In a block, so that its names are its own.
pub(super) const SCRIPT: &str = concat!(
    "{\n",
    include_str!("../../templates/state.js"),
    include_str!("../../templates/report.js"),
    include_str!("../../templates/profile.js"),
    "}\n"
);

/// The page's script without what only its readers in the repository need: comments and
/// indentation.
fn script() -> String {
    let lines = SCRIPT.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The content security policy: nothing may be loaded, and only our own style and script may run.
fn policy(assets: Assets) -> String {
    const REST: &str = "base-uri 'none'; form-action 'none'";
    if assets == Assets::Split {
        return format!("default-src 'none'; style-src 'self'; script-src 'self'; {REST}");
    }
    let hash = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    format!("default-src 'none'; style-src {}; script-src {}; {REST}", hash(STYLE), hash(&script()))
}

/// What every page has around its sections: the template `base.html`.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The answer, which is title and first heading.
    pub(crate) title: String,
    pub(crate) policy: String,
    pub(crate) style: &'static str,
    pub(crate) script: String,
    assets: Assets,
}

impl Frame {
    pub(crate) fn new(title: &str, assets: Assets) -> Self {
        let title = printable(title);
        Self { title, policy: policy(assets), style: STYLE, script: script(), assets }
    }

    /// Whether style and script stand in the page.
    pub(crate) fn is_inline(&self) -> bool {
        self.assets == Assets::Inline
    }
}

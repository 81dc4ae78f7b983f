//! A page shown in the browser of whoever asked for it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What opens a page, where `BROWSER` names nothing; the first that is there is taken.
const OPENERS: [&str; 4] = ["xdg-open", "sensible-browser", "x-www-browser", "open"];

/// Starts a browser and does not wait for it.
///
/// # Errors
/// When none can be started.
pub(super) fn open(path: &Path) -> anyhow::Result<()> {
    let path = std::path::absolute(path).context("no absolute path of the report")?;
    let told = std::env::var("BROWSER").ok().filter(|text| !text.trim().is_empty());
    // As by convention: several names with colons between them, each perhaps with arguments.
    let named: Vec<&str> = told.as_deref().unwrap_or_default().split(':').collect();
    let names = named.into_iter().filter(|name| !name.trim().is_empty()).chain(OPENERS);
    for name in names {
        let mut words = name.split_whitespace();
        let Some(program) = words.next() else { continue };
        let mut command = Command::new(program);
        command.args(words).arg(&path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.spawn().is_ok() {
            return Ok(());
        }
    }
    bail!(
        "the report is written, but no browser could be started: BROWSER names none, and there is \
         none of {}",
        OPENERS.join(", ")
    )
}

//! `dyno schema`: the JSON Schema of the suite format, for editors.

use crate::exit::Exit;
use crate::output::print;

/// Prints the schema.
///
/// # Errors
/// Never; the signature is that of every command.
pub(crate) fn run() -> anyhow::Result<Exit> {
    print(&engine::suite::schema())?;
    Ok(Exit::Ok)
}

//! Ctrl-C and SIGTERM: the first asks to stop after the sample in flight and says so, the second
//! ends dyno at once, and the launcher takes the workers with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Exit;

/// Listens for the rest of the process's life. `after` says what becomes of what is being measured.
///
/// # Errors
/// When the system refuses to listen.
pub(crate) fn listen(after: String) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for signals")?;
    // The thread sleeps until a signal comes, so it is no noise in a sample.
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if asked.swap(true, Ordering::Relaxed) {
                eprintln!("\nstopped in a sample; {after}");
                leave();
            }
            eprintln!("\nstopping after this sample; once more to stop now");
        }
    });
    Ok(stop)
}

#[expect(clippy::exit, reason = "a second signal means now, wherever the main thread is")]
fn leave() -> ! {
    std::process::exit(i32::from(Exit::Interrupted as u8))
}

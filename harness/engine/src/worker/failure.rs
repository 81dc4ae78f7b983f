//! The words of failures: how a process ended, how long something took, what a line said.

use std::time::Duration;

use record::{Failure, FailureKind};

use super::spawn::{Exit, ExitStatus};

/// A failure without output.
pub(super) fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), output: String::new() }
}

/// What a program dies of that was built for another CPU.
const SIGILL: i32 = 4;

/// What may be behind an ending, where its output cannot say; to stand at the end of a message.
pub(super) fn hint(status: ExitStatus) -> &'static str {
    if status != ExitStatus::Signal(SIGILL) {
        return "";
    }
    "; it met an instruction that this CPU does not know, or valgrind, which lacks AVX-512: build \
     it for this machine, and without `-C target-cpu=native` or `-march=native` to simulate it"
}

/// `exited with code 3 after 0.2 s`, `killed by signal 11 (SIGSEGV) after 0.2 s`.
pub(super) fn ending(exit: &Exit) -> String {
    let after = seconds(exit.lifetime());
    match exit.status {
        ExitStatus::Code(code) => format!("exited with code {code} after {after}"),
        ExitStatus::Signal(signal) => match signal_name(signal) {
            Some(name) => format!("killed by signal {signal} ({name}) after {after}"),
            None => format!("killed by signal {signal} after {after}"),
        },
    }
}

/// A length of time for a sentence: `5 s`, `0.25 s`, `3 ms`.
pub(super) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 10.0 || time.subsec_nanos() == 0 {
        format!("{seconds:.0} s")
    } else if seconds >= 0.1 {
        format!("{} s", (seconds * 100.0).round() / 100.0)
    } else {
        format!("{} ms", (seconds * 10_000.0).round() / 10.0)
    }
}

/// The start of a line that was not expected, fit to stand inside backticks.
pub(super) fn excerpt(line: &[u8]) -> String {
    const CHARS_MAX: usize = 160;
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    let mut short = String::new();
    for char in text.chars().take(CHARS_MAX) {
        if char.is_control() {
            short.extend(char.escape_debug());
        } else {
            short.push(char);
        }
    }
    if text.chars().count() > CHARS_MAX {
        short.push('…');
    }
    short
}

fn signal_name(signal: i32) -> Option<&'static str> {
    // Numbers as on Linux for x86-64 and ARM64; signal(7).
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        SIGILL => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_well() {
        let text = |ms| seconds(Duration::from_micros(ms));
        assert_eq!(text(5_000_000), "5 s");
        assert_eq!(text(12_345_678), "12 s");
        assert_eq!(text(1_234_567), "1.23 s");
        assert_eq!(text(200_400), "0.2 s");
        assert_eq!(text(3_140), "3.1 ms");
    }

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        assert_eq!(excerpt(b"a\tb\n"), "a\\tb");
        assert_eq!(excerpt(&[b'x'; 5000]).chars().count(), 161);
    }
}

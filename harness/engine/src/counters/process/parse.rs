//! Reads and parses the files of `/proc/PID`. The parsers are pure and take the text; see proc(5).

use std::fs::File;
use std::io::{self, Read};

/// Sums of `/proc/PID/stat`: the process with all its threads, and its children that have ended
/// and were waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) parent: u32,
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    pub(super) user_ticks: u64,
    pub(super) system_ticks: u64,
}

/// Sums of `/proc/PID/io`, over the same processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Io {
    pub(super) read_bytes: u64,
    pub(super) written_bytes: u64,
    pub(super) storage_read_bytes: u64,
    pub(super) storage_written_bytes: u64,
}

/// One thread's `/proc/PID/task/TID/status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// VmHWM of the process, which a zombie has no longer.
    pub(super) peak_bytes: Option<u64>,
    pub(super) switches: ThreadSwitches,
}

/// Context switches of one thread since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ThreadSwitches {
    pub(super) thread: u32,
    pub(super) voluntary: u64,
    pub(super) involuntary: u64,
}

pub(super) fn read_stat(pid: u32) -> io::Result<Stat> {
    let text = read(format!("/proc/{pid}/stat"))?;
    stat(&text).ok_or_else(unexpected)
}

pub(super) fn read_io(pid: u32) -> io::Result<Io> {
    let text = read(format!("/proc/{pid}/io"))?;
    io_sums(&text).ok_or_else(unexpected)
}

pub(super) fn read_status(pid: u32, thread: u32) -> io::Result<Status> {
    let text = read(format!("/proc/{pid}/task/{thread}/status"))?;
    status(&text).ok_or_else(unexpected)
}

/// One read of a file that the kernel writes at once; half the system calls of
/// `fs::read_to_string`, which counts because every thread has such a file.
fn read(path: String) -> io::Result<String> {
    let mut buffer = [0; 8_192];
    let length = File::open(path)?.read(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not in the form that proc(5) describes")
}

/// The name of a program stands in parentheses and may hold spaces and parentheses itself, so the
/// fields are counted from the last closing one.
fn stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(") ")?;
    // Field 3 of proc(5), the state, is number 0 here.
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let sum = |own: usize, waited: usize| field(own)?.checked_add(field(waited)?);
    Some(Stat {
        parent: u32::try_from(field(4)?).ok()?,
        minor_faults: sum(10, 11)?,
        major_faults: sum(12, 13)?,
        user_ticks: sum(14, 16)?,
        system_ticks: sum(15, 17)?,
    })
}

fn io_sums(text: &str) -> Option<Io> {
    Some(Io {
        read_bytes: number(text, "rchar:")?,
        written_bytes: number(text, "wchar:")?,
        storage_read_bytes: number(text, "read_bytes:")?,
        storage_written_bytes: number(text, "write_bytes:")?,
    })
}

fn status(text: &str) -> Option<Status> {
    Some(Status {
        peak_bytes: number(text, "VmHWM:").map(|kib| kib.saturating_mul(1_024)),
        switches: ThreadSwitches {
            thread: u32::try_from(number(text, "Pid:")?).ok()?,
            voluntary: number(text, "voluntary_ctxt_switches:")?,
            involuntary: number(text, "nonvoluntary_ctxt_switches:")?,
        },
    })
}

/// The first number of the line that begins with `key`.
fn number(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STAT: &str =
        "1234 ((odd) name () S 1 2 3 4 -1 4194560 100 20 3 4 50 60 7 8 20 0 4 0 99\n";
    const IO: &str = "rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\nread_bytes: 4096\n\
                      write_bytes: 8192\ncancelled_write_bytes: 1\n";
    const STATUS: &str = "Name:\tx\nTgid:\t7\nPid:\t9\nVmPeak:\t  10 kB\nVmHWM:\t    2048 kB\n\
                          voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n";

    #[test]
    fn stat_is_counted_from_the_last_parenthesis_and_adds_waited_children() {
        let expect = Stat {
            parent: 1,
            minor_faults: 120,
            major_faults: 7,
            user_ticks: 57,
            system_ticks: 68,
        };
        assert_eq!(stat(STAT), Some(expect));
    }

    #[test]
    fn io_tells_system_calls_from_storage() {
        let expect = Io {
            read_bytes: 10,
            written_bytes: 20,
            storage_read_bytes: 4_096,
            storage_written_bytes: 8_192,
        };
        assert_eq!(io_sums(IO), Some(expect));
    }

    #[test]
    fn status_of_a_zombie_has_switches_and_no_peak() {
        let switches = ThreadSwitches { thread: 9, voluntary: 5, involuntary: 6 };
        let alive = Status { peak_bytes: Some(2_048 * 1_024), switches };
        assert_eq!(status(STATUS), Some(alive));
        let zombie = STATUS.replace("VmHWM:\t    2048 kB\n", "");
        assert_eq!(status(&zombie), Some(Status { peak_bytes: None, switches }));
    }

    proptest! {
        #[test]
        fn a_cut_or_garbled_file_is_no_panic(cut in 0_usize..200, noise in "[ -~\n]{0,80}") {
            for text in [STAT, IO, STATUS] {
                let part = &text[..cut.min(text.len())];
                let _ = (stat(part), io_sums(part), status(part));
            }
            let _ = (stat(&noise), io_sums(&noise), status(&noise));
        }
    }
}

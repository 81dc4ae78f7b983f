//! The network link of the client's machine, as a queue with a rate: what limits a scan when
//! everything else is fast enough.
//!
//! Workers ask it for a window of time before they send; it knows no data. The queue is one number,
//! the moment at which the link is free again, in a file that all workers lock: they are processes
//! of their own, and a lock that a killed worker held is let go by the kernel.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// One holder's view of the link.
pub(crate) struct Link {
    free_at: File,
    bytes_per_second: u64,
}

/// When the bytes of a task are on the link. Times are of the system's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    start: Duration,
    length: Duration,
}

impl Link {
    /// A link whose queue stands in this file, which is made if it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(path: &Path, bytes_per_second: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let free_at = options.read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Self { free_at, bytes_per_second })
    }

    /// The next window that is long enough for so many bytes: first come, first served.
    ///
    /// # Errors
    /// When the file cannot be locked, read or written.
    pub(crate) fn reserve(&self, bytes: u64) -> io::Result<Window> {
        self.free_at.lock()?;
        let reserved = self.append(bytes, now());
        // The next one must get it even where reading failed.
        self.free_at.unlock()?;
        reserved
    }

    fn append(&self, bytes: u64, now: Duration) -> io::Result<Window> {
        let mut number = [0; 8];
        // A new file is empty: free since ever.
        let read = self.free_at.read_at(&mut number, 0)?;
        let free_at = if read == number.len() { u64::from_le_bytes(number) } else { 0 };
        let start = now.max(Duration::from_nanos(free_at));
        let window = Window { start, length: transfer(bytes, self.bytes_per_second) };
        let end = (window.start + window.length).as_nanos() as u64;
        self.free_at.write_all_at(&end.to_le_bytes(), 0)?;
        Ok(window)
    }
}

impl Window {
    /// How long from now until this share of the window's bytes has come through.
    pub(crate) fn until(&self, share: f64) -> Duration {
        (self.start + self.length.mul_f64(share)).saturating_sub(now())
    }
}

/// How long so many bytes take alone.
pub(crate) fn transfer(bytes: u64, bytes_per_second: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / bytes_per_second as f64)
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // OK because the monotonic clock begins at 0.
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn windows_follow_each_other_and_begin_anew_after_a_pause() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = [(); 2].map(|()| Link::open(&dir.path().join("link"), 1_000).unwrap());
        let window = |start: u32| Window { start: SECOND * start, length: SECOND / 2 };
        assert_eq!(one.append(500, SECOND).unwrap(), window(1));
        let second = two.append(500, SECOND).unwrap();
        assert_eq!(second, Window { start: SECOND * 3 / 2, length: SECOND / 2 });
        assert_eq!(one.append(500, SECOND * 9).unwrap(), window(9), "nothing is saved up");
    }

    #[test]
    fn holders_that_ask_at_once_never_get_the_same_window() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("link");
        let ask = || {
            let link = Link::open(&path, 1_000_000).unwrap();
            (0..50).map(|_| link.reserve(1_000).unwrap()).collect::<Vec<_>>()
        };
        let mut windows: Vec<Window> = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(ask));
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        windows.sort_by_key(|window| window.start);
        for pair in windows.windows(2) {
            assert!(pair[0].start + pair[0].length <= pair[1].start, "{pair:?}");
        }
    }
}

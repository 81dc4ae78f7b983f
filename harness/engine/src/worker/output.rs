//! What a process prints, kept within bounds: always the last part, because that is where a
//! program says why it failed.

/// Bytes of output kept with a failure.
const TAIL_BYTES_MAX: usize = 64 << 10;

/// Bytes of each stream kept for whoever reads numbers in them.
const STREAM_BYTES_MAX: usize = 1 << 20;

/// The output of one process.
#[derive(Clone, Debug)]
pub struct Output {
    /// Standard output and standard error as they came, the last 64 KiB.
    pub both: Tail,
    /// Standard output alone, the last 1 MiB; empty unless capture was asked for.
    pub stdout: Tail,
    /// Standard error alone, the last 1 MiB; empty unless capture was asked for.
    pub stderr: Tail,
}

impl Output {
    pub(super) fn new(capture: bool) -> Self {
        let stream = if capture { STREAM_BYTES_MAX } else { 0 };
        Self {
            both: Tail::new(TAIL_BYTES_MAX),
            stdout: Tail::new(stream),
            stderr: Tail::new(stream),
        }
    }

    pub(super) fn push_stdout(&mut self, bytes: &[u8]) {
        self.both.push(bytes);
        self.stdout.push(bytes);
    }

    pub(super) fn push_stderr(&mut self, bytes: &[u8]) {
        self.both.push(bytes);
        self.stderr.push(bytes);
    }
}

/// The last bytes of a stream, up to a limit.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Up to twice the limit, so that the front is cut off rarely.
    bytes: Vec<u8>,
    limit: usize,
    cut: bool,
}

impl Tail {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, cut: false }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * self.limit {
            self.bytes.drain(..self.bytes.len() - self.limit);
            self.cut = true;
        }
    }

    /// Whether the stream was longer than what is kept.
    pub fn is_cut(&self) -> bool {
        self.cut || self.bytes.len() > self.limit
    }

    /// What is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.bytes.len().saturating_sub(self.limit)..]
    }

    /// What is kept as text of at most the limit's bytes; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(self.bytes());
        // A replacement character is longer than the byte it stands for.
        let start = text.ceil_char_boundary(text.len().saturating_sub(self.limit));
        text[start..].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_keeps_the_last_bytes_and_says_that_it_was_cut() {
        let mut tail = Tail::new(4);
        tail.push(b"abc");
        assert_eq!((tail.text().as_str(), tail.is_cut()), ("abc", false));
        tail.push(b"defghijklm");
        assert_eq!((tail.text().as_str(), tail.is_cut()), ("jklm", true));
        tail.push(b"n");
        assert_eq!(tail.text(), "klmn");
    }

    #[test]
    fn text_that_is_not_utf8_stays_within_the_limit() {
        let mut tail = Tail::new(8);
        tail.push(&[0xff; 100]);
        assert!(tail.text().len() <= 8, "{:?}", tail.text());
        assert!(tail.text().starts_with('\u{fffd}'));
    }

    #[test]
    fn without_capture_only_the_common_tail_is_kept() {
        let mut output = Output::new(false);
        output.push_stdout(b"out ");
        output.push_stderr(b"err");
        assert_eq!(output.both.text(), "out err");
        assert!(output.stdout.bytes().is_empty() && output.stderr.bytes().is_empty());
    }
}

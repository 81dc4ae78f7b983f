//! Text of many short lines, put together from pieces that are stored whole and kept in part.
//!
//! The generators of text write it. A store of a fixed size needs no loop and no call, and what it
//! writes beyond its piece is overwritten by the next one.

/// Most bytes of a line, with what the last piece writes beyond its end.
const LINE: usize = 384;

/// Bytes that a text grows by at least.
const GROWTH: usize = 1 << 18;

/// A text of at most seven bytes; the eighth says how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece([u8; 8]);

impl Piece {
    /// A piece of this text.
    pub(super) fn new(text: &str) -> Self {
        assert!(text.len() < 8, "`{text}` is no piece");
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        // OK because it is below 8.
        bytes[7] = text.len() as u8;
        Self(bytes)
    }
}

/// A text that grows.
pub(crate) struct Text {
    /// All of it are bytes that may be written to; the text is the first of them.
    bytes: Vec<u8>,
    end: usize,
}

impl Text {
    /// An empty text.
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), end: 0 }
    }

    /// The text.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// Forgets the text and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.end = 0;
    }

    /// Forgets the first bytes of the text; the rest begins it now.
    pub(super) fn forget(&mut self, bytes: usize) {
        self.bytes.copy_within(bytes..self.end, 0);
        self.end -= bytes;
    }

    /// Appends a line, or less, of at most 376 bytes.
    #[inline]
    pub(super) fn line(&mut self, write: impl FnOnce(&mut Pen<'_>)) {
        if self.bytes.len() - self.end < LINE {
            self.grow();
        }
        // OK because there are that many bytes now.
        let Some(line) = self.bytes[self.end..].first_chunk_mut() else { return };
        let mut pen = Pen { line, at: 0 };
        write(&mut pen);
        self.end += pen.at;
    }

    #[cold]
    fn grow(&mut self) {
        let more = self.bytes.len().max(GROWTH);
        self.bytes.resize(self.bytes.len() + more, 0);
    }
}

/// Writes a line.
pub(super) struct Pen<'t> {
    line: &'t mut [u8; LINE],
    at: usize,
}

impl Pen<'_> {
    /// Appends a piece.
    #[inline(always)]
    pub(super) fn piece(&mut self, Piece(piece): Piece) {
        self.fixed(&piece, usize::from(piece[7]));
    }

    /// Appends the first `kept` of some bytes.
    #[inline(always)]
    pub(super) fn fixed<const N: usize>(&mut self, bytes: &[u8; N], kept: usize) {
        self.line[self.at..][..N].copy_from_slice(bytes);
        self.at += kept;
    }

    /// Appends any bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.line[self.at..][..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Writes another byte in place of the last one.
    #[inline(always)]
    pub(super) fn replace_last(&mut self, byte: u8) {
        self.line[self.at - 1] = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_each_other_whatever_is_stored_beyond_them() {
        let mut text = Text::new();
        for _ in 0..10_000 {
            text.line(|pen| {
                pen.piece(Piece::new("seven 7"));
                pen.piece(Piece::new(""));
                pen.fixed(b"0123456789abcdef", 3);
                pen.bytes(b"any number of bytes,");
                pen.replace_last(b'\n');
            });
        }
        assert_eq!(text.as_bytes(), b"seven 7012any number of bytes\n".repeat(10_000));
        text.forget(299_998);
        assert_eq!(text.as_bytes(), b"s\n");
        text.line(|pen| pen.piece(Piece::new("more")));
        assert_eq!(text.as_bytes(), b"s\nmore");
        text.clear();
        assert_eq!(text.as_bytes(), b"");
    }

    #[test]
    #[should_panic(expected = "`12345678` is no piece")]
    fn a_text_of_eight_bytes_is_no_piece() {
        Piece::new("12345678");
    }
}

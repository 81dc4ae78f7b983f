//! The values of JSON as servers write them, read eight or sixteen bytes at once; `direct` asks for
//! them. `None` is "not as it usually is", and says nothing of what it is.

use super::careful::special_double;
use super::date::Date;
use super::numbers::{decimal, timestamp};
use super::special::special;

/// '0' eight times.
const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// A place in a text, which has padding behind its end.
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    /// At the beginning.
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Bytes before the cursor.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte; zero, which stands nowhere in these segments, beyond the padding.
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// The next byte, which is left behind.
    pub(super) fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    /// Leaves a byte behind, if it is this one.
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next() == byte).then_some(())
    }

    /// The next eight bytes, the first one lowest; zeros beyond the padding.
    fn word(&self) -> u64 {
        word_at(self.text, self.at)
    }

    /// Leaves a null behind, if there is one.
    pub(super) fn null(&mut self) -> bool {
        let is_null = self.word() as u32 == u32::from_le_bytes(*b"null");
        self.at += if is_null { 4 } else { 0 };
        is_null
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Option<bool> {
        let (value, length) = match self.word() {
            word if word as u32 == u32::from_le_bytes(*b"true") => (true, 4),
            word if word << 24 == u64::from_le_bytes(*b"\0\0\0false") => (false, 5),
            _ => return None,
        };
        self.at += length;
        Some(value)
    }

    /// A number of one to seven digits; a longer one, or a negative one, is read byte by byte.
    pub(super) fn integer(&mut self) -> Option<i64> {
        let digits = self.word() ^ ZEROS;
        let count = (not_digits(digits).trailing_zeros() / 8) as usize;
        if !(1..8).contains(&count) {
            return self.long_integer();
        }
        if count > 1 && digits & 0xff == 0 {
            return None;
        }
        self.at += count;
        Some(eight_digits(digits << (64 - 8 * count)) as i64)
    }

    #[cold]
    fn long_integer(&mut self) -> Option<i64> {
        let rest = self.text.get(self.at..)?;
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || rest[sign] == b'0' {
            return None;
        }
        let number = rest.get(..sign + digits)?;
        self.at += number.len();
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    /// A number, or the string of what is none.
    pub(super) fn double(&mut self) -> Option<f64> {
        if self.peek() == b'"' {
            return special_double(self.short_string()?);
        }
        let rest = self.text.get(self.at..)?;
        let length = number_length(rest)?;
        let number = &rest[..length];
        self.at += length;
        if let Some(value) = short_double(number) {
            return Some(value);
        }
        let value: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
        // What is too large is an error of the document.
        value.is_finite().then_some(value)
    }

    /// A string with one to seven digits, a point and two digits.
    pub(super) fn hundredths(&mut self) -> Option<i64> {
        self.expect(b'"')?;
        let word = self.word();
        let points = word ^ 0x2e2e_2e2e_2e2e_2e2e;
        let found = points.wrapping_sub(0x0101_0101_0101_0101) & !points & HIGH_BITS;
        let count = found.trailing_zeros() as usize / 8;
        if !(1..8).contains(&count) {
            return None;
        }
        let whole = (word ^ ZEROS) << (64 - 8 * count);
        let places = word_at(self.text, self.at + count + 1);
        let (tenth, hundredth) = ((places & 0xff) ^ 0x30, ((places >> 8) & 0xff) ^ 0x30);
        let is_closed = (places >> 16) & 0xff == u64::from(b'"');
        if not_digits(whole) != 0 || tenth > 9 || hundredth > 9 || !is_closed {
            return None;
        }
        self.at += count + 4;
        Some((100 * eight_digits(whole) + 10 * tenth + hundredth) as i64)
    }

    /// A string with any decimal.
    pub(super) fn decimal(&mut self, of: (u8, u8)) -> Option<i128> {
        decimal(self.short_string()?, of)
    }

    /// A string with a date.
    pub(super) fn date(&mut self) -> Option<i32> {
        self.expect(b'"')?;
        let text = self.text.get(self.at..self.at + 11)?;
        let &[y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b'"'] = text else { return None };
        let packed = u64::from_le_bytes([y3, y2, y1, y0, m1, m0, d1, d0]) ^ ZEROS;
        if not_digits(packed) != 0 {
            return None;
        }
        let number = eight_digits(packed) as i32;
        self.at += 11;
        Date::of(number / 10_000, number / 100 % 100, number % 100).map(|Date(days)| days)
    }

    /// A string with a date and a time.
    pub(super) fn timestamp(&mut self) -> Option<i64> {
        timestamp(self.short_string()?)
    }

    /// A string without escapes, of no more than 64 bytes.
    fn short_string(&mut self) -> Option<&'t [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        while self.at - start <= 48 {
            let sixteen: &[u8; 16] = self.text.get(self.at..)?.first_chunk()?;
            let plain = special(sixteen).trailing_zeros().min(16) as usize;
            self.at += plain;
            if plain < 16 {
                let text = self.text.get(start..self.at)?;
                return self.expect(b'"').map(|()| text);
            }
        }
        None
    }

    /// A string, with the short escapes; its bytes are appended. That they are UTF-8 is not checked.
    #[inline]
    pub(super) fn text(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let sixteen: &[u8; 16] = self.text.get(self.at..)?.first_chunk()?;
            let plain = special(sixteen).trailing_zeros().min(16) as usize;
            // Sixteen bytes are copied whatever is kept of them: that needs no loop.
            let kept = bytes.len() + plain;
            bytes.extend_from_slice(sixteen);
            bytes.truncate(kept);
            self.at += plain;
            if plain == 16 {
                continue;
            }
            match self.next() {
                b'"' => return Some(()),
                b'\\' => bytes.push(unescaped(self.next())?),
                _ => return None,
            }
        }
    }
}

/// The character of an escape of two; none for `\u`, which is rare.
fn unescaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        _ => return None,
    })
}

/// Bytes of the number that a text begins with, by the grammar of JSON.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let count = text.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let start = usize::from(text.first() == Some(&b'-'));
    let mut end = digits(start)?;
    if text[start] == b'0' && end > start + 1 {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Some(end)
}

/// A number of at most 15 digits with a point: both it and the power of ten are exact, so their
/// quotient is rounded once, to the nearest (Clinger, 1990).
fn short_double(number: &[u8]) -> Option<f64> {
    let (sign, digits) = match number.split_first() {
        Some((b'-', digits)) => (-1.0, digits),
        _ => (1.0, number),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut mantissa, mut places) = (0_u64, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = 10 * mantissa + u64::from(byte - b'0');
                places = places.map(|places| places + 1);
            }
            b'.' => places = Some(0),
            _ => return None,
        }
    }
    Some(sign * mantissa as f64 / POWERS[places?])
}

const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

fn word_at(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word))
}

/// The high bit of each byte that is above nine. Bits above the lowest one may be wrong.
fn not_digits(digits: u64) -> u64 {
    (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & HIGH_BITS
}

/// The number of eight digits, the first one lowest, by three multiplications (Lemire, 2022).
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    low.wrapping_add(high) >> 32
}

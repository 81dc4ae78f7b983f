//! The values of JSON as servers write them, read eight or 32 bytes at once; `direct` asks for
//! them. `None` is "not as it usually is", and says nothing of what it is.

use super::careful::special_double;
use super::date::Date;
use super::numbers::{decimal, timestamp};
use super::special::special;

/// '0' eight times.
const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
const NULL: u32 = u32::from_le_bytes(*b"null");

/// A place in a text, which has padding behind its end: a window of 32 bytes from any place up to the
/// end is there.
///
/// Whatever is usual is inlined, and what is not is called with a copy ([`Cursor::apart`]), so that
/// the place stays in a register: the next value waits for it.
#[derive(Clone, Copy)]
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

    /// The byte that is so many bytes ahead; zero, which stands nowhere in these segments, beyond the
    /// padding.
    #[inline(always)]
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next byte, which is left behind.
    #[inline(always)]
    fn next(&mut self) -> u8 {
        let byte = self.peek(0);
        self.at += 1;
        byte
    }

    /// Leaves a byte behind, if it is this one.
    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next() == byte).then_some(())
    }

    /// The next bytes, padding among them.
    #[inline(always)]
    fn window<const N: usize>(&self) -> Option<&'t [u8; N]> {
        self.text.get(self.at..)?.first_chunk()
    }

    /// The next eight bytes, the first one lowest.
    #[inline(always)]
    fn word(&self) -> Option<u64> {
        self.window().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// Has a copy read something that is not inlined, and goes on where that one ended.
    #[inline(always)]
    pub(super) fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let mut copy = *self;
        let value = read(&mut copy);
        *self = copy;
        value
    }

    /// Leaves `before` behind, the byte that goes before a value, and says whether that is null.
    #[inline(always)]
    pub(super) fn is_null_after(&mut self, before: u8) -> Option<bool> {
        let word = self.word()?;
        self.at += 1;
        // OK because the lowest byte is meant.
        (word as u8 == before).then_some((word >> 8) as u32 == NULL)
    }

    /// Leaves a null behind that is there.
    #[inline(always)]
    pub(super) fn skip_null(&mut self) {
        self.at += 4;
    }

    /// An array of any length. `item` reads each item with the byte before it.
    #[inline(always)]
    pub(super) fn list(&mut self, mut item: impl FnMut(&mut Self, u8) -> Option<()>) -> Option<()> {
        if self.peek(0) == b'[' && self.peek(1) == b']' {
            self.at += 2;
            return Some(());
        }
        let mut before = b'[';
        loop {
            item(self, before)?;
            before = b',';
            if self.peek(0) == b']' {
                self.at += 1;
                return Some(());
            }
        }
    }

    /// `true` or `false`.
    #[inline(always)]
    pub(super) fn boolean(&mut self) -> Option<bool> {
        let (value, length) = match self.word()? {
            word if word as u32 == u32::from_le_bytes(*b"true") => (true, 4),
            word if word << 24 == u64::from_le_bytes(*b"\0\0\0false") => (false, 5),
            _ => return None,
        };
        self.at += length;
        Some(value)
    }

    /// A number of one to seven digits; a longer one, or a negative one, is read byte by byte.
    #[inline(always)]
    pub(super) fn integer(&mut self) -> Option<i64> {
        let digits = self.word()? ^ ZEROS;
        let count = (not_digits(digits).trailing_zeros() / 8) as usize;
        if !(1..8).contains(&count) {
            return self.apart(Self::long_integer);
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
    #[inline(never)]
    pub(super) fn double(&mut self) -> Option<f64> {
        if self.peek(0) == b'"' {
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
    #[inline(always)]
    pub(super) fn hundredths(&mut self) -> Option<i64> {
        let window: &[u8; 16] = self.window()?;
        let word = word_at(window, 1)?;
        let points = word ^ 0x2e2e_2e2e_2e2e_2e2e;
        let found = points.wrapping_sub(0x0101_0101_0101_0101) & !points & HIGH_BITS;
        let count = found.trailing_zeros() as usize / 8;
        if window[0] != b'"' || !(1..8).contains(&count) {
            return None;
        }
        let whole = (word ^ ZEROS) << (64 - 8 * count);
        let [tenth, hundredth, end] = *window[count + 2..].first_chunk()?;
        let (tenth, hundredth) = (u64::from(tenth ^ b'0'), u64::from(hundredth ^ b'0'));
        if not_digits(whole) != 0 || tenth > 9 || hundredth > 9 || end != b'"' {
            return None;
        }
        self.at += count + 5;
        Some((100 * eight_digits(whole) + 10 * tenth + hundredth) as i64)
    }

    /// A string with any decimal.
    #[inline(never)]
    pub(super) fn decimal(&mut self, of: (u8, u8)) -> Option<i128> {
        decimal(self.short_string()?, of)
    }

    /// A string with a date.
    #[inline(always)]
    pub(super) fn date(&mut self) -> Option<i32> {
        let window: &[u8; 12] = self.window()?;
        // `1996-03-` and `96-03-13`: the last digits and what encloses them.
        let (begin, end) = (word_at(window, 1)?, word_at(window, 3)?);
        let is_date = window[0] == b'"' && window[11] == b'"';
        let signs = begin & 0xff00_00ff_0000_0000 == 0x2d00_002d_0000_0000;
        let year_and_month = begin & 0xffff_ffff | (begin >> 8) & 0xffff_0000_0000;
        let digits = (year_and_month | end & 0xffff_0000_0000_0000) ^ ZEROS;
        if !is_date || !signs || not_digits(digits) != 0 {
            return None;
        }
        self.at += 12;
        let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
        let pair = |place: u32| ((pairs >> place) & 0xff) as i32;
        Date::of(100 * pair(0) + pair(16), pair(32), pair(48)).map(|Date(days)| days)
    }

    /// A string with a date and a time.
    #[inline(never)]
    pub(super) fn timestamp(&mut self) -> Option<i64> {
        timestamp(self.short_string()?)
    }

    /// A string without escapes, of no more than 64 bytes.
    fn short_string(&mut self) -> Option<&'t [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        while self.at - start <= 32 {
            let plain = special(self.window()?).trailing_zeros() as usize;
            self.at += plain;
            if plain < 32 {
                let text = self.text.get(start..self.at)?;
                return self.expect(b'"').map(|()| text);
            }
        }
        None
    }

    /// A string, with the short escapes; its bytes are appended. That they are UTF-8 is not checked.
    #[inline(always)]
    pub(super) fn text(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let window: &[u8; 32] = self.window()?;
            let plain = special(window).trailing_zeros() as usize;
            // All of them are copied whatever is kept: that needs no loop.
            let kept = bytes.len() + plain;
            bytes.extend_from_slice(window);
            bytes.truncate(kept);
            self.at += plain;
            if plain == 32 {
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

/// Eight bytes of a window.
#[inline(always)]
fn word_at<const N: usize>(window: &[u8; N], at: usize) -> Option<u64> {
    window[at..].first_chunk().map(|word| u64::from_le_bytes(*word))
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

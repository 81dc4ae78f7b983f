//! A parser for segments as servers write them: rows without blanks, values of the expected types.
//!
//! `limit` tries it first. It knows the type of the next value and reads eight or sixteen bytes at
//! once. Whatever it does not expect, from a blank to an error, makes it give up, and the careful
//! parser says what the segment is. So it accepts only what that one accepts, with the same values.

use super::arrow_columns::{Builder, Column};
use super::date::Date;
use super::lineitem::{SCHEMA, Type};
use super::special::special;

/// Bytes that must follow the JSON, whatever they are.
pub(super) const PADDING: usize = 32;

/// '0' eight times.
const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Fills columns from the array of rows that is `text` without its last [`PADDING`] bytes and says
/// how many rows there are; `None` if something is not as it usually is.
pub(super) fn parse(text: &[u8], builder: &mut Builder) -> Option<u32> {
    let json = text.get(..text.len().checked_sub(PADDING)?)?;
    std::str::from_utf8(json).ok()?;
    let mut cursor = Cursor { text, at: 0 };
    cursor.expect(b'[')?;
    let mut rows = 0;
    if json.get(1) == Some(&b']') {
        cursor.at += 1;
    } else {
        loop {
            cursor.row(rows, builder)?;
            rows += 1;
            match cursor.next() {
                b',' => {}
                b']' => break,
                _ => return None,
            }
        }
    }
    (cursor.at == json.len()).then_some(rows)
}

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn row(&mut self, row: u32, builder: &mut Builder) -> Option<()> {
        let mut before = b'[';
        for (column, (_, of)) in builder.columns.iter_mut().zip(&SCHEMA) {
            self.expect(before)?;
            before = b',';
            if self.word() as u32 == u32::from_le_bytes(*b"null") {
                self.at += 4;
                column.push_null(*of, row);
                continue;
            }
            match of {
                Type::Integer => column.numbers.push(self.integer()?),
                Type::Decimal => column.numbers.push(self.decimal()?),
                Type::Date => column.days.push(self.date()?),
                Type::Text => self.text(column)?,
            }
        }
        self.expect(b']')
    }

    /// The next byte; zero, which stands nowhere in these segments, beyond the padding.
    fn next(&mut self) -> u8 {
        let byte = self.text.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next() == byte).then_some(())
    }

    /// The next eight bytes, the first one lowest; zeros beyond the padding.
    fn word(&self) -> u64 {
        word_at(self.text, self.at)
    }

    /// A number of one to seven digits; a longer one, or a negative one, is read byte by byte.
    fn integer(&mut self) -> Option<i64> {
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
        if digits == 0 || (digits > 1 && rest[sign] == b'0') {
            return None;
        }
        let number = rest.get(..sign + digits)?;
        self.at += number.len();
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    /// A string with one to seven digits, a point and two digits.
    fn decimal(&mut self) -> Option<i64> {
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

    /// A string with a date.
    fn date(&mut self) -> Option<i32> {
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

    /// A string, with the short escapes.
    fn text(&mut self, column: &mut Column) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let sixteen: &[u8; 16] = self.text.get(self.at..)?.first_chunk()?;
            let plain = special(sixteen).trailing_zeros().min(16) as usize;
            // Sixteen bytes are copied whatever is kept of them: that needs no loop.
            let kept = column.bytes.len() + plain;
            column.bytes.extend_from_slice(sixteen);
            column.bytes.truncate(kept);
            self.at += plain;
            if plain == 16 {
                continue;
            }
            match self.next() {
                b'"' => break,
                b'\\' => column.bytes.push(unescaped(self.next())?),
                _ => return None,
            }
        }
        column.end_text();
        Some(())
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

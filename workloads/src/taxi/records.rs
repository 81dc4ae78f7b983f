//! Records of CSV, read with care: where one ends, its fields, and the two values that the query needs.
//!
//! Every schedule over CSV uses this, and the limit where its fast steps do not understand a record.
//! A quote opens or closes a quoted stretch wherever it stands; commas and newlines in one are text.
//! That is RFC 4180 for all files that follow it, and well defined for those that do not.

use workload_api::WorkloadError;

use super::groups::NO_COUNT;

const PASSENGERS: &str = "passenger_count";
const FARE: &str = "fare_amount";
const PICKUP: &str = "tpep_pickup_datetime";

/// Where the query's columns are, by the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) fields: usize,
    pub(super) passengers: usize,
    pub(super) fare: usize,
    /// Of the time that says the month, where there is one.
    pickup: Option<usize>,
}

impl Layout {
    /// From the header of a file, without its newline.
    ///
    /// # Errors
    /// When a column is not there.
    pub(super) fn of(header: &[u8]) -> Result<Self, WorkloadError> {
        let header = header.strip_suffix(b"\r").unwrap_or(header);
        let names: Vec<_> = fields(header).map(unquoted).collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted.as_bytes());
        let place = |wanted: &str| {
            find(wanted).ok_or_else(|| {
                let found = String::from_utf8_lossy(&header[..header.len().min(300)]);
                WorkloadError::new(format!("no column `{wanted}` in the header {found:?}"))
            })
        };
        Ok(Self {
            fields: names.len(),
            passengers: place(PASSENGERS)?,
            fare: place(FARE)?,
            pickup: find(PICKUP),
        })
    }

    /// The place of the row's group and its fare in cents; `None` for a malformed record.
    pub(super) fn parse(&self, record: &[u8]) -> Option<(usize, i64)> {
        let (mut place, mut fare, mut count) = (None, None, 0);
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        for (index, field) in fields(record).enumerate() {
            if index == self.passengers {
                place = passengers(&unquoted(field));
            }
            if index == self.fare {
                fare = cents(&unquoted(field));
            }
            count += 1;
        }
        if count == self.fields && !ends_quoted(record) { Some((place?, fare?)) } else { None }
    }
}

impl Layout {
    /// The month of a record's pickup, if its time has the form `2019-01-31 23:59:59`.
    pub(super) fn month(&self, record: &[u8]) -> Option<u64> {
        let time = unquoted(fields(record).nth(self.pickup?)?);
        if time.get(4) == Some(&b'-') && time.get(7) == Some(&b'-') {
            digits(time.get(5..7)?, 2).map(|month| month as u64)
        } else {
            None
        }
    }
}

/// The error of a malformed record that begins at byte `at` of a file.
pub(super) fn malformed(record: &[u8], at: u64, layout: &Layout) -> WorkloadError {
    let found = String::from_utf8_lossy(&record[..record.len().min(300)]);
    WorkloadError::new(format!(
        "malformed record at byte {at}: expected {} fields, `{PASSENGERS}` empty or 0 to 255, \
         `{FARE}` dollars with at most two decimals, found {found:?}",
        layout.fields
    ))
}

/// Bytes of the first record of `text` without its newline; `None` when it has no end there.
/// `quoted` says whether the text begins within quotes.
pub(super) fn record_bytes(text: &[u8], quoted: bool) -> Option<usize> {
    let mut quoted = quoted;
    text.iter().position(|&byte| {
        quoted ^= byte == b'"';
        byte == b'\n' && !quoted
    })
}

/// Whether a text that begins outside quotes ends within.
pub(super) fn ends_quoted(text: &[u8]) -> bool {
    quotes(text) % 2 == 1
}

/// Quotes in a text.
pub(super) fn quotes(text: &[u8]) -> usize {
    // Sums of a byte each are what compilers turn into vectors.
    let count = |part: &[u8]| part.iter().map(|&byte| u8::from(byte == b'"')).sum::<u8>();
    text.chunks(255).map(|part| usize::from(count(part))).sum()
}

fn fields(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    record.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    })
}

/// The value of a field: what stands in its quotes, where it has them around it.
fn unquoted(field: &[u8]) -> Vec<u8> {
    let inner = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\""));
    let Some(inner) = inner else { return field.to_vec() };
    let mut value = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        value.push(byte);
        if byte == b'"' {
            bytes.next_if_eq(&b'"');
        }
    }
    value
}

fn passengers(field: &[u8]) -> Option<usize> {
    if field.is_empty() {
        return Some(NO_COUNT);
    }
    let value = digits(field, 3)? as usize;
    (value < NO_COUNT).then_some(value)
}

/// `-12.5` as -1250: at most nine digits before the point and two behind it.
fn cents(field: &[u8]) -> Option<i64> {
    let size = field.strip_prefix(b"-").unwrap_or(field);
    let (whole, part) = match size.iter().position(|&byte| byte == b'.') {
        Some(point) => (&size[..point], Some(&size[point + 1..])),
        None => (size, None),
    };
    let hundredths = match part {
        None => 0,
        Some([tenth]) => 10 * digits(&[*tenth], 1)?,
        Some(part) => digits(part, 2)?,
    };
    let cents = 100 * digits(whole, 9)? + hundredths;
    Some(if size.len() < field.len() { -cents } else { cents })
}

fn digits(field: &[u8], most: usize) -> Option<i64> {
    if field.is_empty() || field.len() > most || !field.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(field.iter().fold(0, |value, byte| 10 * value + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"a,passenger_count,\"fare_amount\"\r";

    #[test]
    fn fields_are_found_by_the_header_and_quotes_protect_what_stands_in_them() {
        let layout = Layout::of(HEADER).unwrap();
        assert_eq!(layout, Layout { fields: 3, passengers: 1, fare: 2, pickup: None });
        let parse = |record: &str| layout.parse(record.as_bytes());
        assert_eq!(parse("x,1,12.5"), Some((1, 1250)));
        assert_eq!(parse("x,1,12.5\r"), Some((1, 1250)));
        assert_eq!(parse("\"x,\n\"\"y\",,-0.07"), Some((NO_COUNT, -7)));
        assert_eq!(parse("\"\",\"255\",\"999999999.99\""), Some((255, 99_999_999_999)));
        for wrong in [
            "",
            "x,1",
            "x,1,1,",
            "x,256,1",
            "x,-1,1",
            "x, 1,1",
            "x,1,",
            "x,1,.5",
            "x,1,1.",
            "x,1,+1",
            "x,1,1.234",
            "x,1,1e3",
            "x,1,1234567890",
            "\"x,1,1",
            "x,1,1\"",
            "x,1,--1",
            "x,1,1.-5",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_header_without_the_columns_is_refused() {
        let error = Layout::of(b"passenger_count,fare").unwrap_err().to_string();
        assert_eq!(error, "no column `fare_amount` in the header \"passenger_count,fare\"");
    }

    #[test]
    fn a_record_ends_at_the_first_newline_outside_quotes() {
        assert_eq!(record_bytes(b"a\"\n\",b\nc", false), Some(6));
        assert_eq!(record_bytes(b"a\"\n\",b\nc", true), Some(2));
        assert_eq!(record_bytes(b"abc", false), None);
        assert_eq!(quotes(&[b'"'; 1000]), 1000);
    }
}

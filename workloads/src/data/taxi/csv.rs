//! Trips as text, in the form of the real files of 2019.
//!
//! Nearly every field is one of some hundreds or thousands of texts, which are written once before the
//! first trip and copied from then on.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::LazyLock;

use super::trip::{DAY, DAYS, Draw, Flag, TEXTS, Trip};
use crate::data::text::{Pen, Piece, Text};

/// The header of the real files.
pub(super) const HEADER: &[u8] = b"VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,\
passenger_count,trip_distance,RatecodeID,store_and_fwd_flag,PULocationID,DOLocationID,\
payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,improvement_surcharge,\
total_amount,congestion_surcharge\n";

/// Bytes that are written at once: few enough to stay in the cache until then.
const BLOCK: usize = 1 << 18;

/// Writes a month and says how many bytes it has.
pub(super) fn write(path: &Path, draw: &Draw) -> io::Result<u64> {
    let (mut file, mut text, mut bytes) = (File::create(path)?, Text::new(), 0);
    text.line(|pen| pen.bytes(HEADER));
    let fields = &*FIELDS;
    for chunk in 0..draw.chunks() {
        for trip in draw.trips(chunk) {
            text.line(|pen| fields.write(&trip, pen));
            // Whole blocks at even places, which the page cache takes in its larger units.
            if let Some((block, _)) = text.as_bytes().split_at_checked(BLOCK) {
                file.write_all(block)?;
                text.forget(BLOCK);
                bytes += BLOCK as u64;
            }
        }
    }
    file.write_all(text.as_bytes())?;
    Ok(bytes + text.as_bytes().len() as u64)
}

static FIELDS: LazyLock<Fields> = LazyLock::new(Fields::new);

/// The texts of fields, each with its comma.
struct Fields {
    /// `2019-01-31 ` for each day, and the first one of 2020, when some trips end.
    days: Vec<[u8; 16]>,
    /// `23:59:` for each minute of a day.
    minutes: Vec<Piece>,
    seconds: Vec<Piece>,
    /// Whole numbers: counts, codes and zones.
    numbers: Vec<Piece>,
    /// Hundredths with both places.
    distances: Vec<Piece>,
    /// Money, from nothing on.
    cents: Vec<Piece>,
    /// Texts that stand in quotes.
    quoted: Vec<Vec<u8>>,
}

impl Fields {
    fn new() -> Self {
        let piece = |text: String| Piece::new(&text);
        let quoted = |text: &str| format!("\"{}\",", text.replace('"', "\"\"")).into_bytes();
        Self {
            days: days(),
            minutes: (0..1440).map(|m| piece(format!("{:02}:{:02}:", m / 60, m % 60))).collect(),
            seconds: (0..60).map(|second| piece(format!("{second:02},"))).collect(),
            numbers: (0..=265).map(|number| piece(format!("{number},"))).collect(),
            distances: (0..2_000).map(|hundredths| piece(distance_text(hundredths))).collect(),
            cents: (0..10_000).map(|cents| piece(cents_text(cents))).collect(),
            quoted: TEXTS.map(quoted).into(),
        }
    }

    /// Writes a trip and its newline.
    #[inline]
    fn write(&self, trip: &Trip, pen: &mut Pen<'_>) {
        self.number(trip.vendor.into(), pen);
        self.time(trip.pickup, pen);
        self.time(trip.dropoff, pen);
        match trip.passengers {
            Some(passengers) => self.number(passengers.into(), pen),
            None => pen.fixed(b",", 1),
        }
        match self.distances.get(trip.distance as usize) {
            Some(distance) => pen.piece(*distance),
            None => pen.bytes(distance_text(trip.distance).as_bytes()),
        }
        self.number(trip.rate.into(), pen);
        match trip.flag {
            Flag::No => pen.fixed(b"N,", 2),
            Flag::Yes => pen.fixed(b"Y,", 2),
            Flag::Text(text) => pen.bytes(&self.quoted[usize::from(text)]),
        }
        for number in [trip.from, trip.to, trip.payment.into()] {
            self.number(number, pen);
        }
        let money = [trip.fare, trip.extra, trip.tax, trip.tip, trip.tolls, trip.surcharge];
        for cents in money.into_iter().chain([trip.total()]) {
            self.cents(cents, pen);
        }
        match trip.congestion {
            Some(cents) => {
                self.cents(cents, pen);
                pen.replace_last(b'\n');
            }
            None => pen.fixed(b"\n", 1),
        }
    }

    /// `2019-01-31 23:59:59,`, in 2020 where a trip ends there.
    fn time(&self, seconds: u32, pen: &mut Pen<'_>) {
        let (day, second) = (seconds / DAY, seconds % DAY);
        pen.fixed(&self.days[day as usize], 11);
        pen.piece(self.minutes[(second / 60) as usize]);
        pen.piece(self.seconds[(second % 60) as usize]);
    }

    fn number(&self, number: u16, pen: &mut Pen<'_>) {
        // OK because zones, the largest of them, are at most 265.
        pen.piece(self.numbers[usize::from(number)]);
    }

    fn cents(&self, cents: i32, pen: &mut Pen<'_>) {
        // What was taken back is below nothing, which as a place is beyond all.
        match self.cents.get(cents as usize) {
            Some(cents) => pen.piece(*cents),
            None => pen.bytes(cents_text(cents).as_bytes()),
        }
    }
}

fn days() -> Vec<[u8; 16]> {
    let day = |year, month, day| {
        let mut padded = [0; 16];
        padded[..11].copy_from_slice(format!("{year}-{month:02}-{day:02} ").as_bytes());
        padded
    };
    let of_month = |(month, days): (usize, &u32)| (1..=*days).map(move |date| (month + 1, date));
    let year = DAYS.iter().enumerate().flat_map(of_month);
    year.map(|(month, date)| day(2019, month, date)).chain([day(2020, 1, 1)]).collect()
}

/// `12.50,`.
fn distance_text(hundredths: i32) -> String {
    format!("{}.{:02},", hundredths / 100, hundredths % 100)
}

/// Cents as dollars, without zeros at the end: `7,`, `0.5,`, `-1.65,`.
fn cents_text(cents: i32) -> String {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    let (dollars, cents) = (cents / 100, cents % 100);
    match (cents / 10, cents % 10) {
        (0, 0) => format!("{sign}{dollars},"),
        (tenth, 0) => format!("{sign}{dollars}.{tenth},"),
        _ => format!("{sign}{dollars}.{cents:02},"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(trip: &Trip) -> String {
        let mut text = Text::new();
        text.line(|pen| FIELDS.write(trip, pen));
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_longest_fields_and_the_shortest_have_room() {
        // Of a larger fare the total would not fit.
        let fare = i32::MIN / 2;
        let trip = Trip {
            vendor: 255,
            pickup: 365 * DAY - 1,
            dropoff: 366 * DAY - 1,
            passengers: Some(255),
            distance: i32::MAX,
            rate: 255,
            flag: Flag::Text(3),
            from: 265,
            to: 265,
            payment: 255,
            fare,
            extra: 0,
            tax: 0,
            tip: 7,
            tolls: 1_000_050,
            surcharge: -165,
            congestion: Some(fare),
        };
        let said = line(&trip);
        let (begin, end) = said.split_once('"').unwrap();
        assert_eq!(begin, "255,2019-12-31 23:59:59,2020-01-01 23:59:59,255,21474836.47,255,");
        let (text, end) = end.rsplit_once('"').unwrap();
        assert_eq!(text, TEXTS[3]);
        assert_eq!(
            end,
            ",265,265,255,-10737418.24,0,0,0.07,10000.5,-1.65,-21464837.56,-10737418.24\n"
        );
        assert!(
            line(&Trip::default())
                .starts_with("0,2019-01-01 00:00:00,2019-01-01 00:00:00,,0.00,0,N,")
        );
        assert!(line(&Trip::default()).ends_with(",0,0,0,0,0,0,0,0,0,0,\n"));
    }
}

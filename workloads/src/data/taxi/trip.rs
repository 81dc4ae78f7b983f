//! One trip, and how trips are drawn.
//!
//! `csv` and `parquet` write them. The shares of passenger counts, rate codes and payments are about
//! those of the real year; the largest fare of each count is the one that the chapter prints.

use twox_hash::XxHash3_64;

use super::{CHUNK_ROWS, Recipe};
use crate::data::random::Random;

/// A trip. Money and distance are hundredths, times seconds since the year began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trip {
    pub(super) vendor: u8,
    pub(super) pickup: u32,
    pub(super) dropoff: u32,
    pub(super) passengers: Option<u8>,
    pub(super) distance: i32,
    pub(super) rate: u8,
    pub(super) flag: Flag,
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) payment: u8,
    pub(super) fare: i32,
    pub(super) extra: i32,
    pub(super) tax: i32,
    pub(super) tip: i32,
    pub(super) tolls: i32,
    pub(super) surcharge: i32,
    pub(super) congestion: Option<i32>,
}

impl Trip {
    /// What the passenger paid.
    pub(super) fn total(&self) -> i32 {
        let more = self.extra + self.tax + self.tip + self.tolls + self.surcharge;
        self.fare + more + self.congestion.unwrap_or(0)
    }
}

/// Whether a trip was stored before it was sent: a letter, or a text that needs quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flag {
    #[default]
    No,
    Yes,
    Text(u8),
}

/// Texts with everything that needs quotes in CSV: the last one looks like a trip of its own.
pub(super) const TEXTS: [&str; 4] = [
    "N\n",
    "Y, at \"once\"",
    "\"\n\"\n,,\"",
    "N\n1,2019-01-01 00:00:00,2019-01-01 00:00:01,1,0.00,1,N,1,1,1,999999.99,0,0,0,0,0,0,0\n",
];

impl Flag {
    /// The text.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::No => "N",
            Self::Yes => "Y",
            Self::Text(text) => TEXTS[usize::from(text)],
        }
    }
}

/// The largest fare of trips with 0 to 9 passengers and with no count, in cents. Those with a count
/// are what the chapter prints for the real year.
pub(super) const LARGEST: [i32; 11] =
    [9_000_000, 67_112_314, 119_635, 35_000, 50_000, 76_000, 26_250, 8_052, 8_900, 9_750, 5_700];

/// Other fares are below the smallest of these.
const FARE_MAX: i32 = 5_650;

/// Trips of a thousandth of all, times ten, by passenger count; what is left has no count.
const PASSENGERS: [u32; 10] = [180, 7_000, 1_510, 430, 200, 400, 240, 2, 2, 1];

/// The sum of the above up to each count.
const PASSENGERS_UNTIL: [u32; 10] = {
    let (mut sums, mut count) = (PASSENGERS, 1);
    while count < sums.len() {
        sums[count] += sums[count - 1];
        count += 1;
    }
    sums
};

/// Draws the trips of a month.
pub(super) struct Draw {
    month: u64,
    rows: u64,
    seed: u64,
    quoted: u32,
    begins: u32,
    seconds: u32,
}

/// Days of the months of 2019.
pub(super) const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Seconds of a day.
pub(super) const DAY: u32 = 86_400;

impl Draw {
    /// For a month, which is 1 to 12.
    pub(super) fn new(recipe: &Recipe, month: u64) -> Self {
        let before: u32 = DAYS[..month as usize - 1].iter().sum();
        Self {
            month,
            rows: recipe.rows_of(month),
            seed: recipe.seed,
            quoted: recipe.quoted as u32,
            begins: before * DAY,
            seconds: DAYS[month as usize - 1] * DAY,
        }
    }

    /// Chunks of the month.
    pub(super) fn chunks(&self) -> u64 {
        self.rows.div_ceil(CHUNK_ROWS)
    }

    /// Draws the trips of a chunk.
    pub(super) fn trips(&self, chunk: u64) -> impl Iterator<Item = Trip> {
        let first = chunk * CHUNK_ROWS;
        let key = [self.month.to_le_bytes(), chunk.to_le_bytes()].concat();
        let mut random = Random::new(XxHash3_64::oneshot_with_seed(self.seed, &key));
        (first..(first + CHUNK_ROWS).min(self.rows)).map(move |row| {
            let mut trip = self.trip(&mut random);
            if row == 0 {
                // Eleven months begin with the largest fare of a count each.
                self.make_largest(&mut trip);
            }
            trip
        })
    }

    fn make_largest(&self, trip: &mut Trip) {
        let key = self.month as usize - 1;
        if let Some(fare) = LARGEST.get(key) {
            trip.passengers = (key < 10).then_some(key as u8);
            trip.fare = *fare;
        }
    }

    fn trip(&self, random: &mut Random) -> Trip {
        let (bits, places) = (random.next(), random.next());
        let pickup = self.begins + random.below(self.seconds);
        let seconds = 60 + random.below(2_400);
        // A fare has a base and halves of a dollar for the time; one of 4,096 was taken back.
        let fare = (250 + 50 * (seconds / 30) as i32).min(FARE_MAX);
        let taken_back = bits & 0xfff == 0;
        let share = |bits: u64, of: u64| (((bits & 0xffff) * of) >> 16) as u32;
        let payment = if share(bits >> 12, 100) < 70 { 1 } else { 2 };
        let tip = if payment == 1 { share(places >> 32, 1_500) as i32 } else { 0 };
        Trip {
            vendor: 1 + (bits >> 28 & 1) as u8,
            pickup,
            dropoff: pickup + seconds,
            passengers: passengers(share(bits >> 29, 10_000)),
            distance: (seconds * 7 / 20 + share(places, 400)) as i32,
            rate: if bits >> 45 & 63 == 0 { 2 } else { 1 },
            flag: self.flag(random, bits >> 51 & 0xff),
            from: 1 + share(places >> 16, 265) as u16,
            to: 1 + share(places >> 8, 265) as u16,
            payment,
            fare: if taken_back { -fare } else { fare },
            extra: [0, 50, 100, 50][(bits >> 59 & 3) as usize],
            tax: 50,
            tip,
            tolls: if bits >> 61 & 7 == 0 { 612 } else { 0 },
            surcharge: 30,
            // The surcharge came in February 2019.
            congestion: (self.month > 1).then_some(if places >> 60 == 0 { 0 } else { 250 }),
        }
    }

    fn flag(&self, random: &mut Random, bits: u64) -> Flag {
        if self.quoted > 0 && random.below(1000) < self.quoted {
            return Flag::Text((bits % TEXTS.len() as u64) as u8);
        }
        if bits == 0 { Flag::Yes } else { Flag::No }
    }
}

fn passengers(share: u32) -> Option<u8> {
    // All are looked at: a branch could not be foreseen.
    let count = PASSENGERS_UNTIL.iter().filter(|until| share >= **until).count();
    // OK because there are ten of them.
    (count < PASSENGERS_UNTIL.len()).then_some(count as u8)
}

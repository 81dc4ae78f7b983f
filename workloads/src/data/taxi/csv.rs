//! Trips as text, in the form of the real files of 2019.

use super::trip::{DAY, DAYS, Flag, Trip};

/// The header of the real files.
pub(super) const HEADER: &[u8] = b"VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,\
passenger_count,trip_distance,RatecodeID,store_and_fwd_flag,PULocationID,DOLocationID,\
payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,improvement_surcharge,\
total_amount,congestion_surcharge\n";

/// Appends a trip and its newline.
pub(super) fn push(text: &mut Vec<u8>, trip: &Trip) {
    push_number(text, u32::from(trip.vendor));
    text.push(b',');
    push_time(text, trip.pickup);
    text.push(b',');
    push_time(text, trip.dropoff);
    text.push(b',');
    if let Some(passengers) = trip.passengers {
        push_number(text, u32::from(passengers));
    }
    text.push(b',');
    push_number(text, trip.distance as u32 / 100);
    text.push(b'.');
    text.extend(pair(trip.distance as u32 % 100));
    text.push(b',');
    push_number(text, u32::from(trip.rate));
    text.push(b',');
    push_flag(text, trip.flag);
    for number in [trip.from, trip.to, u16::from(trip.payment)] {
        text.push(b',');
        push_number(text, u32::from(number));
    }
    let money = [trip.fare, trip.extra, trip.tax, trip.tip, trip.tolls, trip.surcharge];
    for cents in money.into_iter().chain([trip.total()]) {
        text.push(b',');
        push_cents(text, cents);
    }
    text.push(b',');
    if let Some(cents) = trip.congestion {
        push_cents(text, cents);
    }
    text.push(b'\n');
}

fn push_flag(text: &mut Vec<u8>, flag: Flag) {
    match flag {
        Flag::Text(_) => {
            text.push(b'"');
            text.extend(flag.text().replace('"', "\"\"").bytes());
            text.push(b'"');
        }
        letter => text.extend(letter.text().bytes()),
    }
}

/// `2019-01-31 23:59:59`, in 2020 where a trip ends there.
fn push_time(text: &mut Vec<u8>, seconds: u32) {
    let (mut day, second) = (seconds / DAY, seconds % DAY);
    let mut month = 0;
    while let Some(days) = DAYS.get(month).filter(|days| day >= **days) {
        day -= days;
        month += 1;
    }
    text.extend(if month < DAYS.len() { b"2019-" } else { b"2020-" });
    text.extend(pair(month as u32 % 12 + 1));
    text.push(b'-');
    text.extend(pair(day + 1));
    text.push(b' ');
    text.extend(pair(second / 3600));
    text.push(b':');
    text.extend(pair(second / 60 % 60));
    text.push(b':');
    text.extend(pair(second % 60));
}

/// Cents as dollars, without zeros at the end: `7`, `0.5`, `-1.65`.
fn push_cents(text: &mut Vec<u8>, cents: i32) {
    if cents < 0 {
        text.push(b'-');
    }
    let cents = cents.unsigned_abs();
    push_number(text, cents / 100);
    if !cents.is_multiple_of(100) {
        text.push(b'.');
        let digits = pair(cents % 100);
        text.extend(&digits[..if cents.is_multiple_of(10) { 1 } else { 2 }]);
    }
}

fn push_number(text: &mut Vec<u8>, number: u32) {
    let (mut digits, mut at, mut rest) = ([0; 10], 10, number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}

fn pair(number: u32) -> [u8; 2] {
    // OK because every caller gives a number below 100.
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

//! Dates as days since 1970-01-01, to and from the form `1996-03-13`.
//!
//! The generator writes them and the decoder reads them. Years 0001 to 9999 of the proleptic
//! Gregorian calendar, nothing else.

use std::fmt;

/// Days in 400 years.
const ERA_DAYS: i32 = 146_097;

/// Days from 0000-03-01, where the counting below begins, to 1970-01-01.
const EPOCH: i32 = 719_468;

/// A day, counted from 1970-01-01; written as year, month and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date(pub(super) i32);

impl fmt::Display for Date {
    /// Years are counted from March, so that the leap day is the last of its year.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + EPOCH;
        let (era, day) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let march_month = (5 * day + 2) / 153;
        let day = day - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = 400 * era + year + i32::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Date {
    /// The date that a text says, if it is one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let &[y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0] = text.as_bytes() else { return None };
        let year = number(&[y3, y2, y1, y0])?;
        Self::of(year, number(&[m1, m0])?, number(&[d1, d0])?)
    }

    /// A day of the calendar, if there is such a day.
    #[inline]
    pub(super) fn of(year: i32, month: i32, day: i32) -> Option<Self> {
        // OK because no year has more than four digits. What is below the first usual month is far
        // beyond the last one as an unsigned number.
        let place = (12 * (year - USUAL_YEAR) + month - 1) as usize;
        let is_month = (1..=12).contains(&month);
        match MONTHS.get(place..).and_then(|months| months.first_chunk()) {
            Some([first, next]) if is_month && (1..=next - first).contains(&day) => {
                Some(Self(first + day - 1))
            }
            _ => Self::of_any_year(year, month, day),
        }
    }

    #[cold]
    fn of_any_year(year: i32, month: i32, day: i32) -> Option<Self> {
        if year == 0 || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let march_year = year - i32::from(month <= 2);
        let march_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * march_month + 2) / 5 + day - 1;
        let leap_days = march_year / 4 - march_year / 100 + march_year / 400;
        Some(Self(365 * march_year + leap_days + day_of_year - EPOCH))
    }
}

/// The first of the years that are looked up, its first day, and how many there are.
const USUAL_YEAR: i32 = 1900;
const USUAL_DAY: i32 = -25_567;
const USUAL_YEARS: usize = 200;

/// The first day of each month of those years, and of the one after.
static MONTHS: [i32; 12 * USUAL_YEARS + 1] = {
    let (mut days, mut month) = ([USUAL_DAY; 12 * USUAL_YEARS + 1], 0);
    while month < 12 * USUAL_YEARS {
        let year = USUAL_YEAR + month as i32 / 12;
        days[month + 1] = days[month] + days_in(year, month as i32 % 12 + 1);
        month += 1;
    }
    days
};

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| 10 * number + i32::from(digit - b'0'))
    })
}

const fn days_in(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        let check = |text: &str, days| {
            assert_eq!(Date::parse(text), Some(Date(days)), "{text}");
            assert_eq!(Date(days).to_string(), text);
        };
        check("1970-01-01", 0);
        check("1969-12-31", -1);
        check("1996-02-29", 9555);
        check("2000-03-01", 11_017);
        check("0001-01-01", -719_162);
        check("9999-12-31", 2_932_896);
    }

    #[test]
    fn every_day_of_400_years_reads_as_it_is_written() {
        let first = Date::parse("1799-12-31").unwrap().0;
        for days in first..=first + ERA_DAYS + 1 {
            assert_eq!(Date::parse(&Date(days).to_string()), Some(Date(days)));
        }
        assert_eq!(Date(first + ERA_DAYS).to_string(), "2199-12-31");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "1996-3-13",
            "1996-02-30",
            "1900-02-29",
            "1996-13-01",
            "1996-00-10",
            "1996-01-00",
            "0000-01-01",
            "1996/01/01",
            "1996-01-011",
            "-996-01-01",
            "１996-01-0",
        ] {
            assert_eq!(Date::parse(text), None, "{text:?}");
        }
    }
}

//! The stations: names and mean temperatures.
//!
//! The first 413 are those of the challenge; what is asked for beyond them is generated, always
//! the same. The data generator alone uses this.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Longest name in bytes, by the rules of the challenge.
const NAME_BYTES_MAX: usize = 100;

/// Most stations that a file may have, by the rules of the challenge.
pub(crate) const STATIONS_MAX: usize = 10_000;

/// The stations of the challenge, `<name>;<mean>` with one decimal, one per line.
const KNOWN: &str = include_str!("stations413.csv");

/// What generated names consist of: one to four bytes of UTF-8 each, blanks and signs among them.
const LETTERS: [char; 24] = [
    'a', 'e', 'i', 'o', 'u', 'n', 'r', 's', 't', 'L', 'M', 'K', ' ', '-', '\'', '.', 'é', 'ü', 'ß',
    'Ж', 'ش', '中', '京', '𐍈',
];

/// A station and the mean of its values in tenths of a degree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Station {
    pub(super) name: String,
    pub(super) mean: i32,
}

/// The first `count` stations, at most [`STATIONS_MAX`].
pub(super) fn stations(count: usize) -> Vec<Station> {
    let mut stations: Vec<_> = KNOWN.lines().filter_map(known).take(count).collect();
    let mut names: BTreeSet<_> = stations.iter().map(|station| station.name.clone()).collect();
    // A seed of its own: the names do not change with the seed of a run.
    let mut rng = StdRng::seed_from_u64(413);
    // The shortest and the longest name allowed come first.
    let mut edges = ["Q".to_owned(), "京".repeat(33) + "o"].into_iter();
    while stations.len() < count {
        let name: String = edges.next().unwrap_or_else(|| name(&mut rng));
        if names.insert(name.clone()) {
            let mean = rng.random_range(-100..=350);
            stations.push(Station { name, mean });
        }
    }
    stations
}

fn known(line: &str) -> Option<Station> {
    let (name, mean) = line.split_once(';')?;
    let mean: f64 = mean.parse().ok()?;
    Some(Station { name: name.to_owned(), mean: (10.0 * mean).round() as i32 })
}

/// A name of 1 to 100 bytes: letters are drawn until the next one would not fit.
fn name(rng: &mut StdRng) -> String {
    let bytes = rng.random_range(1..=NAME_BYTES_MAX);
    let mut name = String::with_capacity(bytes);
    loop {
        let letter = LETTERS[rng.random_range(0..LETTERS.len())];
        if name.len() + letter.len_utf8() > bytes && !name.is_empty() {
            return name;
        }
        name.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_413_stations_of_the_challenge_come_first() {
        let stations = stations(413);
        assert_eq!(KNOWN.lines().count(), 413);
        assert_eq!(stations.len(), 413);
        assert_eq!(stations[0], Station { name: "Abha".to_owned(), mean: 180 });
        assert_eq!(stations[412], Station { name: "Zürich".to_owned(), mean: 93 });
    }

    #[test]
    fn ten_thousand_names_are_distinct_and_within_the_rules() {
        let all = stations(STATIONS_MAX);
        let names: BTreeSet<_> = all.iter().map(|station| station.name.as_str()).collect();
        assert_eq!(names.len(), STATIONS_MAX);
        let lengths: BTreeSet<_> = names.iter().map(|name| name.len()).collect();
        assert_eq!(lengths.first(), Some(&1));
        assert_eq!(lengths.last(), Some(&NAME_BYTES_MAX));
        assert!(names.iter().all(|name| !name.contains([';', '\n', '\r'])));
        assert_eq!(all[..500], stations(500), "a shorter list is the beginning of a longer one");
    }
}

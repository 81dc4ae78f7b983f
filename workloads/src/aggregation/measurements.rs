//! The measurements file: its lines from a seed, made in parallel.
//!
//! `prepare` asks for a file through [`file`], and the cache keeps it. Lines are drawn in chunks
//! with a seed each, so the bytes depend on the recipe alone and not on threads.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use twox_hash::XxHash3_64;
use workload_api::WorkloadError;

use super::cache;
use super::stations::{Station, stations};
use crate::workers::Workers;

/// Version of the data: part of a file's name, so that a change of the generator makes new files.
const VERSION: u32 = 1;

/// Lines drawn from one seed.
const CHUNK_ROWS: u64 = 1 << 16;

/// Standard deviation of the values around their station's mean, in degrees.
const DEVIATION: f64 = 10.0;

/// What determines a measurements file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    pub(super) rows: u64,
    pub(super) seed: u64,
    pub(super) stations: usize,
}

impl Recipe {
    /// What determines the answer, as text.
    pub(super) fn group(&self) -> String {
        let Self { rows, seed, stations } = self;
        format!("measurements rows={rows} seed={seed} stations={stations}")
    }

    /// The file's name in the cache.
    fn file_name(&self) -> String {
        let Self { rows, seed, stations } = self;
        format!("measurements-v{VERSION}-rows{rows}-seed{seed}-stations{stations}.txt")
    }
}

/// The file of a recipe in `directory`, made now unless it is there already.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn file(
    directory: &Path,
    recipe: &Recipe,
    workers: &Workers,
) -> Result<PathBuf, WorkloadError> {
    cache::file(directory, &recipe.file_name(), |out| write(out, recipe, workers)).map_err(
        |error| {
            WorkloadError::context(&format!("preparing data in {}", directory.display()), error)
        },
    )
}

/// Writes all lines in order. A few chunks per worker are in memory at a time.
fn write(out: &mut dyn Write, recipe: &Recipe, workers: &Workers) -> io::Result<()> {
    let stations = stations(recipe.stations);
    let chunks = recipe.rows.div_ceil(CHUNK_ROWS);
    let wave = 4 * workers.count() as u64;
    for first in (0..chunks).step_by(wave as usize) {
        let count = wave.min(chunks - first) as usize;
        let texts = workers
            .map(count, |index| Ok(chunk(recipe, &stations, first + index as u64)))
            .map_err(io::Error::other)?;
        for text in texts {
            out.write_all(&text)?;
        }
    }
    Ok(())
}

fn chunk(recipe: &Recipe, stations: &[Station], chunk: u64) -> Vec<u8> {
    let rows = CHUNK_ROWS.min(recipe.rows - chunk * CHUNK_ROWS);
    let seed = XxHash3_64::oneshot_with_seed(recipe.seed, &chunk.to_le_bytes());
    let mut rng = StdRng::seed_from_u64(seed);
    let mut text = Vec::with_capacity(rows as usize * 16);
    for _ in 0..rows {
        let station = &stations[rng.random_range(0..stations.len())];
        let degrees = station.mean + DEVIATION * normal(&mut rng);
        let tenths = (degrees * 10.0).round().clamp(-999.0, 999.0) as i32;
        text.extend_from_slice(station.name.as_bytes());
        text.push(b';');
        push_tenths(&mut text, tenths);
        text.push(b'\n');
    }
    text
}

/// A draw from the standard normal distribution (Box and Muller, 1958). Logarithm and cosine may
/// differ in their last bit between platforms; after rounding to tenths that shows about once in
/// 10^12 lines.
fn normal(rng: &mut StdRng) -> f64 {
    // Above 0, so that the logarithm is finite.
    let radius = 1.0 - rng.random::<f64>();
    let angle = std::f64::consts::TAU * rng.random::<f64>();
    (-2.0 * radius.ln()).sqrt() * angle.cos()
}

fn push_tenths(text: &mut Vec<u8>, tenths: i32) {
    if tenths < 0 {
        text.push(b'-');
    }
    // OK because a size of at most 999 has digits below 10.
    let (size, digit) = (tenths.unsigned_abs(), |number: u32| b'0' + (number % 10) as u8);
    if size >= 100 {
        text.push(digit(size / 100));
    }
    text.extend_from_slice(&[digit(size / 10), b'.', digit(size)]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aggregation::line;

    fn bytes(rows: u64, seed: u64, stations: usize, workers: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let workers = Workers::start(workers).unwrap();
        write(&mut bytes, &Recipe { rows, seed, stations }, &workers).unwrap();
        bytes
    }

    #[test]
    fn the_bytes_depend_on_the_recipe_and_not_on_threads() {
        let rows = 3 * CHUNK_ROWS + 1;
        let one = bytes(rows, 1, 413, 1);
        assert_eq!(one.iter().filter(|&&byte| byte == b'\n').count() as u64, rows);
        assert!(one == bytes(rows, 1, 413, 3));
        assert!(one != bytes(rows, 2, 413, 3));
        let fewer = bytes(CHUNK_ROWS, 1, 413, 1);
        assert!(one.starts_with(&fewer), "a shorter file is the beginning of a longer one");
    }

    /// Committed fingerprints. They change with the generator or with `rand`; then VERSION must
    /// change too.
    #[test]
    fn the_data_has_its_committed_fingerprints() {
        let print = |rows, seed, stations| {
            let bytes = bytes(rows, seed, stations, 2);
            format!("{} {:016x}", bytes.len(), XxHash3_64::oneshot(&bytes))
        };
        assert_eq!(
            [print(1_000, 1, 413), print(100_000, 7, 413), print(20_000, 1, 10_000)],
            ["13935 34c77b5fdc95056d", "1379679 0666ef885057ae54", "1092455 5e9036a33395ee89",]
        );
    }

    #[test]
    fn values_are_spread_by_ten_around_each_mean_and_stations_are_even() {
        let rows = 400_000;
        let bytes = bytes(rows, 3, 20, 2);
        let mut sums: BTreeMap<&[u8], (f64, f64, f64)> = BTreeMap::new();
        for line in bytes.strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n') {
            let (name, value) = line::split(line).unwrap();
            let value = f64::from(line::tenths(value).unwrap()) / 10.0;
            let (count, sum, squares) = sums.entry(name).or_default();
            (*count, *sum, *squares) = (*count + 1.0, *sum + value, *squares + value * value);
        }
        for Station { name, mean } in stations(20) {
            let (count, sum, squares) = sums[name.as_bytes()];
            assert!((count / rows as f64 - 0.05).abs() < 0.003, "{name}: {count}");
            let found = sum / count;
            assert!((found - mean).abs() < 0.35, "{name}: {found} instead of {mean}");
            let deviation = (squares / count - found * found).sqrt();
            assert!((deviation - DEVIATION).abs() < 0.3, "{name}: {deviation}");
        }
    }

    #[test]
    fn tenths_are_written_with_one_decimal() {
        let text = |tenths| {
            let mut text = Vec::new();
            push_tenths(&mut text, tenths);
            String::from_utf8(text).unwrap()
        };
        assert_eq!(
            [-999, -10, -5, 0, 7, 45, 999].map(text),
            ["-99.9", "-1.0", "-0.5", "0.0", "0.7", "4.5", "99.9"]
        );
    }
}

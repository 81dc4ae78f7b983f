//! The measurements file: its lines from a seed, made in parallel, as text or as Parquet.
//!
//! `aggregation` and `dyno data` ask for it. Lines are drawn in chunks with a seed each, so the bytes
//! depend on the recipe alone and not on threads.

pub(crate) mod parquet;

use std::io;

use twox_hash::XxHash3_64;
use workload_api::{ParamSpec, Params, Spec, WorkloadError};

use super::random::Random;
use super::stations::{STATIONS_MAX, Station, stations};
use super::text::{Piece, Text};
use super::{Dataset, DatasetKind, Output};
use crate::params::{Declared, Word, integer, word_or};

/// Version of the data: part of a file's name, so that a change of the generator makes new files.
const VERSION: u32 = 2;

/// Lines drawn from one seed.
const CHUNK_ROWS: u64 = 1 << 16;

/// Standard deviation of the values around their station's mean, in tenths of a degree.
const DEVIATION: i32 = 100;

/// Chunks of a row group of Parquet, which then has 1,048,576 rows, as the parquet crate's own have.
const GROUP_CHUNKS: u64 = 16;

/// The format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Parquet,
    ParquetStatistics,
}

impl Word for Format {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("text", "a line for each measurement", Self::Text),
        ("parquet", "dictionaries, row groups of 1,048,576 rows, no statistics", Self::Parquet),
        ("parquet_statistics", "the same with statistics of its pages", Self::ParquetStatistics),
    ];
}

impl Format {
    /// The declaration of the parameter.
    pub(crate) fn param() -> ParamSpec {
        word_or("format", "Format of the file.", Self::Text)
    }
}

/// The kind of data of the One Billion Row Challenge.
pub(super) struct Kind;

impl DatasetKind for Kind {
    fn spec(&self) -> Spec {
        Spec {
            name: "measurements".to_owned(),
            about: "Temperatures of weather stations, a file of text or Parquet.".to_owned(),
            params: Recipe::size_params().into_iter().chain([Format::param()]).collect(),
        }
    }

    fn dataset(&self, params: &Params, seed: u64) -> Result<Box<dyn Dataset>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        Ok(Box::new(Recipe::new(&declared, seed, declared.word("format")?)?))
    }
}

/// What determines a measurements file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) rows: u64,
    pub(crate) seed: u64,
    pub(crate) stations: usize,
    pub(crate) format: Format,
}

impl Recipe {
    /// The declarations of `rows` and `stations`.
    pub(crate) fn size_params() -> [ParamSpec; 2] {
        let stations =
            "Stations in the file: those of the challenge, and generated ones beyond 413.";
        [
            integer("rows", "Lines of the file.", (1, 1_000_000_000), Some(1_000_000)),
            integer("stations", stations, (1, STATIONS_MAX as i64), Some(413)),
        ]
    }

    /// From the parameters `rows` and `stations`.
    ///
    /// # Errors
    /// When one has no value.
    pub(crate) fn new(
        declared: &Declared<'_>,
        seed: u64,
        format: Format,
    ) -> Result<Self, WorkloadError> {
        let (rows, stations) = (declared.required("rows")?, declared.required("stations")?);
        Ok(Self { rows, seed, stations: stations as usize, format })
    }

    /// What determines the answer, whatever the format, as text.
    pub(crate) fn group(&self) -> String {
        let Self { rows, seed, stations, .. } = self;
        format!("measurements rows={rows} seed={seed} stations={stations}")
    }
}

impl Dataset for Recipe {
    fn name(&self) -> String {
        let Self { rows, seed, stations, format } = self;
        let end = match format {
            Format::Text => ".txt",
            Format::Parquet => ".parquet",
            Format::ParquetStatistics => "-statistics.parquet",
        };
        format!("measurements-v{VERSION}-rows{rows}-seed{seed}-stations{stations}{end}")
    }

    fn bytes_about(&self) -> u64 {
        let stations = stations(self.stations);
        let names: usize = stations.iter().map(|station| station.name.len()).sum();
        match self.format {
            // A value has 3 to 5 bytes, with its semicolon and newline somewhat more than 6.
            Format::Text => self.rows * (names as u64 * 10 / stations.len() as u64 + 64) / 10,
            // Two indices of 9 to 14 bits, and the dictionaries of each row group.
            _ => {
                self.rows * 3 + self.groups() * (names as u64 + 24 * stations.len() as u64 + 32_768)
            }
        }
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn write(&self, out: &Output<'_>) -> io::Result<()> {
        let draw = Draw::new(self);
        if self.format == Format::Text {
            let chunks = self.rows.div_ceil(CHUNK_ROWS) as usize;
            return out.file()?.pieces(chunks, |chunk, text| draw.text(chunk as u64, text));
        }
        let shape = (self.groups() as usize, self.format == Format::ParquetStatistics);
        let wrote = parquet::write(
            out.path,
            shape,
            out.workers,
            |group, rows| {
                let first = group as u64 * GROUP_CHUNKS;
                for chunk in first..(first + GROUP_CHUNKS).min(self.rows.div_ceil(CHUNK_ROWS)) {
                    for (station, tenths) in draw.rows(chunk) {
                        // OK because tenths are at most 999.
                        rows.push(&draw.stations[station].name, tenths as i16)
                            .map_err(|error| WorkloadError::new(error.to_string()))?;
                    }
                }
                Ok(())
            },
            out.progress,
        );
        wrote.map_err(io::Error::other)
    }
}

impl Recipe {
    /// Row groups of Parquet.
    fn groups(&self) -> u64 {
        self.rows.div_ceil(CHUNK_ROWS * GROUP_CHUNKS)
    }
}

/// Everything that is the same for all lines.
struct Draw {
    recipe: Recipe,
    stations: Vec<Station>,
    /// Their names once more, close together.
    names: Vec<Name>,
    normal: Normal,
    /// Semicolon, value and newline for each value from -99.9 on.
    values: Vec<Piece>,
}

/// Bytes of a name that are stored at once; few names of the challenge have more than half of them.
const NAME_START: usize = 32;

/// The beginning of a station's name, and the bytes of all of it.
struct Name {
    start: [u8; NAME_START],
    bytes: u8,
}

impl Name {
    fn new(name: &str) -> Self {
        let (mut start, kept) = ([0; NAME_START], name.len().min(NAME_START));
        start[..kept].copy_from_slice(&name.as_bytes()[..kept]);
        // OK because a name has at most 100 bytes.
        Self { start, bytes: name.len() as u8 }
    }
}

impl Draw {
    fn new(recipe: &Recipe) -> Self {
        let stations = stations(recipe.stations);
        let value = |tenths| Piece::new(&format!(";{}\n", tenths_text(tenths)));
        Self {
            recipe: *recipe,
            names: stations.iter().map(|station| Name::new(&station.name)).collect(),
            stations,
            normal: Normal::new(),
            values: (-999..=999).map(value).collect(),
        }
    }

    /// Appends the lines of a chunk.
    fn text(&self, chunk: u64, text: &mut Text) {
        for (station, tenths) in self.rows(chunk) {
            text.line(|pen| {
                let Name { start, bytes } = &self.names[station];
                match usize::from(*bytes) {
                    bytes @ ..=NAME_START => pen.fixed(start, bytes),
                    _ => pen.bytes(self.stations[station].name.as_bytes()),
                }
                pen.piece(self.values[(tenths + 999) as usize]);
            });
        }
    }

    /// Draws the stations and tenths of a chunk.
    fn rows(&self, chunk: u64) -> impl Iterator<Item = (usize, i32)> {
        let rows = CHUNK_ROWS.min(self.recipe.rows - chunk * CHUNK_ROWS);
        let seed = XxHash3_64::oneshot_with_seed(self.recipe.seed, &chunk.to_le_bytes());
        let mut random = Random::new(seed);
        (0..rows).map(move |_| {
            // The upper half chooses the station, the lower sixteen bits the value.
            let bits = random.next();
            let station = (((bits >> 32) * self.stations.len() as u64) >> 32) as usize;
            let tenths = self.stations[station].mean + self.normal.draw(bits as u16, &mut random);
            (station, tenths.clamp(-999, 999))
        })
    }
}

/// The normal distribution in whole tenths, as equally likely entries. The first and the last
/// stand for what lies beyond them, which has a table of its own, so that the tails reach as far as
/// those of the challenge's generator do.
struct Normal {
    middle: Vec<i16>,
    tails: Vec<i16>,
}

/// Entries of a table: as many as sixteen bits can choose.
const ENTRIES: usize = 1 << 16;

impl Normal {
    fn new() -> Self {
        let middle = entries(|_| true);
        let edge = i32::from(middle[ENTRIES - 1]);
        let tails = entries(|tenths| tenths.abs() >= edge);
        Self { middle, tails }
    }

    fn draw(&self, bits: u16, random: &mut Random) -> i32 {
        let entry = usize::from(bits);
        i32::from(match entry {
            0 | 0xffff => self.tails[usize::from(random.next() as u16)],
            entry => self.middle[entry],
        })
    }
}

/// Tenths for each of the entries, in order, as often as the normal distribution has them among
/// those that are allowed.
fn entries(allowed: impl Fn(i32) -> bool) -> Vec<i16> {
    let weight = |tenths: i32| {
        let deviations = f64::from(tenths) / f64::from(DEVIATION);
        if allowed(tenths) { (-0.5 * deviations * deviations).exp() } else { 0.0 }
    };
    let range = -8 * DEVIATION..=8 * DEVIATION;
    let total: f64 = range.clone().map(weight).sum();
    let (mut entries, mut sum) = (Vec::with_capacity(ENTRIES), 0.0);
    for tenths in range {
        sum += weight(tenths);
        // OK because eight deviations fit, and the share of the sum is at most 1.
        let until = (sum / total * ENTRIES as f64).round() as usize;
        entries.resize(until.clamp(entries.len(), ENTRIES), tenths as i16);
    }
    entries
}

/// `12.3`, `-0.5`.
fn tenths_text(tenths: i32) -> String {
    let (sign, size) = (if tenths < 0 { "-" } else { "" }, tenths.unsigned_abs());
    format!("{sign}{}.{}", size / 10, size % 10)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::data::DataDirectory;
    use crate::params::available_threads;

    fn bytes(rows: u64, seed: u64, stations: usize, threads: usize) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDirectory::at(dir.path());
        let recipe = Recipe { rows, seed, stations, format: Format::Text };
        let bytes = std::fs::read(data.ensure(&recipe, threads, &|_| ()).unwrap()).unwrap();
        let about = recipe.bytes_about();
        assert!(rows < 1_000 || about.abs_diff(bytes.len() as u64) < about / 20, "{about}");
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
            let bytes = bytes(rows, seed, stations, available_threads());
            format!("{} {:016x}", bytes.len(), XxHash3_64::oneshot(&bytes))
        };
        assert_eq!(
            [print(1_000, 1, 413), print(100_000, 7, 413), print(20_000, 1, 10_000)],
            ["13798 5a6e14cd55259bc8", "1380360 a2720ce9e4a051fa", "1094802 04f02f534e5151a6",]
        );
    }

    #[test]
    fn values_are_spread_by_ten_around_each_mean_and_stations_are_even() {
        let rows = 400_000;
        let bytes = bytes(rows, 3, 20, 2);
        let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
        for line in bytes.strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n') {
            let (name, value) = std::str::from_utf8(line).unwrap().split_once(';').unwrap();
            let value: f64 = value.parse().unwrap();
            let (count, sum, squares) = sums.entry(name).or_default();
            (*count, *sum, *squares) = (*count + 1.0, *sum + value, *squares + value * value);
        }
        for Station { name, mean } in stations(20) {
            let (count, sum, squares) = sums[name.as_str()];
            assert!((count / rows as f64 - 0.05).abs() < 0.003, "{name}: {count}");
            let found = sum / count;
            let mean = f64::from(mean) / 10.0;
            assert!((found - mean).abs() < 0.35, "{name}: {found} instead of {mean}");
            let deviation = (squares / count - found * found).sqrt();
            assert!((deviation - f64::from(DEVIATION) / 10.0).abs() < 0.3, "{name}: {deviation}");
        }
    }

    #[test]
    fn tenths_are_written_with_one_decimal() {
        assert_eq!(
            [-999, -10, -5, 0, 7, 45, 999].map(tenths_text),
            ["-99.9", "-1.0", "-0.5", "0.0", "0.7", "4.5", "99.9"]
        );
    }
}

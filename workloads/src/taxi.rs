//! The workload `taxi`: one query over the twelve files of a year, under different schedules. The query
//! is `select passenger_count, min, max, sum, count, avg of fare_amount group by passenger_count`.
//!
//! `prepare` makes the files or finds them again. `run` maps the query over parts of them and combines
//! the results of the parts; each schedule is a file of its own.

mod groups;
mod limit;
mod parts;
mod ranges;
mod records;
mod row_groups;
mod whole_files;

use std::fs;
use std::path::PathBuf;

use twox_hash::XxHash3_64;
use workload_api::{
    Answer, Context, Metric, Params, Prepared, Spec, Work, Workload, WorkloadError,
};

use self::groups::Groups;
use self::limit::Sizes;
use crate::data::{DataDirectory, PageCache, TAXI_MONTHS, Taxi as Recipe, TaxiFormat};
use crate::params::{Declared, Word, integer, threads, word_or};
use crate::workers::Workers;

/// Queries trips by passenger count.
pub struct Taxi;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schedule {
    Single,
    ThreadPerFile,
    Files,
    Ranges,
    RowGroups,
    Limit,
}

impl Word for Schedule {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("single", "one thread, file after file", Self::Single),
        ("thread_per_file", "a thread for each file", Self::ThreadPerFile),
        ("files", "workers take files", Self::Files),
        ("ranges", "workers take byte ranges of CSV files", Self::Ranges),
        ("row_groups", "workers take row groups of Parquet files", Self::RowGroups),
        ("limit", "as fast as we know how", Self::Limit),
    ];
}

/// Whether directories say which files have the months asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pruning {
    Directories,
    None,
}

impl Word for Pruning {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("directories", "only directories of these months are opened", Self::Directories),
        ("none", "all files are read, and each trip's pickup says its month", Self::None),
    ];
}

impl Workload for Taxi {
    fn spec(&self) -> Spec {
        let mut params = Recipe::params();
        params.extend([
            word_or("schedule", "How the work is shared out.", Schedule::Files),
            threads("Threads of files, ranges, row_groups and limit."),
            integer("first_month", "First month of the query.", (1, 12), Some(1)),
            integer("last_month", "Last month of the query.", (1, 12), Some(12)),
            word_or("pruning", "How months outside the query are left out.", Pruning::Directories),
            integer(
                "range",
                "Bytes of a part with schedule = ranges and limit.",
                (1, 1 << 30),
                Some(4 << 20),
            ),
            integer(
                "block",
                "Bytes that a worker reads at once with schedule = limit.",
                (1, 1 << 30),
                Some(64 << 10),
            ),
            PageCache::param(),
        ]);
        Spec {
            name: "taxi".to_owned(),
            about: "Fares by passenger count from the twelve files of a year.".to_owned(),
            params,
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(prepare(params, context.seed, &DataDirectory::from_environment())?))
    }
}

/// Months from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Months {
    first: u64,
    last: u64,
}

impl Months {
    fn hold(self, month: Option<u64>) -> bool {
        month.is_some_and(|month| self.first <= month && month <= self.last)
    }
}

/// Which files are read, and which of their trips count.
struct Query {
    format: TaxiFormat,
    files: Vec<PathBuf>,
    /// The month of the first file.
    first_month: u64,
    /// What trips must be asked, where the files have others too.
    filter: Option<Months>,
}

fn prepare(
    params: &Params,
    seed: u64,
    directory: &DataDirectory,
) -> Result<PreparedTaxi, WorkloadError> {
    let spec = Taxi.spec();
    let declared = Declared::new(params, &spec)?;
    let recipe = Recipe::new(&declared, seed)?;
    let (schedule, pruning) = (declared.word("schedule")?, declared.word("pruning")?);
    let (first, last) = (declared.required("first_month")?, declared.required("last_month")?);
    refuse_unfit(schedule, pruning, recipe.format)?;
    if first > last {
        let message = format!("first_month = {first} is behind last_month = {last}");
        return Err(WorkloadError::new(message));
    }
    let workers = Workers::start(declared.threads("workers")?)?;
    let folder = directory.ensure_with(&recipe, &workers, &|_| ())?;
    let months = Months { first, last };
    let (read, filter) = match pruning {
        Pruning::Directories => (months, None),
        Pruning::None => (Months { first: 1, last: TAXI_MONTHS }, Some(months)),
    };
    let files = (read.first..=read.last).map(|month| folder.join(recipe.file(month))).collect();
    let query = Query { format: recipe.format, files, first_month: read.first, filter };
    let mut bytes = 0;
    for path in &query.files {
        let metadata = fs::metadata(path);
        bytes += metadata.map_err(|error| ranges::failed(path, &error))?.len();
    }
    let sizes =
        Sizes { part: declared.required("range")?, block: declared.required("block")? as usize };
    let page_cache: PageCache = declared.word("page_cache")?;
    let page_cache_share = reach(page_cache, &query)?;
    Ok(PreparedTaxi {
        recipe,
        months,
        query,
        schedule,
        workers,
        sizes,
        bytes,
        page_cache,
        page_cache_share,
        result: None,
    })
}

fn refuse_unfit(
    schedule: Schedule,
    pruning: Pruning,
    format: TaxiFormat,
) -> Result<(), WorkloadError> {
    let (name, refuse) = (schedule.word(), |what: &str| Err(WorkloadError::new(what)));
    match (schedule, format) {
        (Schedule::Ranges, TaxiFormat::Parquet) => {
            refuse("schedule = ranges needs format = csv; row_groups is its like for parquet")
        }
        (Schedule::RowGroups, TaxiFormat::Csv) => {
            refuse("schedule = row_groups needs format = parquet; ranges is its like for csv")
        }
        _ if pruning == Pruning::None
            && (schedule == Schedule::Limit || format == TaxiFormat::Parquet) =>
        {
            refuse(&format!(
                "pruning = none needs format = csv and another schedule than limit, found schedule \
                 = {name} and format = {}",
                format.word()
            ))
        }
        _ => Ok(()),
    }
}

/// Brings all files into a state; the smallest share that was reached.
fn reach(page_cache: PageCache, query: &Query) -> Result<f64, WorkloadError> {
    query.files.iter().try_fold(1.0_f64, |least, path| Ok(least.min(page_cache.reach(path)?)))
}

struct PreparedTaxi {
    recipe: Recipe,
    months: Months,
    query: Query,
    schedule: Schedule,
    workers: Workers,
    sizes: Sizes,
    bytes: u64,
    page_cache: PageCache,
    page_cache_share: f64,
    result: Option<Groups>,
}

impl Prepared for PreparedTaxi {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let Self { query, workers, sizes, .. } = self;
        let mut metrics = vec![PageCache::metric(self.page_cache_share)];
        let parts = match (self.schedule, query.format) {
            (Schedule::Single, _) => whole_files::single(query)?,
            (Schedule::ThreadPerFile, _) => whole_files::thread_per_file(query)?,
            (Schedule::Files, _) => whole_files::files(query, workers)?,
            (Schedule::Ranges, _) => {
                let (parts, time) = ranges::ranges(query, sizes.part, workers)?;
                metrics.push(Metric::time("boundary_time", time));
                parts
            }
            (Schedule::RowGroups, _) => row_groups::row_groups(query, workers)?,
            (Schedule::Limit, TaxiFormat::Csv) => limit::limit(query, *sizes, workers)?,
            (Schedule::Limit, TaxiFormat::Parquet) => row_groups::row_groups(query, workers)?,
        };
        metrics.extend(parts.metrics());
        if let Schedule::Single | Schedule::ThreadPerFile | Schedule::Files = self.schedule {
            metrics.extend(parts.months(query.first_month));
        }
        let rows = parts.groups.rows();
        let Months { first, last } = self.months;
        let asked: u64 = (first..=last).map(|month| self.recipe.rows_of(month)).sum();
        if rows != asked {
            return Err(WorkloadError::new(format!("{asked} trips asked for, {rows} aggregated")));
        }
        self.result = Some(parts.groups);
        Ok(Work { rows, bytes_in: self.bytes, metrics, ..Work::default() })
    }

    /// Also makes the page cache what it is to be before the next run.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        self.page_cache_share = reach(self.page_cache, &self.query)?;
        let result = self.result.as_ref();
        let groups = result.ok_or_else(|| WorkloadError::new("no run has left a result"))?;
        let (Recipe { rows, seed, quoted, .. }, Months { first, last }) =
            (self.recipe, self.months);
        Ok(Answer {
            rows: groups.groups() as u64,
            digest: format!("text={:016x}", XxHash3_64::oneshot(groups.text().as_bytes())),
            group: Some(format!(
                "taxi rows={rows} seed={seed} quoted={quoted} months={first}-{last}"
            )),
        })
    }
}

#[cfg(test)]
mod tests;

//! The workload `reading`: the measurements file is read and its bytes are added up.
//!
//! The floor of every program that reads the file: nothing is parsed. It is measured beside them,
//! in the same run, so that a distance from the floor is a ratio and not two numbers of two days.

use std::os::unix::fs::FileExt;

use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError};

use crate::data::{DataDirectory, Input, Mapping, Measurements, MeasurementsFormat, page_bytes};
use crate::params::{Declared, Word, integer, word_or};

/// Reads a file of measurements.
pub struct Reading;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Read,
    Map,
}

impl Word for Way {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("read", "pread(2) into a buffer that each worker keeps", Self::Read),
        ("map", "mmap(2) of each block, unmapped after it", Self::Map),
    ];
}

impl Workload for Reading {
    fn spec(&self) -> Spec {
        Spec {
            name: "reading".to_owned(),
            about: "Reads the file of measurements and adds up its bytes: the floor.".to_owned(),
            params: Input::params(vec![
                word_or("input", "How the bytes come to the workers.", Way::Read),
                integer(
                    "block",
                    "Bytes that a worker takes at once, whole pages.",
                    (4096, 1 << 30),
                    Some(256 << 10),
                ),
            ]),
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

fn prepare(
    params: &Params,
    seed: u64,
    directory: &DataDirectory,
) -> Result<PreparedReading, WorkloadError> {
    let spec = Reading.spec();
    let declared = Declared::new(params, &spec)?;
    let recipe = Measurements::new(&declared, seed, MeasurementsFormat::Text)?;
    let block = declared.required("block")?;
    let page = page_bytes() as u64;
    if !block.is_multiple_of(page) {
        let message = format!("parameter `block`: expected a multiple of {page}, found {block}");
        return Err(WorkloadError::new(message));
    }
    let way = declared.word("input")?;
    let input = Input::prepare(&declared, recipe, directory)?;
    Ok(PreparedReading { input, way, block, result: None })
}

struct PreparedReading {
    input: Input,
    way: Way,
    block: u64,
    /// Bytes of the file, and their sum.
    result: Option<(u64, u64)>,
}

impl Prepared for PreparedReading {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let Self { input, way, .. } = &*self;
        let failed = |error| input.failed(error);
        let (file, size) = input.open()?;
        let blocks = size.div_ceil(self.block) as usize;
        let state = || (0, vec![0; self.block as usize]);
        let sums = input.workers.fold(blocks, state, |(sum, buffer): &mut (u64, _), index| {
            let start = index as u64 * self.block;
            let bytes = self.block.min(size - start) as usize;
            match way {
                Way::Read => {
                    file.read_exact_at(&mut buffer[..bytes], start).map_err(failed)?;
                    *sum = sum.wrapping_add(add_up(&buffer[..bytes]));
                }
                Way::Map => {
                    let mapping = Mapping::new(&file, start, bytes).map_err(failed)?;
                    *sum = sum.wrapping_add(add_up(&mapping));
                }
            }
            Ok(())
        })?;
        let sum = sums.into_iter().fold(0_u64, |all, (sum, _)| all.wrapping_add(sum));
        self.result = Some((size, sum));
        // All bytes of all its lines were read.
        let (rows, metrics) = (self.input.recipe.rows, vec![self.input.page_cache_share()]);
        Ok(Work { rows, bytes_in: size, metrics, ..Work::default() })
    }

    /// Also makes the page cache what it is to be before the next run.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        self.input.settle()?;
        let (size, sum) =
            self.result.ok_or_else(|| WorkloadError::new("no run has left a result"))?;
        let digest = format!("bytes={size} sum={sum:016x}");
        let recipe = &self.input.recipe;
        let group = format!("sum of {}", recipe.group());
        Ok(Answer { rows: recipe.rows, digest, group: Some(group) })
    }
}

/// The sum of all words of eight bytes; the last one is filled up with zeros.
fn add_up(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let sum = words.iter().fold(0_u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
    sum.wrapping_add(u64::from_le_bytes(last))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_input_block_and_number_of_workers_has_the_sum_of_the_files_words() {
        let dir = tempfile::tempdir().unwrap();
        let directory = DataDirectory::at(dir.path());
        let mut answers = Vec::new();
        for input in ["read", "map"] {
            for (workers, block) in [(1, 4096_i64), (3_i64, 65_536), (2, 1 << 24)] {
                let mut params = Params::default();
                params.set("rows", 20_000_i64);
                params.set("input", input);
                params.set("workers", workers);
                params.set("block", block);
                let mut prepared = prepare(&params, 1, &directory).unwrap();
                assert!(prepared.check().is_err());
                let work = prepared.run().unwrap();
                let answer = prepared.check().unwrap();
                assert_eq!(work.metrics[0].name, "page_cache_share");
                assert_eq!((work.rows, answer.rows), (20_000, 20_000));
                answers.push((work.bytes_in, answer.digest, prepared.input.path));
            }
        }
        answers.dedup();
        let [(size, digest, path)] = &answers[..] else { panic!("{answers:#?}") };
        let mut bytes = fs::read(path).unwrap();
        assert_eq!(bytes.len() as u64, *size);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let sum = bytes.chunks(8).fold(0_u64, |sum, word| {
            sum.wrapping_add(u64::from_le_bytes(word.try_into().unwrap()))
        });
        assert_eq!(*digest, format!("bytes={size} sum={sum:016x}"));
    }

    #[test]
    fn a_block_that_is_not_whole_pages_is_refused() {
        let params: Params = [("block", 5000_i64)].into_iter().collect();
        let dir = tempfile::tempdir().unwrap();
        let error = prepare(&params, 1, &DataDirectory::at(dir.path())).err().unwrap();
        assert!(error.to_string().starts_with("parameter `block`: expected a multiple of "));
    }
}

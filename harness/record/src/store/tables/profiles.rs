//! The stacks of a profile as a Parquet table: one row per distinct stack.
//!
//! Called by `store/profiles.rs`. The columns are described in `docs/store.md`.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{StringArray, StringBuilder, UInt64Array};
use arrow::datatypes::{DataType, Field};

use super::Table;
use super::read::for_each_batch;
use crate::store::StoreError;
use crate::{Profile, RunId, Stack};

/// Writes the stacks under the temporary name of `path`.
pub(in crate::store) fn write(
    path: &Path,
    run: &RunId,
    profile: &Profile,
) -> Result<(), StoreError> {
    let fields = vec![
        Field::new("run", DataType::Utf8, false),
        Field::new("case", DataType::Utf8, false),
        Field::new("stack", DataType::Utf8, false),
        Field::new("samples", DataType::UInt64, false),
        Field::new("weight", DataType::UInt64, false),
    ];
    let mut table = Table::create(path.to_owned(), fields)?;
    let mut texts: [StringBuilder; 3] = Default::default();
    for stack in &profile.stacks {
        let row = [run.as_str(), profile.info.case.as_str(), &stack.frames];
        for (column, text) in texts.iter_mut().zip(row) {
            column.append_value(text);
        }
    }
    let [run, case, frames] = &mut texts;
    let numbers = |of: fn(&Stack) -> u64| -> Arc<UInt64Array> {
        Arc::new(profile.stacks.iter().map(of).collect::<Vec<_>>().into())
    };
    table.write(vec![
        Arc::new(run.finish()),
        Arc::new(case.finish()),
        Arc::new(frames.finish()),
        numbers(|stack| stack.samples),
        numbers(|stack| stack.weight),
    ])?;
    table.close()
}

/// Every stack, in the order in which they were written.
pub(in crate::store) fn read(path: &Path) -> Result<Vec<Stack>, StoreError> {
    let mut stacks = Vec::new();
    for_each_batch(path, |rows| {
        let frames = rows.required::<StringArray>("stack")?;
        let samples = rows.required::<UInt64Array>("samples")?;
        let weight = rows.required::<UInt64Array>("weight")?;
        stacks.extend((0..rows.batch.num_rows()).map(|row| Stack {
            frames: frames.value(row).to_owned(),
            samples: samples.value(row),
            weight: weight.value(row),
        }));
        Ok(())
    })?;
    Ok(stacks)
}

//! Turns a journal into the Parquet tables of a complete run, in steps.
//!
//! As long as the journal is there it is the truth, and whatever stands beside it is ignored and
//! overwritten; it is removed last. So a kill between any two steps, or inside one, loses nothing
//! and doubles nothing. Called by `RunWriter::finish`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::journal::{Line, Reader};
use super::tables::{self, SampleTables};
use super::{StoreError, files, write_info};
use crate::RunInfo;

/// The tables in the order in which they get their final names.
pub(super) const TABLES: [&str; 3] = [files::CASES, files::SAMPLES, files::VALUES];

/// One step of finishing.
pub(super) type Step = fn(&Finish<'_>) -> Result<(), StoreError>;

/// The steps in order. Each leaves a store from which every sample can be read once.
pub(super) const STEPS: [Step; 7] = [
    |finish| finish.write_samples(),
    |finish| finish.write_cases(),
    |finish| files::publish(&finish.directory.join(TABLES[0])),
    |finish| files::publish(&finish.directory.join(TABLES[1])),
    |finish| files::publish(&finish.directory.join(TABLES[2])),
    |finish| write_info(finish.directory, finish.info),
    |finish| finish.remove_journal(),
];

/// A run that is about to become complete.
pub(super) struct Finish<'a> {
    /// The run's directory.
    pub(super) directory: &'a Path,
    /// What `run.json` will say.
    pub(super) info: &'a RunInfo,
    /// How many samples the journal must hold.
    pub(super) samples: u64,
}

impl Finish<'_> {
    /// Runs every step. After a failure the temporary files are gone, which gives a full disk its
    /// space back, and the journal is untouched.
    pub(super) fn all(&self) -> Result<(), StoreError> {
        for step in STEPS {
            if let Err(error) = step(self) {
                for table in TABLES {
                    files::discard(&files::temporary(&self.directory.join(table)));
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn write_samples(&self) -> Result<(), StoreError> {
        let path = self.journal();
        let file = File::open(&path).map_err(|e| StoreError::io("open", &path, e))?;
        let mut journal = Reader::new(&path, file);
        let mut tables = SampleTables::create(self.directory, self.info.id.clone())?;
        let mut found = 0;
        while let Some(line) = journal.next()? {
            // Garbled lines from before were set aside when the run was resumed. One that turns
            // up only now is missing in the count.
            if let Line::Sample(sample) = line {
                tables.push(&sample)?;
                found += 1;
            }
        }
        if found != self.samples {
            let why = format!("it holds {found} of {} samples; resume the run", self.samples);
            return Err(StoreError::damaged(&path, why));
        }
        tables.close()
    }

    fn write_cases(&self) -> Result<(), StoreError> {
        tables::write_cases(self.directory, self.info)
    }

    fn remove_journal(&self) -> Result<(), StoreError> {
        let path = self.journal();
        fs::remove_file(&path).map_err(|e| StoreError::io("remove", &path, e))?;
        files::sync_parent(&path)
    }

    fn journal(&self) -> PathBuf {
        self.directory.join(files::JOURNAL)
    }
}

//! Writes one run: samples into the journal one by one, Parquet at the end.
//!
//! Called by the engine between samples. The open journal is also the lock: one writer per run,
//! readers at any time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::finish::Finish;
use super::journal::{self, Line, Reader};
use super::{Store, StoreError, files, read_info, write_info};
use crate::{RunId, RunInfo, Sample};

/// How long appended samples may wait for a sync to the disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The one writer of a run. Dropping it without `finish` leaves a run that can be resumed.
#[derive(Debug)]
pub struct RunWriter {
    id: RunId,
    directory: PathBuf,
    journal: File,
    /// Bytes of the journal that are whole lines.
    length: u64,
    samples: u64,
    synced: Instant,
    /// The disk failed in a way after which the journal's end is unknown.
    broken: bool,
    line: Vec<u8>,
}

/// What `RunWriter::resume` found in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whole samples.
    pub samples: usize,
    /// Bytes of a half-written last line, which was cut off.
    pub tail_bytes: u64,
    /// Lines with a wrong checksum; they are copied to `journal.damaged` and never counted.
    pub garbled_lines: usize,
}

impl RunWriter {
    /// Begins a run: makes its directory, the empty journal and `run.json`. The directory gets its
    /// name when all of that is in it, so that a kill on the way leaves no run that cannot be read.
    ///
    /// # Errors
    /// When a run of that name exists, the name cannot be a directory's, or the disk refuses.
    pub fn create(store: &Store, info: &RunInfo) -> Result<Self, StoreError> {
        let directory = store.directory(&info.id)?;
        fs::create_dir_all(store.root()).map_err(|e| StoreError::io("create", store.root(), e))?;
        let exists = || StoreError::Exists { path: directory.clone() };
        if directory.exists() {
            return Err(exists());
        }
        let scratch =
            store.root().join(format!("{}{}-{}", files::NEW, std::process::id(), info.id));
        fs::create_dir(&scratch).map_err(|e| StoreError::io("create", &scratch, e))?;
        let begun = begin(&scratch, info).and_then(|journal| {
            fs::rename(&scratch, &directory).map_err(|e| match e.kind() {
                // Another process was faster with the same name.
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => exists(),
                _ => StoreError::io("create", &directory, e),
            })?;
            files::sync_parent(&directory)?;
            Ok(journal)
        });
        match begun {
            Ok(journal) => Ok(Self::new(info.id.clone(), directory, journal)),
            Err(error) => {
                // Half a run would only puzzle; the directory is ours alone.
                let _ = fs::remove_dir_all(&scratch);
                Err(error)
            }
        }
    }

    /// Continues a run that was killed: cuts a half-written line off the journal, sets garbled
    /// lines aside and returns what is there.
    ///
    /// # Errors
    /// When the run is complete, another process writes it, or its files cannot be read.
    pub fn resume(
        store: &Store,
        id: &RunId,
    ) -> Result<(Self, RunInfo, Vec<Sample>, Recovery), StoreError> {
        let directory = store.existing(id)?;
        let path = directory.join(files::JOURNAL);
        let complete = || StoreError::Complete { path: directory.clone() };
        let journal = OpenOptions::new().append(true).open(&path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => complete(),
            _ => StoreError::io("open", &path, e),
        })?;
        lock(&journal, &directory)?;
        if !path.exists() {
            // Its writer finished it between our opening and our locking.
            return Err(complete());
        }
        let info = read_info(&directory)?;
        let mut writer = Self::new(id.clone(), directory, journal);
        let (samples, recovery) = writer.recover(&path)?;
        Ok((writer, info, samples, recovery))
    }

    /// The run.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The run's directory, for files that belong to it, such as profiles.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends one sample. When this returns, a kill of this process cannot lose it; a power cut
    /// can lose the samples of at most one second.
    ///
    /// # Errors
    /// When a value is not finite or the disk refuses. The journal is then as it was before and a
    /// later append may succeed, unless even that failed: then every later append is refused.
    pub fn append(&mut self, sample: &Sample) -> Result<(), StoreError> {
        if let Some(value) = sample.values.iter().find(|value| !value.value.is_finite()) {
            return Err(StoreError::NotFinite {
                case: sample.case.to_string(),
                metric: value.metric.clone(),
                value: value.value,
            });
        }
        let path = self.path();
        if self.broken {
            return Err(StoreError::Broken { path });
        }
        journal::encode(sample, &mut self.line)
            .map_err(|e| StoreError::io("encode a sample for", &path, e.into()))?;
        if let Err(source) = self.journal.write_all(&self.line) {
            self.broken = self.journal.set_len(self.length).is_err();
            return Err(StoreError::io("append to", &path, source).with_saved(self.samples));
        }
        self.length += self.line.len() as u64;
        self.samples += 1;
        if self.synced.elapsed() < SYNC_EVERY {
            return Ok(());
        }
        // After a failed sync nobody knows which pages reached the disk.
        self.sync().inspect_err(|_| self.broken = true)
    }

    /// Replaces `run.json` in one step.
    ///
    /// # Errors
    /// When the disk refuses; the old `run.json` then still stands.
    pub fn update(&self, info: &RunInfo) -> Result<(), StoreError> {
        write_info(&self.directory, info).map_err(|e| e.with_saved(self.samples))
    }

    /// Ends the run: writes the Parquet tables and `run.json`, then removes the journal.
    ///
    /// # Errors
    /// When the disk refuses. The journal is then untouched, and resuming and finishing the run
    /// again is all that is needed.
    pub fn finish(mut self, info: &RunInfo) -> Result<(), StoreError> {
        self.sync()?;
        let finish = Finish { directory: &self.directory, info, samples: self.samples };
        finish.all().map_err(|e| e.with_saved(self.samples))
    }

    fn new(id: RunId, directory: PathBuf, journal: File) -> Self {
        let synced = Instant::now();
        let line = Vec::new();
        Self { id, directory, journal, length: 0, samples: 0, synced, broken: false, line }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(files::JOURNAL)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        let synced = self.journal.sync_data();
        synced.map_err(|e| StoreError::io("sync", &self.path(), e).with_saved(self.samples))?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Reads the journal and makes it ready for appending.
    fn recover(&mut self, path: &Path) -> Result<(Vec<Sample>, Recovery), StoreError> {
        let file = File::open(path).map_err(|e| StoreError::io("open", path, e))?;
        let contents = Contents::read(&mut Reader::new(path, file))?;
        let Contents { samples, garbled, tail_bytes } = contents;
        if !garbled.is_empty() {
            let mut text = garbled.join(&b'\n');
            text.push(b'\n');
            files::replace(&self.directory.join(files::DAMAGED), &text)?;
        }
        let length = self.journal.metadata().map_err(|e| StoreError::io("measure", path, e))?.len();
        self.length = length - tail_bytes;
        self.samples = samples.len() as u64;
        if tail_bytes > 0 {
            let cut = self.journal.set_len(self.length).and_then(|()| self.journal.sync_data());
            cut.map_err(|e| StoreError::io("cut the half-written line off", path, e))?;
        }
        let recovery =
            Recovery { samples: samples.len(), tail_bytes, garbled_lines: garbled.len() };
        Ok((samples, recovery))
    }
}

/// Everything that a journal holds.
#[derive(Default)]
pub(super) struct Contents {
    /// The whole samples in order.
    pub(super) samples: Vec<Sample>,
    /// The lines with a wrong checksum.
    pub(super) garbled: Vec<Vec<u8>>,
    /// The length of the half line at the end.
    pub(super) tail_bytes: u64,
}

impl Contents {
    /// Reads to the end.
    pub(super) fn read(journal: &mut Reader) -> Result<Self, StoreError> {
        let mut contents = Self::default();
        while let Some(line) = journal.next()? {
            match line {
                Line::Sample(sample) => contents.samples.push(*sample),
                Line::Garbled(line) => contents.garbled.push(line),
                Line::Tail(bytes) => contents.tail_bytes = bytes,
            }
        }
        Ok(contents)
    }

    /// What is not among the samples, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.tail_bytes > 0 {
            notes.push(format!("left out a half-written line of {} bytes", self.tail_bytes));
        }
        if !self.garbled.is_empty() {
            notes.push(format!("left out {} garbled journal lines", self.garbled.len()));
        }
        notes
    }
}

/// Fills the new directory of a run: the locked journal, then `run.json`.
fn begin(directory: &Path, info: &RunInfo) -> Result<File, StoreError> {
    let path = directory.join(files::JOURNAL);
    let opened = OpenOptions::new().append(true).create_new(true).open(&path);
    let journal = opened.map_err(|e| StoreError::io("create", &path, e))?;
    lock(&journal, directory)?;
    write_info(directory, info)?;
    Ok(journal)
}

/// Locks the journal of a run that has one, so that nobody measures it until the file is dropped.
/// A complete run has none.
pub(super) fn lock_unfinished(directory: &Path) -> Result<Option<File>, StoreError> {
    let path = directory.join(files::JOURNAL);
    let journal = match OpenOptions::new().append(true).open(&path) {
        Ok(journal) => journal,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(StoreError::io("open", &path, e)),
    };
    lock(&journal, directory)?;
    Ok(Some(journal))
}

/// Makes this process the run's only writer until the journal is closed.
///
/// It asks for a while: a child that this or the former writer is just starting shares the lock
/// from its fork to its exec.
fn lock(journal: &File, directory: &Path) -> Result<(), StoreError> {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut patience: u32 = 100;
    loop {
        match journal.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if patience > 0 => {
                patience -= 1;
                std::thread::sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Busy { path: directory.to_path_buf() });
            }
            Err(TryLockError::Error(e)) => {
                return Err(StoreError::io("lock the journal of", directory, e));
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::{CaseId, Pass, Status};

    #[test]
    fn a_half_line_that_cannot_be_taken_back_ends_the_writing() {
        // `/dev/full` refuses every write for want of space, and cannot be truncated.
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut writer = RunWriter::new(RunId::new("r"), PathBuf::from("results/r"), full);
        let sample = Sample {
            case: CaseId::new("c"),
            pass: Pass::Timed,
            process: 0,
            iteration: 0,
            started_ns: 0,
            executions: 1,
            status: Status::Ok,
            values: vec![],
            answer: None,
            marks: vec![],
        };
        assert!(matches!(writer.append(&sample), Err(StoreError::DiskFull { saved: 0, .. })));
        let broken = writer.append(&sample).unwrap_err().to_string();
        assert_eq!(broken, "the end of results/r/journal.jsonl is uncertain; resume the run");
    }
}

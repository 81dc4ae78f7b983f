//! Profiles in the directory of their run: for each profiled case what is known about it as JSON,
//! and its stacks as Parquet.
//!
//! The command line writes them after a profile pass, everybody else reads. The JSON is written
//! last: without it there is no profile. A second profile of a case replaces the first.

use std::fs;
use std::io;
use std::path::Path;

use super::{Store, StoreError, StoredRun, files, read_info, tables};
use crate::{Pass, Profile, ProfileInfo, RunId, RunInfo};

impl Store {
    /// Keeps the profile of one case of a run that has been begun.
    ///
    /// # Errors
    /// When the run does not exist, has no such case, or the disk refuses; then the run has either
    /// its old profile of the case or none.
    pub fn keep_profile(&self, id: &RunId, profile: &Profile) -> Result<(), StoreError> {
        let run = self.existing(id)?;
        let info = read_info(&run)?;
        let directory = run.join(files::PROFILES);
        let Some(number) = info.cases.iter().position(|case| case.id == profile.info.case) else {
            let why = format!("it has no case `{}`", profile.info.case);
            return Err(StoreError::damaged(&run.join(files::INFO), why));
        };
        fs::create_dir_all(&directory).map_err(|e| StoreError::io("create", &directory, e))?;
        let [about, stacks] = paths(&directory, number);
        match fs::remove_file(&about) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", &about, e));
            }
            _ => {}
        }
        tables::profiles::write(&stacks, id, profile)?;
        files::publish(&stacks)?;
        let mut text = serde_json::to_vec_pretty(&profile.info)
            .map_err(|e| StoreError::io("encode", &about, e.into()))?;
        text.push(b'\n');
        files::replace(&about, &text)
    }

    /// The profiles of a run in the order of its cases; none for most runs.
    ///
    /// # Errors
    /// When the run does not exist or a profile cannot be read.
    pub fn profiles(&self, id: &RunId) -> Result<Vec<Profile>, StoreError> {
        let run = self.existing(id)?;
        let info: RunInfo = read_info(&run)?;
        let directory = run.join(files::PROFILES);
        let mut profiles = Vec::new();
        for number in 0..info.cases.len() {
            profiles.extend(read(&directory, number)?);
        }
        Ok(profiles)
    }

    /// Whether a run has a profile.
    pub fn has_profiles(&self, id: &RunId) -> bool {
        self.directory(id).is_ok_and(|run| run.join(files::PROFILES).is_dir())
    }

    /// Whether a run was made for its profiles and has no sample of another pass.
    pub fn is_profiles_alone(&self, id: &RunId) -> bool {
        let all_of_profiles =
            |run: StoredRun| run.samples.iter().all(|sample| sample.pass == Pass::Profile);
        // Few runs have profiles, and those of `dyno profile` have next to no samples to read.
        self.has_profiles(id) && self.read(id).is_ok_and(all_of_profiles)
    }
}

/// The two files of one case.
fn paths(directory: &Path, number: usize) -> [std::path::PathBuf; 2] {
    ["json", "parquet"].map(|end| directory.join(format!("{number:02}.{end}")))
}

fn read(directory: &Path, number: usize) -> Result<Option<Profile>, StoreError> {
    let [about, stacks] = paths(directory, number);
    let text = match fs::read(&about) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(StoreError::io("read", &about, e)),
    };
    files::refuse_layout(&about, &text, ProfileInfo::SCHEMA)?;
    let info =
        serde_json::from_slice(&text).map_err(|e| StoreError::damaged(&about, e.to_string()))?;
    Ok(Some(Profile { info, stacks: tables::profiles::read(&stacks)? }))
}

//! What stands in for sampling on systems other than Linux: the same names, and an honest refusal.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::Settings;
use super::processes::{Place, Processes};
use super::stacks::{Key, Stacks};

/// Never marked.
#[derive(Debug, Default)]
pub(super) struct Regions;

impl Regions {
    /// Never called.
    pub(super) fn mark(&self) {}
}

/// Nothing.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) processes: Processes,
    pub(super) stacks: Stacks,
}

/// Never made.
#[derive(Debug)]
pub(super) enum Drain {}

impl Drain {
    /// Refuses.
    pub(super) fn start(
        _pid: u32,
        _settings: &Settings,
        _regions: Arc<Regions>,
        _taken: Taken,
    ) -> io::Result<(Self, bool)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never called.
    pub(super) fn end(self) -> Taken {
        match self {}
    }
}

/// Never filled.
pub(super) struct Name {
    pub(super) frames: Vec<String>,
    pub(super) known: bool,
}

/// Never filled.
pub(super) type Names = BTreeMap<Place, Name>;

/// Knows no names.
pub(super) struct Symbols;

impl Symbols {
    pub(super) fn new(_inlines: bool) -> Self {
        Self
    }

    /// None.
    pub(super) fn names<'k>(
        &self,
        _keys: impl Iterator<Item = &'k Key>,
        _files: &[String],
    ) -> Names {
        Names::new()
    }
}

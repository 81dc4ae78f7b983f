//! Names of runs and cases, as types, so that nobody passes one for the other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A run's name, for instance `20261122-093015-shredding`; sorts by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

/// A case's stable, readable name, for instance `pipeline/step=08,rows=1000000`. It depends only
/// on the workload, the runner and the parameters that the suite states.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(String);

macro_rules! text_id {
    ($name:ident) => {
        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id!(RunId);
text_id!(CaseId);

//! A change that a person has accepted.

use serde::{Deserialize, Serialize};

/// One entry of the file of accepted changes, which is kept under review like code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Id of the case.
    pub case: String,
    /// The metric; for a rule about the whole case its name, for instance `wrong_answer`.
    pub metric: String,
    /// Why it may be so.
    pub why: String,
    /// The last day on which it holds, for instance `2026-12-31`; without one it always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

//! Names of runs and cases, as types, so that nobody passes one for the other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A run's name, for instance `20261122-093015-shredding`; sorts by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

/// A case's stable, readable name, for instance `pipeline/rows=1000000,step=08`. It depends only
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

impl RunId {
    /// A fresh name: `YYYYMMDD-HHMMSS-<suite>` in UTC, with `-2`, `-3`, ... while `taken` says so.
    ///
    /// The suite's name is reduced to lower-case ASCII letters, digits and hyphens, so that the
    /// result is a plain directory name everywhere.
    pub fn fresh(suite: &str, now_ns: i64, taken: impl Fn(&str) -> bool) -> Self {
        let at = jiff::Timestamp::from_nanosecond(i128::from(now_ns))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let base = format!("{}-{}", at.strftime("%Y%m%d-%H%M%S"), slug(suite));
        let mut name = base.clone();
        let mut number = 2_u32;
        while taken(&name) {
            name = format!("{base}-{number}");
            number += 1;
        }
        Self(name)
    }

    /// What runs are sorted by: the name without the number that [`RunId::fresh`] may have given
    /// it, then that number, so that the tenth run of one second comes after the second.
    pub(crate) fn by_time(&self) -> (&str, u32) {
        let numbered = self.0.rsplit_once('-').and_then(|(base, number)| {
            let plain = !number.is_empty() && !number.starts_with('0');
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            // The time of day has six digits, and a name that ends with it has no suite.
            (plain && digits && number.len() < 6)
                .then(|| number.parse().ok())
                .flatten()
                .map(|n| (base, n))
        });
        numbered.unwrap_or((&self.0, 1))
    }
}

/// Lower-case ASCII letters and digits, everything else folded into single hyphens.
fn slug(text: &str) -> String {
    const LENGTH_MAX: usize = 40;
    let mut out = String::new();
    for letter in text.chars().take(LENGTH_MAX) {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let slug = out.trim_end_matches('-');
    if slug.is_empty() { "run".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_run_id_is_the_utc_time_and_the_slug_of_the_suite() {
        let id = RunId::fresh("Shredding, 1 M Rows!", 1_795_339_815_000_000_000, |_| false);
        assert_eq!(id.as_str(), "20261122-093015-shredding-1-m-rows");
    }

    #[test]
    fn a_taken_run_id_gets_the_next_free_number() {
        let taken = ["19700101-000000-a", "19700101-000000-a-2"];
        let id = RunId::fresh("a", 0, |name| taken.contains(&name));
        assert_eq!(id.as_str(), "19700101-000000-a-3");
    }

    #[test]
    fn runs_of_one_second_are_sorted_by_their_number() {
        let mut ids =
            ["20261122-093015-a-10", "20261122-093015-a-2", "20261122-093015-a"].map(RunId::new);
        ids.sort_by(|a, b| a.by_time().cmp(&b.by_time()));
        let sorted = ids.each_ref().map(RunId::as_str);
        assert_eq!(sorted, ["20261122-093015-a", "20261122-093015-a-2", "20261122-093015-a-10"]);
    }

    #[test]
    fn a_suite_without_a_single_ascii_letter_is_called_run() {
        assert_eq!(RunId::fresh("../\u{1F600}", 0, |_| false).as_str(), "19700101-000000-run");
    }
}

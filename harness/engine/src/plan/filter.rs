//! `--filter`: a small expression over the parameters of a case, such as
//! `step >= 05 and (writers = 2 or workload ~ "gen")`.
//!
//! The plan asks it once per case. A case that does not have a parameter does not match a
//! comparison with it. Numbers compare as numbers, also with units; everything else as text.

use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;

use crate::expression::{Comparison, Expression, Operator};
use crate::suite::{Source, SuiteError, number};

/// A parsed filter.
#[derive(Clone, Debug)]
pub struct Filter {
    source: Arc<Source>,
    expression: Expression,
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// At the first character that does not fit.
    pub fn parse(text: &str) -> Result<Self, SuiteError> {
        let source = Source::new("--filter", text);
        let expression = Expression::parse(&source)?;
        Ok(Self { source, expression })
    }

    /// The expression as it was typed.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Whether a case matches. `lookup` gives the text of a name, or `None` when the case does
    /// not have it.
    pub fn matches(&self, lookup: &dyn Fn(&str) -> Option<String>) -> bool {
        let holds = |comparison: &Comparison| {
            let found = lookup(&comparison.name.value);
            Some(found.is_some_and(|found| holds(comparison, &found)))
        };
        self.expression.evaluate(&holds) == Some(true)
    }

    /// Refuses names that no case can have.
    pub(super) fn check_names(&self, known: &[&str]) -> Result<(), SuiteError> {
        let mut names =
            self.expression.comparisons().into_iter().map(|comparison| &comparison.name);
        match names.find(|name| !known.contains(&name.value.as_str())) {
            None => Ok(()),
            Some(name) => Err(SuiteError::at(
                &self.source,
                &name.span,
                format!("unknown parameter `{}`", name.value),
            )
            .names(&name.value, known.iter().copied())),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

/// Whether a parameter with this text fits a comparison.
fn holds(comparison: &Comparison, found: &str) -> bool {
    let value = comparison.value.value.as_str();
    if comparison.operator == Operator::Contains {
        // OK because the parser has compiled it once.
        return Regex::new(value).is_ok_and(|regex| regex.is_match(found));
    }
    let order = match (number(found), number(value)) {
        (Some(found), Some(value)) => found.total_cmp(&value),
        _ => found.cmp(value),
    };
    comparison.operator.allows(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, params: &[(&str, &str)]) -> bool {
        let lookup = |name: &str| {
            params.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Filter::parse(filter).unwrap().matches(&lookup)
    }

    #[test]
    fn numbers_compare_as_numbers_and_words_as_words() {
        let case = [("step", "08"), ("writers", "16"), ("compression", "zstd"), ("size", "65536")];
        for filter in [
            "step >= 05 and writers = 16",
            "step = 8",
            "writers > 9",
            "not writers <= 9",
            "compression = zstd and step != 09",
            "compression ~ std or nothing = 1",
            "compression ~ \"^z.t[a-d]$\"",
            "size = 64KiB",
            "(step < 1 or step > 7) and compression == 'zstd'",
        ] {
            assert!(matches(filter, &case), "{filter}");
        }
        for filter in ["writers < 9", "nothing = 1", "nothing != 1", "compression < snappy"] {
            assert!(!matches(filter, &case), "{filter}");
        }
    }

    #[test]
    fn and_binds_more_than_or_and_not_more_than_both() {
        assert!(matches("a = 1 or a = 2 and a = 3", &[("a", "1")]));
        assert!(!matches("(a = 1 or a = 2) and a = 3", &[("a", "1")]));
        assert!(matches("not a = 2 and a = 1", &[("a", "1")]));
    }

    #[test]
    fn an_unknown_name_is_an_error_at_its_place() {
        let filter = Filter::parse("step = 1 and writer > 2").unwrap();
        assert!(filter.check_names(&["step", "writer"]).is_ok());
        insta::assert_snapshot!(filter.check_names(&["step", "writers"]).unwrap_err(), @"
        error: unknown parameter `writer`
         --> --filter:1:14
          |
        1 | step = 1 and writer > 2
          |              ^^^^^^
          = allowed: step, writers
          = did you mean `writers`?
        ");
    }
}

//! How a workload describes itself: its parameters, their types, ranges and meanings.
//!
//! A spec travels in `hello`, so a foreign program declares its parameters in the same words as a
//! built-in workload. Checking a value against its declaration lives here too, because both ends
//! of the pipe do it.

use serde::{Deserialize, Serialize};

use crate::params::ParamValue;

/// A workload's description of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name that suites use.
    pub name: String,
    /// One sentence: what is done.
    #[serde(default)]
    pub about: String,
    /// The parameters, in the order in which a person would like to read them.
    #[serde(default)]
    pub params: Vec<ParamSpec>,
}

impl Spec {
    /// The declaration of one parameter.
    pub fn param(&self, name: &str) -> Option<&ParamSpec> {
        self.params.iter().find(|param| param.name == name)
    }
}

/// The declaration of one parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamSpec {
    /// The name that suites use.
    pub name: String,
    /// One sentence: what it changes.
    #[serde(default)]
    pub about: String,
    /// Type and range.
    pub kind: Kind,
    /// The value when a suite says nothing; `None` when another parameter decides (a bundle).
    #[serde(default)]
    pub default: Option<ParamValue>,
}

/// Type and range of a parameter. Ranges are inclusive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A whole number, for instance rows or threads.
    Integer {
        /// Smallest value allowed.
        min: i64,
        /// Largest value allowed.
        max: i64,
    },
    /// A number.
    Float {
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// `true` or `false`.
    Bool,
    /// A size in bytes; suites may write "64KiB". Travels as an integer.
    Bytes {
        /// Smallest value allowed, in bytes.
        min: i64,
        /// Largest value allowed, in bytes.
        max: i64,
    },
    /// A length of time; suites may write "250ms". Travels as integer nanoseconds.
    Duration {
        /// Smallest value allowed, in nanoseconds.
        min: i64,
        /// Largest value allowed, in nanoseconds.
        max: i64,
    },
    /// One of a few words.
    Choice {
        /// The words allowed, in their natural order.
        values: Vec<Choice>,
    },
    /// Any text.
    Text,
}

/// One allowed word of a [`Kind::Choice`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The word.
    pub value: String,
    /// What it means; reports use it as the title of a step.
    #[serde(default)]
    pub about: String,
}

impl Kind {
    /// A choice among words that need no explanation.
    pub fn words(values: &[&str]) -> Self {
        Self::titled(&values.iter().map(|value| (*value, "")).collect::<Vec<_>>())
    }

    /// A choice among words, each with its meaning.
    pub fn titled(values: &[(&str, &str)]) -> Self {
        let choice = |&(value, about): &(&str, &str)| Choice {
            value: value.to_owned(),
            about: about.to_owned(),
        };
        Self::Choice { values: values.iter().map(choice).collect() }
    }

    /// Whether `value` has this type and lies in its range.
    ///
    /// # Errors
    /// A fragment that says what is expected, for instance `expected an integer from 1 to 64`.
    pub fn accepts(&self, value: &ParamValue) -> Result<(), String> {
        let fits = match (self, value) {
            (
                Self::Integer { min, max } | Self::Bytes { min, max } | Self::Duration { min, max },
                ParamValue::Integer(n),
            ) => (min..=max).contains(&n),
            (Self::Float { min, max }, ParamValue::Float(x)) => *min <= *x && *x <= *max,
            // OK because a suite that says `2` where a number is asked means 2.0.
            (Self::Float { min, max }, ParamValue::Integer(n)) => {
                (*min..=*max).contains(&(*n as f64))
            }
            (Self::Bool, ParamValue::Bool(_)) | (Self::Text, ParamValue::Text(_)) => true,
            (Self::Choice { values }, ParamValue::Text(word)) => {
                values.iter().any(|choice| choice.value == *word)
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("expected {}", self.expectation())) }
    }

    /// What is allowed, in words.
    pub fn expectation(&self) -> String {
        match self {
            Self::Integer { min, max } if *max >= 1_000_000 => {
                format!("an integer from {min} to {max}, for instance \"1M\"")
            }
            Self::Integer { min, max } => format!("an integer from {min} to {max}"),
            Self::Float { min, max } => format!("a number from {min} to {max}"),
            Self::Bool => "true or false".to_owned(),
            Self::Bytes { min, max } => {
                format!("a size from {min} to {max} bytes, for instance \"64KiB\"")
            }
            Self::Duration { min, max } => {
                format!("a duration from {min} to {max} ns, for instance \"250ms\"")
            }
            Self::Choice { values } => {
                let words: Vec<_> = values.iter().map(|c| format!("\"{}\"", c.value)).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Text => "text".to_owned(),
        }
    }
}

/// Unit of a value. Values are always in the base unit; prefixes appear only when printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// A count of things.
    Count,
    /// Rows.
    Rows,
    /// A pure number, for instance a share of 1.
    Ratio,
}

/// Which direction of a metric is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither; the number only explains.
    #[default]
    Neither,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &Kind, good: &[ParamValue], bad: &[ParamValue]) {
        for value in good {
            assert_eq!(kind.accepts(value), Ok(()), "{kind:?} {value:?}");
        }
        for value in bad {
            let why = kind.accepts(value).unwrap_err();
            assert_eq!(why, format!("expected {}", kind.expectation()), "{value:?}");
        }
    }

    #[test]
    fn kinds_accept_their_range_and_nothing_else() {
        let text = ParamValue::from("a");
        let range = Kind::Integer { min: 1, max: 64 };
        check(&range, &[1.into(), 64.into()], &[0.into(), 65.into(), 1.5.into(), text.clone()]);
        let float = Kind::Float { min: 0.0, max: 1.0 };
        check(&float, &[0.5.into(), 1.into()], &[1.5.into(), 2.into(), f64::NAN.into()]);
        check(&Kind::Bool, &[true.into()], &[1.into(), text.clone()]);
        check(&Kind::Text, std::slice::from_ref(&text), &[1.into()]);
        check(&Kind::words(&["a", "b"]), &[text], &[ParamValue::from("c"), true.into()]);
    }

    #[test]
    fn a_spec_travels_as_json() {
        let spec = Spec {
            name: "w".to_owned(),
            about: String::new(),
            params: vec![ParamSpec {
                name: "step".to_owned(),
                about: "which".to_owned(),
                kind: Kind::titled(&[("00", "baseline"), ("01", "")]),
                default: Some("00".into()),
            }],
        };
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<Spec>(&json).unwrap(), spec);
        assert!(json.contains(r#""type":"choice""#), "{json}");
    }
}

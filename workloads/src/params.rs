//! What all workloads share to read their parameters: the check against a declaration, words, and
//! the number of threads when a suite says nothing.
//!
//! Every workload's `prepare` calls it. It knows no workload; which parameters there are and what
//! they mean is said beside each.

use std::num::NonZero;

use workload_api::{Kind, ParamSpec, ParamValue, Params, Spec, WorkloadError};

/// A type whose values are the words of a parameter.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// Word, meaning, value; in the order in which a person would like to read them.
    const WORDS: &'static [(&'static str, &'static str, Self)];

    /// The value of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(text, ..)| *text == word).map(|(.., value)| *value)
    }

    /// The word of a value.
    fn word(self) -> &'static str {
        // OK because every list holds every value of its type, as a test checks.
        Self::WORDS.iter().find(|(.., value)| *value == self).map_or("", |(text, ..)| *text)
    }
}

/// The declaration of a parameter that is one of a type's words, without a default.
pub(crate) fn word<W: Word>(name: &str, about: &str) -> ParamSpec {
    let words: Vec<_> = W::WORDS.iter().map(|(word, about, _)| (*word, *about)).collect();
    ParamSpec {
        name: name.to_owned(),
        about: about.to_owned(),
        kind: Kind::titled(&words),
        default: None,
    }
}

/// The declaration of a parameter that is one of a type's words.
pub(crate) fn word_or<W: Word>(name: &str, about: &str, default: W) -> ParamSpec {
    ParamSpec { default: Some(default.word().into()), ..word::<W>(name, about) }
}

/// The declaration of a parameter that is a whole number in an inclusive range. Without a default
/// the workload decides when a suite says nothing.
pub(crate) fn integer(
    name: &str,
    about: &str,
    (min, max): (i64, i64),
    default: Option<i64>,
) -> ParamSpec {
    ParamSpec {
        name: name.to_owned(),
        about: about.to_owned(),
        kind: Kind::Integer { min, max },
        default: default.map(ParamValue::Integer),
    }
}

/// The declaration of the number of threads, which is read by [`Declared::threads`]. `about` is a
/// sentence that says whose they are.
pub(crate) fn threads(about: &str) -> ParamSpec {
    let about = format!("{about} Not stated: as many as the process may use.");
    integer("workers", &about, (1, 1024), None)
}

/// Parameters that were checked against their declaration, whose defaults fill the gaps.
pub(crate) struct Declared<'a> {
    params: &'a Params,
    spec: &'a Spec,
}

impl<'a> Declared<'a> {
    /// Checks `params` against `spec`.
    ///
    /// # Errors
    /// When a parameter is unknown to `spec`, of the wrong type or out of its range.
    pub(crate) fn new(params: &'a Params, spec: &'a Spec) -> Result<Self, WorkloadError> {
        refuse_undeclared(params, spec)?;
        Ok(Self { params, spec })
    }

    /// A whole number: stated, or the declared default, or `None`.
    ///
    /// # Errors
    /// When the value is of another type.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<u64>, WorkloadError> {
        let stated = self.params.integer(name)?;
        let default = match self.default(name) {
            Some(ParamValue::Integer(value)) => Some(*value),
            _ => None,
        };
        // OK because a declared range never holds a negative number.
        Ok(stated.or(default).map(|value| value as u64))
    }

    /// A whole number that has a declared default.
    ///
    /// # Errors
    /// When it has none, or the value is of another type.
    pub(crate) fn required(&self, name: &str) -> Result<u64, WorkloadError> {
        self.integer(name)?
            .ok_or_else(|| WorkloadError::new(format!("parameter `{name}` has no default")))
    }

    /// Threads: stated, or as many as this process may use.
    ///
    /// # Errors
    /// When the value is of another type.
    pub(crate) fn threads(&self, name: &str) -> Result<usize, WorkloadError> {
        Ok(self.integer(name)?.map_or_else(available_threads, |threads| threads as usize))
    }

    /// One of a type's words: stated, or the declared default.
    ///
    /// # Errors
    /// When the value is no word, or neither stated nor declared.
    pub(crate) fn word<W: Word>(&self, name: &str) -> Result<W, WorkloadError> {
        let default = match self.default(name) {
            Some(ParamValue::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        self.params.text(name)?.or(default).and_then(W::from_word).ok_or_else(|| {
            WorkloadError::new(format!("parameter `{name}` of {}: no such word", self.spec.name))
        })
    }

    fn default(&self, name: &str) -> Option<&ParamValue> {
        self.spec.param(name).and_then(|param| param.default.as_ref())
    }
}

/// Checks that every parameter is declared and within its range.
///
/// # Errors
/// A message that names the first one that is not, and what was allowed.
pub(crate) fn refuse_undeclared(params: &Params, spec: &Spec) -> Result<(), WorkloadError> {
    for (name, value) in params.iter() {
        let Some(param) = spec.param(name) else {
            let names: Vec<_> = spec.params.iter().map(|param| param.name.as_str()).collect();
            return Err(WorkloadError::new(format!(
                "unknown parameter `{name}` of {}; expected one of {}",
                spec.name,
                names.join(", ")
            )));
        };
        param.kind.accepts(value).map_err(|expected| {
            WorkloadError::new(format!("parameter `{name}`: {expected}, found {value}"))
        })?;
    }
    Ok(())
}

/// Threads that this process may use, at least one.
pub(crate) fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

//! Parameter values and the typed access to them.
//!
//! The harness sends only what a suite says; what a suite leaves out is the workload's to decide
//! (a default, or a bundle such as `step = "08"`).

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// One parameter's value. In JSON it is the plain scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; sizes are bytes, durations are nanoseconds.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A word or any text.
    Text(String),
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value}"),
        }
    }
}

impl Serialize for ParamValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for ParamValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = ParamValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an integer, a number, or true or false")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<ParamValue, E> {
        Ok(ParamValue::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<ParamValue, E> {
        Ok(ParamValue::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<ParamValue, E> {
        i64::try_from(value)
            .map(ParamValue::Integer)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<ParamValue, E> {
        Ok(ParamValue::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<ParamValue, E> {
        Ok(ParamValue::Text(value.to_owned()))
    }
}

impl From<bool> for ParamValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for ParamValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for ParamValue {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for ParamValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// The parameters of one case, by name, in name order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, ParamValue>);

/// A parameter that is missing or has the wrong type.
#[derive(Debug, thiserror::Error)]
#[error("parameter `{name}`: expected {expected}, found {found}")]
pub struct ParamError {
    name: String,
    expected: &'static str,
    found: String,
}

impl Params {
    /// Sets one parameter.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<ParamValue>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a parameter, if the suite gave one.
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.0.get(name)
    }

    /// All parameters in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether no parameter was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A whole number, if given.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, ParamError> {
        self.typed(name, "an integer", |value| match value {
            ParamValue::Integer(n) => Some(*n),
            _ => None,
        })
    }

    /// A number, if given; whole numbers count.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn float(&self, name: &str) -> Result<Option<f64>, ParamError> {
        self.typed(name, "a number", |value| match value {
            ParamValue::Float(x) => Some(*x),
            ParamValue::Integer(n) => Some(*n as f64),
            _ => None,
        })
    }

    /// A text or a word, if given.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn text(&self, name: &str) -> Result<Option<&str>, ParamError> {
        self.typed(name, "a string", |value| match value {
            ParamValue::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A truth value, if given.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn bool(&self, name: &str) -> Result<Option<bool>, ParamError> {
        self.typed(name, "true or false", |value| match value {
            ParamValue::Bool(flag) => Some(*flag),
            _ => None,
        })
    }

    fn typed<'a, T>(
        &'a self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&'a ParamValue) -> Option<T>,
    ) -> Result<Option<T>, ParamError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        match read(value) {
            Some(typed) => Ok(Some(typed)),
            None => Err(ParamError { name: name.to_owned(), expected, found: value.to_string() }),
        }
    }
}

impl<N: Into<String>, V: Into<ParamValue>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(iter: I) -> Self {
        Self(iter.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_plain_scalars_in_json() {
        let params: Params = [
            ("flag", ParamValue::from(true)),
            ("rows", ParamValue::from(10_i64)),
            ("share", ParamValue::from(0.5)),
            ("step", ParamValue::from("08")),
        ]
        .into_iter()
        .collect();
        let json = serde_json::to_string(&params).unwrap();
        assert_eq!(json, r#"{"flag":true,"rows":10,"share":0.5,"step":"08"}"#);
        assert_eq!(serde_json::from_str::<Params>(&json).unwrap(), params);
    }

    #[test]
    fn what_is_no_scalar_is_refused_in_words() {
        let error = serde_json::from_str::<ParamValue>("[1]").unwrap_err().to_string();
        assert!(error.contains("expected a string, an integer"), "{error}");
        let error = serde_json::from_str::<ParamValue>("18446744073709551615").unwrap_err();
        assert!(error.to_string().contains("18446744073709551615"), "{error}");
    }

    #[test]
    fn typed_access_names_the_parameter_and_both_types() {
        let params: Params = [("rows", "many")].into_iter().collect();
        let error = params.integer("rows").unwrap_err().to_string();
        assert_eq!(error, "parameter `rows`: expected an integer, found many");
        assert_eq!(params.integer("other").unwrap(), None);
        assert_eq!(params.text("rows").unwrap(), Some("many"));
    }
}

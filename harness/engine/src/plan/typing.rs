//! A parameter's value against its declaration: what a person wrote becomes the one canonical
//! value, or an error that says what is allowed. The specs decide; this file only reads texts such
//! as "64KiB" and expands ranges.

use std::sync::Arc;

use workload_api::{Kind, ParamValue, Spec};

use crate::suite::{
    Axis, AxisValues, Located, Setting, Source, Stride, SuiteError, bytes, cannot_be, count,
    nanoseconds,
};

/// Most values of one parameter.
pub(super) const VALUES_MAX: usize = 1_000;

/// What is known about the parameters of a case.
#[derive(Clone, Copy)]
pub(super) struct Types<'a> {
    pub(super) source: &'a Arc<Source>,
    /// `None` for a command: any name, any value.
    pub(super) spec: Option<&'a Spec>,
}

/// A parameter that varies, with all its values.
#[derive(Clone, Debug)]
pub(super) struct TypedAxis {
    pub(super) name: Located<String>,
    pub(super) values: Vec<Located<ParamValue>>,
}

/// The canonical value of what was written, if it has the type; ranges are not looked at.
/// A bare number is no duration, because nobody can see its unit.
pub(super) fn canonical(kind: &Kind, value: &ParamValue) -> Option<ParamValue> {
    let integer = |n: Option<i64>| n.map(ParamValue::Integer);
    match (kind, value) {
        (Kind::Integer { .. }, ParamValue::Text(text)) => integer(count(text)),
        (Kind::Bytes { .. }, ParamValue::Text(text)) => integer(bytes(text)),
        (Kind::Duration { .. }, ParamValue::Text(text)) => integer(nanoseconds(text)),
        (Kind::Duration { .. }, ParamValue::Integer(n)) => (*n == 0).then(|| value.clone()),
        (Kind::Float { .. }, ParamValue::Integer(n)) => Some(ParamValue::Float(*n as f64)),
        (Kind::Float { .. }, ParamValue::Float(x)) => x.is_finite().then(|| value.clone()),
        (Kind::Integer { .. } | Kind::Bytes { .. }, ParamValue::Integer(_))
        | (Kind::Bool, ParamValue::Bool(_))
        | (Kind::Choice { .. } | Kind::Text, ParamValue::Text(_)) => Some(value.clone()),
        _ => None,
    }
}

/// The value of a text that was typed without quotes, as options are.
pub(super) fn from_option(kind: &Kind, text: &str) -> Option<ParamValue> {
    let value = match kind {
        Kind::Bool => text.parse().ok().map(ParamValue::Bool),
        Kind::Float { .. } => {
            let number: f64 = text.replace('_', "").parse().ok()?;
            number.is_finite().then_some(ParamValue::Float(number))
        }
        _ => canonical(kind, &ParamValue::Text(text.to_owned())),
    };
    value.filter(|value| kind.accepts(value).is_ok())
}

impl Types<'_> {
    /// The declaration of a parameter; `None` for a command.
    pub(super) fn kind(&self, name: &Located<String>) -> Result<Option<&Kind>, SuiteError> {
        let Some(spec) = self.spec else { return Ok(None) };
        spec.param(&name.value).map(|param| Some(&param.kind)).ok_or_else(|| {
            let message = format!("unknown parameter `{}`", name.value);
            SuiteError::at(self.source, &name.span, message)
                .names(&name.value, spec.params.iter().map(|param| param.name.as_str()))
        })
    }

    pub(super) fn setting(&self, setting: &Setting) -> Result<Setting, SuiteError> {
        let kind = self.kind(&setting.name)?;
        let value = self.value(kind, &setting.name.value, &setting.value)?;
        Ok(Setting { name: setting.name.clone(), value })
    }

    pub(super) fn axis(&self, axis: &Axis) -> Result<TypedAxis, SuiteError> {
        let kind = self.kind(&axis.name)?;
        let name = &axis.name.value;
        let values: Vec<_> = match &axis.values {
            AxisValues::List(list) => {
                list.iter().map(|value| self.value(kind, name, value)).collect::<Result<_, _>>()?
            }
            AxisValues::Range { from, to, stride } => {
                let ends = (self.value(kind, name, from)?, self.value(kind, name, to)?);
                let values = match (&ends.0.value, &ends.1.value) {
                    (ParamValue::Integer(_), ParamValue::Integer(_)) => {
                        self.integers(kind, (&ends.0, &ends.1), stride)?
                    }
                    (
                        ParamValue::Float(_) | ParamValue::Integer(_),
                        ParamValue::Float(_) | ParamValue::Integer(_),
                    ) => self.floats((&ends.0, &ends.1), stride)?,
                    _ => {
                        let message = format!("`{name}` has no ranges");
                        return Err(SuiteError::at(self.source, &axis.span, message)
                            .allowed("a list of its values"));
                    }
                };
                values.into_iter().map(|value| Located::new(value, axis.span.clone())).collect()
            }
        };
        if values.len() > VALUES_MAX {
            let message = format!("`{name}` has too many values");
            return Err(SuiteError::at(self.source, &axis.span, message)
                .allowed(format!("at most {VALUES_MAX}")));
        }
        Ok(TypedAxis { name: axis.name.clone(), values })
    }

    fn value(
        &self,
        kind: Option<&Kind>,
        name: &str,
        value: &Located<ParamValue>,
    ) -> Result<Located<ParamValue>, SuiteError> {
        let Some(kind) = kind else { return Ok(value.clone()) };
        let fits = canonical(kind, &value.value).filter(|value| kind.accepts(value).is_ok());
        fits.map(|fitting| value.with(fitting)).ok_or_else(|| {
            let error = cannot_be(self.source, &value.span, name).allowed(kind.expectation());
            match kind {
                Kind::Choice { values } => {
                    let words = values.iter().map(|choice| choice.value.as_str());
                    error.suggest(&value.value.to_string(), words)
                }
                _ => error,
            }
        })
    }

    /// A range of whole numbers, sizes or durations.
    fn integers(
        &self,
        kind: Option<&Kind>,
        (from, to): (&Located<ParamValue>, &Located<ParamValue>),
        stride: &Stride,
    ) -> Result<Vec<ParamValue>, SuiteError> {
        let (first, last) = (whole(&from.value), whole(&to.value));
        if first > last {
            return Err(self.backwards(from, to));
        }
        let next: Box<dyn Fn(i64) -> Option<i64>> = match stride {
            Stride::Times(times) => {
                let factor = match times.value {
                    ParamValue::Integer(n) if n >= 2 => n,
                    _ => return Err(self.stride("times", times, "a whole number of at least 2")),
                };
                if first < 1 {
                    return Err(SuiteError::at(
                        self.source,
                        &from.span,
                        "a range with `times` begins above zero",
                    ));
                }
                Box::new(move |n| n.checked_mul(factor))
            }
            Stride::Step(step) => {
                // "64KiB" may be a step of sizes, "1ms" a step of durations.
                let step_value = match kind {
                    Some(kind) => canonical(kind, &step.value),
                    None => Some(step.value.clone()),
                };
                let add = match step_value {
                    Some(ParamValue::Integer(n)) if n >= 1 => n,
                    _ => return Err(self.stride("step", step, "a whole number of at least 1")),
                };
                Box::new(move |n| n.checked_add(add))
            }
        };
        let inside = |n: &i64| *n <= last;
        let values = std::iter::successors(Some(first), |n| next(*n).filter(inside));
        // One more than allowed is enough to see that there are too many.
        Ok(values.take(VALUES_MAX + 1).map(ParamValue::Integer).collect())
    }

    fn floats(
        &self,
        (from, to): (&Located<ParamValue>, &Located<ParamValue>),
        stride: &Stride,
    ) -> Result<Vec<ParamValue>, SuiteError> {
        let (first, last) = (real(&from.value), real(&to.value));
        if first > last {
            return Err(self.backwards(from, to));
        }
        // Sums and products of floats miss the end by a rounding error; it belongs to the range.
        let reach = last + (last - first).abs() * 1e-9;
        let at: Box<dyn Fn(i32) -> f64> = match stride {
            Stride::Times(times) => {
                let factor = real(&times.value);
                if !(factor > 1.0 && first > 0.0) {
                    return Err(self.stride("times", times, "a number above 1, from above zero"));
                }
                Box::new(move |n| first * factor.powi(n))
            }
            Stride::Step(step) => {
                let add = real(&step.value);
                if !(add > 0.0 && first + add > first) {
                    return Err(self.stride("step", step, "a number above 0"));
                }
                Box::new(move |n| first + add * f64::from(n))
            }
        };
        let limit = i32::try_from(VALUES_MAX).unwrap_or(i32::MAX);
        let values = (0..=limit).map(at).take_while(|x| *x <= reach);
        Ok(values.map(|x| ParamValue::Float(x.min(last))).collect())
    }

    fn backwards(&self, from: &Located<ParamValue>, to: &Located<ParamValue>) -> SuiteError {
        SuiteError::at(self.source, &to.span, "the range ends before it begins")
            .allowed(format!("at least {}", from.value))
    }

    fn stride(&self, key: &str, found: &Located<ParamValue>, allowed: &str) -> SuiteError {
        cannot_be(self.source, &found.span, key).allowed(allowed)
    }
}

fn whole(value: &ParamValue) -> i64 {
    match value {
        ParamValue::Integer(n) => *n,
        _ => 0,
    }
}

/// NaN for what is no number, so that every comparison with it fails.
fn real(value: &ParamValue) -> f64 {
    match value {
        ParamValue::Integer(n) => *n as f64,
        ParamValue::Float(x) => *x,
        ParamValue::Bool(_) | ParamValue::Text(_) => f64::NAN,
    }
}

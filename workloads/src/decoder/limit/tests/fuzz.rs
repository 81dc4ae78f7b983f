//! Documents at random: both parsers against what serde_json makes of any document, and against each
//! other when bytes of it are changed.
//!
//! `DYNO_FUZZ_SECONDS=60 cargo test -p workloads fuzz::` looks for as long as that.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value as Json;

use super::super::super::date::Date;
use super::super::super::decoded::{Decoded, Output, Target};
use super::super::super::numbers::{timestamp, timestamp_text};
use super::super::super::schema::{Field, Shape, Type};
use super::super::super::value::Value;
use super::check;

/// What serde_json alone makes of a value, by what each type means; `None` where that is no value of
/// the type.
fn model(json: &Json, of: &Type) -> Option<Value> {
    Some(match (of, json) {
        (_, Json::Null) => Value::Null,
        (Type::Boolean, Json::Bool(value)) => Value::Boolean(*value),
        (Type::Integer, Json::Number(number)) => Value::Integer(number.as_i64()?),
        (Type::Double, Json::Number(number)) => Value::Double(number.as_f64()?),
        (Type::Double, Json::String(text)) => {
            let known = ["NaN", "Infinity", "-Infinity"].contains(&text.as_str());
            Value::Double(known.then(|| text.parse().ok())??)
        }
        (Type::Decimal { scale, .. }, Json::String(text)) => {
            let places = text.len().checked_sub(1 + usize::from(*scale))?;
            let is_point = text.as_bytes()[places] == b'.';
            Value::Decimal(is_point.then(|| text.replace('.', "").parse().ok())??)
        }
        (Type::Text, Json::String(text)) => Value::Text(text.clone()),
        // Both are tested on their own, with each a text of one form.
        (Type::Date, Json::String(text)) => Value::Date(Date::parse(text)?.0),
        (Type::Timestamp, Json::String(text)) => Value::Timestamp(timestamp(text.as_bytes())?),
        (Type::List(of), Json::Array(items)) => {
            Value::List(items.iter().map(|item| model(item, of)).collect::<Option<_>>()?)
        }
        (Type::Row(fields), Json::Array(items)) => Value::Row(model_row(items, fields)?),
        _ => return None,
    })
}

fn model_row(items: &[Json], fields: &[Field]) -> Option<Vec<Value>> {
    let fits = items.len() == fields.len();
    let values = || items.iter().zip(fields).map(|(item, field)| model(item, &field.of)).collect();
    fits.then(values)?
}

/// A value as a server may write it, or as it should not.
fn value(of: &'static Type) -> BoxedStrategy<Json> {
    let usual = match of {
        Type::Boolean => any::<bool>().prop_map(Json::from).boxed(),
        Type::Integer => {
            prop_oneof![any::<i64>(), -10..10_000_000_i64].prop_map(Json::from).boxed()
        }
        Type::Double => {
            let special = prop_oneof![Just("NaN"), Just("Infinity"), Just("-Infinity")];
            let plain = (-1_000_000..1_000_000_i32, 0..8_i32)
                .prop_map(|(number, places)| f64::from(number) / 10_f64.powi(places));
            prop_oneof![
                4 => any::<f64>().prop_map(Json::from),
                4 => plain.prop_map(Json::from),
                1 => special.prop_map(Json::from),
            ]
            .boxed()
        }
        &Type::Decimal { precision, scale } => {
            let digits = usize::from(precision - scale);
            let whole = proptest::string::string_regex(&format!("-?[0-9]{{1,{digits}}}"));
            let places = proptest::string::string_regex(&format!("[0-9]{{{scale}}}"));
            (whole.unwrap(), places.unwrap())
                .prop_map(|(whole, places)| Json::from(format!("{whole}.{places}")))
                .boxed()
        }
        Type::Date => (1..=9999, 1..=12, 1..=28)
            .prop_map(|(year, month, day)| Json::from(format!("{year:04}-{month:02}-{day:02}")))
            .boxed(),
        Type::Timestamp => (0..4_000_000_000_000_000_i64)
            .prop_map(|micros| Json::from(timestamp_text(micros)))
            .boxed(),
        Type::Text => any::<String>().prop_map(Json::from).boxed(),
        Type::List(of) => proptest::collection::vec(value(of), 0..4).prop_map(Json::from).boxed(),
        Type::Row(fields) => values(fields).prop_map(Json::from).boxed(),
    };
    let wrong =
        prop_oneof![Just(Json::from(1.5)), Just(Json::from("x")), Just(Json::from(vec![0]))];
    prop_oneof![200 => usual, 20 => Just(Json::Null), 1 => wrong].boxed()
}

fn values(fields: &'static [Field]) -> BoxedStrategy<Vec<Json>> {
    fields.iter().map(|field| value(&field.of)).collect::<Vec<_>>().boxed()
}

/// A document of rows, as serde_json writes it, and places where bytes are changed after that.
fn document(
    shape: Shape,
) -> impl Strategy<Value = (Vec<Vec<Json>>, Vec<(prop::sample::Index, u8)>)> {
    let rows = proptest::collection::vec(values(shape.fields()), 0..4);
    (rows, proptest::collection::vec(any::<(prop::sample::Index, u8)>(), 0..3))
}

/// Both parsers against the model, and with bytes changed against each other.
fn judge(
    shape: Shape,
    (rows, changes): (Vec<Vec<Json>>, Vec<(prop::sample::Index, u8)>),
) -> Result<(), TestCaseError> {
    let mut json = serde_json::to_vec(&rows).unwrap();
    let fields = shape.fields();
    let modelled: Option<Vec<_>> = rows.iter().map(|row| model_row(row, fields)).collect();
    let modelled = modelled.map(|rows| Decoded::Rows(rows).digest(fields, 0));
    let careful = Target { shape, output: Output::Rows }.parse(&json, 0).ok();
    prop_assert_eq!(careful.map(|rows| rows.digest(fields, 0)), modelled);
    check(shape, &json);
    for (at, byte) in changes {
        let at = at.index(json.len());
        json[at] = byte;
        check(shape, &json);
    }
    Ok(())
}

/// Few cases in a usual run of the tests; as many as there is time for where that is asked.
#[test]
fn documents_at_random_are_the_same_to_both_parsers_and_to_serde_json() {
    let seconds = std::env::var("DYNO_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let mut cases = 0;
    loop {
        for shape in [Shape::Lineitem, Shape::Nested] {
            // A runner counts its cases from its beginning: each has other random numbers.
            let mut runner = TestRunner::new(config.clone());
            let judged = runner.run(&document(shape), |document| judge(shape, document));
            assert!(judged.is_ok(), "{}", judged.unwrap_err());
            cases += config.cases;
        }
        if Instant::now() >= end {
            break;
        }
    }
    println!("{cases} documents, and each with bytes changed");
}

//! What the careful parser takes, refuses and says. `limit` is held against it in `limit/tests.rs`, and
//! it against plain serde_json there too.

use super::super::decoded::{Decoded, Output, Target};
use super::super::schema::Shape;
use super::super::value::Value;
use super::*;

const LINEITEM: &str = r#"[1,null,-3,4,"17.00","21168.23","0.04",null,"N","O","1996-03-13",null,
    "1996-03-22","DELIVER IN PERSON","TRUCK","\u00e9\ud83d\ude00 \"x\" \\ \n"]"#;

const NESTED: &str = r#"[1,"2024-02-29 12:34:56.000007","2024-02-29",true,1.5,
    "-1.000000001",["café",[1.25,null]],["a",null],[["x",2,"0.50"],null],[1,"NaN",-2e3]]"#;

fn parse(shape: Shape, json: &str) -> Result<Vec<Row>, String> {
    let rows = Target { shape, output: Output::Rows }.parse(json.as_bytes(), 1)?;
    let columns = Target::columns(shape).parse(json.as_bytes(), 1)?;
    let fields = shape.fields();
    let digest = rows.digest(fields, 3);
    assert_eq!(digest, columns.digest(fields, 3), "columns hold other values than rows");
    match rows {
        Decoded::Rows(rows) => Ok(rows),
        Decoded::Columns(_) => unreachable!("rows were asked for"),
    }
}

fn error(shape: Shape, row: &str, from: &str, to: &str) -> String {
    assert!(row.contains(from), "{from}");
    parse(shape, &format!("[{}]", row.replacen(from, to, 1))).unwrap_err()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn values_arrive_in_their_types() {
    let rows = parse(Shape::Lineitem, &format!("[{LINEITEM}]")).unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row[0].clone(), row[1].clone()), (Value::Integer(1), Value::Null));
    assert_eq!(row[2], Value::Integer(-3));
    assert_eq!(row[5], Value::Decimal(2_116_823));
    assert_eq!((row[10].clone(), row[11].clone()), (Value::Date(9568), Value::Null));
    assert_eq!(row[15], text("é😀 \"x\" \\ \n"));
    assert_eq!(parse(Shape::Lineitem, " [ ] ").unwrap(), Vec::<Row>::new());
}

#[test]
fn arrays_and_rows_arrive_with_their_nulls() {
    let rows = parse(Shape::Nested, &format!("[{NESTED}]")).unwrap();
    let row = &rows[0];
    assert_eq!(row[1], Value::Timestamp(1_709_210_096_000_007));
    assert_eq!(
        row[3..6],
        [Value::Boolean(true), Value::Double(1.5), Value::Decimal(-1_000_000_001)]
    );
    let place = Value::Row(vec![Value::Double(1.25), Value::Null]);
    assert_eq!(row[6], Value::Row(vec![text("café"), place]));
    assert_eq!(row[7], Value::List(vec![text("a"), Value::Null]));
    let line = Value::Row(vec![text("x"), Value::Integer(2), Value::Decimal(50)]);
    assert_eq!(row[8], Value::List(vec![line, Value::Null]));
    let Value::List(samples) = &row[9] else { panic!("{row:?}") };
    assert!(matches!(samples[..], [Value::Double(1.0), Value::Double(nan), Value::Double(-2000.0)]
        if nan.is_nan()));
    let nulls = format!("[[{}]]", ["null"; 10].join(","));
    assert_eq!(parse(Shape::Nested, &nulls).unwrap(), [vec![Value::Null; 10]]);
}

#[test]
fn what_does_not_fit_is_refused_with_the_column_or_the_reason() {
    let check = |from: &str, to: &str, expect: &str| {
        let error = error(Shape::Lineitem, LINEITEM, from, to);
        assert!(error.contains(expect), "{error}");
    };
    check("[1,", "[1.5,", "an integer of 64 bits or null for `orderkey`");
    check("[1,", "[18446744073709551615,", "or null for `orderkey`");
    check("[1,", "[\"1\",", "or null for `orderkey`");
    check("[1,", "[[1],", "or null for `orderkey`");
    check("\"17.00\"", "17", "a number of two decimals or null for `quantity`");
    check("\"17.00\"", "\"17.0\"", "or null for `quantity`");
    check("1996-03-13", "1996-13-13", "a date as 1996-03-13 or null for `shipdate`");
    check("\"N\"", "true", "a string or null for `returnflag`");
    check("[1,", "[", "or null for `linenumber`");
    check("[1,", "[1,1,", "or null for `quantity`");
    check("\"TRUCK\",", "", "a row of 15 values, not 16");
    check("\\n\"]", "\\n\",0]", "a row of more than 16 values");
    check("\\n\"]", "\\n\"", "EOF");
    let whole = |json: &str| parse(Shape::Lineitem, json).unwrap_err();
    assert!(whole("{}").contains("an array of rows"));
    assert!(whole("[1]").contains("a row, which is an array of 16 values"));
    assert!(whole("[] []").contains("trailing"));
    assert!(whole("").contains("EOF"));
}

#[test]
fn what_does_not_fit_within_a_value_is_refused_with_its_column() {
    let check = |from: &str, to: &str, expect: &str| {
        let error = error(Shape::Nested, NESTED, from, to);
        assert!(error.contains(expect), "{error}");
    };
    check("12:34:56.000007", "12:34:56", "a time as 1996-03-13 17:04:59.000001 or null for `at`");
    check("true", "1", "true, false or null for `open`");
    check("1.5", "\"1.5\"", "\"-Infinity\" or null for `score`");
    check("1.5", "1e999", "out of range");
    check(
        "-1.000000001",
        "-1.0",
        "a decimal of 38 digits, 9 behind the point or null for `balance`",
    );
    check("[1.25,null]", "[1.25]", "a row of 1 values, not 2");
    check("[1.25,null]", "[1.25,null,1]", "a row of more than 2 values");
    check("[\"a\",null]", "\"a\"", "an array or null for `tags`");
    check("[\"a\",null]", "[1]", "a string or null for `tags`");
    check(
        "[\"x\",2,\"0.50\"]",
        "[\"x\",\"2\",\"0.50\"]",
        "an integer of 64 bits or null for `lines`",
    );
    check("[\"x\",2,\"0.50\"]", "7", "an array of 3 values or null for `lines`");
}

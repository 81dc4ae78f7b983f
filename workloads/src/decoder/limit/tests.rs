//! The parser of `limit` against the careful one: the same documents, values and errors, whatever stands
//! in place of any byte.

use super::super::decoded::Output;
use super::super::schema::Shape;
use super::super::segment::Codec;
use super::*;

mod fuzz;

const LINEITEM: &str = r#"[1,null,34,4,"17.00","21168.23","0.04",null,"N","O","1996-03-13",null,"1996-03-22","DELIVER IN PERSON","TRUCK","\u00e9 \"x\" \\ \n"]"#;

const NESTED: &str = r#"[7,"2024-02-29 12:34:56.000007","2024-02-29",true,1.5,"-12.000000001",["café \"x\"",[1.25,null]],["a",null,""],[["x",2,"0.50"],null],[1,"NaN",-2e3,0.1]]"#;

fn row(shape: Shape) -> &'static str {
    if shape == Shape::Lineitem { LINEITEM } else { NESTED }
}

/// Whether the direct parser takes a document. Taken or not, the limit must say the same of it as
/// the careful parser, to the word, for columns and for rows.
fn check(shape: Shape, json: &[u8]) -> bool {
    let rows = serde_json::from_slice::<Vec<serde_json::Value>>(json).map_or(1, |rows| rows.len());
    let segment = Segment::encode(Codec::None, json.to_vec(), (7, rows as u64)).unwrap();
    let mut unpacker = Unpacker::new().unwrap();
    let said = [Output::Columns, Output::Rows].map(|output| {
        let target = Target { shape, output };
        let digest = |decoded: Decoded| decoded.digest(shape.fields(), 7).to_string();
        let careful = segment.decode(target).map(digest);
        let fast = one(&segment, target, &mut unpacker).map(digest);
        assert_eq!(fast, careful, "{}", json.escape_ascii());
        fast
    });
    let [columns, rows] = &said;
    assert_eq!(columns, rows, "{}", json.escape_ascii());
    let padded = [json, &[b']'; PADDING]].concat();
    let taken = direct::rows(&padded, shape.fields(), 0).is_some();
    assert!(!taken || columns.is_ok(), "{}", json.escape_ascii());
    assert_eq!(taken, direct::columns(&padded, shape.fields(), 0).is_some());
    taken
}

#[test]
fn what_servers_write_is_taken_directly() {
    for shape in [Shape::Lineitem, Shape::Nested] {
        let plain = row(shape).replace("\\u00e9", "é😀");
        for json in ["[]".to_owned(), format!("[{plain}]"), format!("[{plain},{plain},{plain}]")] {
            assert!(check(shape, json.as_bytes()), "{json}");
        }
        assert!(check(shape, &shape.json(5, 0, 300)), "{shape:?}");
    }
}

#[test]
fn whatever_is_unusual_or_wrong_is_what_the_careful_parser_says() {
    let integers = [
        "-1",
        "12345678",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "01",
        "0",
        "-0",
        "1.0",
        "1e2",
        " 1 ",
        "",
        "-",
        "nul",
        "nullx",
        "\"1\"",
        "true",
        "[1]",
    ];
    let decimals = [
        "-17.00",
        "007.00",
        "17.0",
        "17.000",
        ".00",
        "1234567.89",
        "12345678.90",
        "1a.00",
        "17.a0",
        "9999999999999999.99",
        "10000000000000000.00",
        "17.00 ",
        "1\\u0037.00",
    ];
    let dates = ["1996-02-30", "2000-02-29", "1996-3-13", "0000-01-01", "1996-03-1x", ""];
    let texts = [
        "",
        "sixteen bytes of",
        "\\ud83d\\ude00",
        "\\ud83d",
        "a\tb",
        "\\x",
        "\\/\\b\\f",
        "\u{7f}é",
    ];
    let ends = ["\\n\",0]", "\\n\"", "\\n", "\\n\"],", "\\n\"]]", "\\n\"]\u{0}"];
    let all = [
        ("[1,", &integers[..], "[", ","),
        ("17.00", &decimals, "", ""),
        ("1996-03-13", &dates, "", ""),
        ("TRUCK", &texts, "", ""),
        ("\\n\"]", &ends, "", ""),
    ];
    for (from, tos, before, behind) in all {
        for to in tos {
            let changed = LINEITEM.replacen(from, &format!("{before}{to}{behind}"), 1);
            check(Shape::Lineitem, format!("[{changed}]").as_bytes());
            check(Shape::Lineitem, format!("[{LINEITEM},{changed}]").as_bytes());
        }
    }
    for json in ["", "[", "{}", "[1]", "[[]]", " []", "[] ", "[] []", "[,]", "null", "]"] {
        check(Shape::Lineitem, json.as_bytes());
    }
}

#[test]
fn doubles_times_and_what_is_within_arrays_are_what_the_careful_parser_says() {
    let doubles = [
        "0",
        "-0",
        "-0.0",
        "0.1",
        "1",
        "123456789.123456",
        "1234567890.1234567",
        "1e5",
        "1E+5",
        "1e-400",
        "1e400",
        "-1e400",
        "1.",
        ".5",
        "01.5",
        "1.5e",
        "1.5e+",
        "-",
        "\"Infinity\"",
        "\"-Infinity\"",
        "\"NaN\"",
        "\"nan\"",
        "NaN",
        "12345678901234567890",
        "-1.7976931348623157e308",
        "123456789012345678901234567890",
        "2.2250738585072011e-308",
        "9007199254740993.0",
        "1.5x",
    ];
    let times = [
        "2024-02-29 24:00:00.000000",
        "2024-02-30 12:00:00.000000",
        "2024-02-29 12:34:56",
        "0001-01-01 00:00:00.000000",
        "9999-12-31 23:59:59.999999",
        "2024-02-29 12:34:56.0000071",
    ];
    let decimals =
        ["1.0", "-0.000000001", "99999999999999999999999999999.999999999", "1e9.000000000"];
    let within =
        ["[]", "[null]", "null", "[\"a\"", "[\"a\",]", "[,]", "[[]]", "[ ]", "{}", "[\"a\" ]"];
    let rows = ["null", "[\"x\"]", "[\"x\",null]", "[\"x\",[1.5,2]]", "[\"x\",[1,2],3]", "[]"];
    let all = [
        ("1.5", &doubles[..]),
        ("2024-02-29 12:34:56.000007", &times),
        ("-12.000000001", &decimals),
        ("[\"a\",null,\"\"]", &within),
        ("[\"café \\\"x\\\"\",[1.25,null]]", &rows),
        ("true", &["false", "null", "t", "f", "0", "\"true\""]),
    ];
    for (from, tos) in all {
        assert!(NESTED.contains(from), "{from}");
        for to in tos {
            let changed = NESTED.replacen(from, to, 1);
            check(Shape::Nested, format!("[{changed}]").as_bytes());
            check(Shape::Nested, format!("[{NESTED},{changed}]").as_bytes());
        }
    }
}

#[test]
fn a_document_cut_anywhere_is_what_the_careful_parser_says() {
    for shape in [Shape::Lineitem, Shape::Nested] {
        let whole = format!("[{0},{0}]", row(shape));
        for length in 0..whole.len() {
            check(shape, &whole.as_bytes()[..length]);
        }
    }
}

#[test]
fn any_byte_in_place_of_one_is_what_the_careful_parser_says() {
    for shape in [Shape::Lineitem, Shape::Nested] {
        let whole = format!("[{}]", row(shape)).into_bytes();
        for at in 0..whole.len() {
            for byte in b"\0\t \"\\,.-09[]{}:naeE+Z~\x80\xc3\xff" {
                let mut changed = whole.clone();
                changed[at] = *byte;
                check(shape, &changed);
            }
        }
    }
}

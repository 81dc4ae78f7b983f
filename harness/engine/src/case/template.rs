//! `{name}` in the texts of a command runner: which parameters a text names, and the text with
//! their values in it. `{{` and `}}` stand for one brace.
//!
//! The suite checks every text with [`placeholders`] before a plan exists; the worker side fills
//! them with [`substitute`]. Pure: no environment, no shell.

use workload_api::Params;

/// Names that stand for something in every command without being parameters: the directory for
/// what the sample writes, and the seed. Whoever fills a text sets them.
pub const GIVEN: [&str; 2] = ["data_dir", "seed"];

/// Why a text with braces cannot be understood, as a fragment for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{` without `}`, or with something other than a name between them.
    #[error(
        "`{{` begins a parameter such as `{{rows}}`; a brace that means itself is written `{{{{`"
    )]
    Open,
    /// `}` without `{`.
    #[error("`}}` ends nothing; a brace that means itself is written `}}}}`")]
    Close,
}

/// The names between braces, in the order in which they stand, repeats included.
///
/// # Errors
/// When a brace stands alone, or what stands between braces is no name.
pub fn placeholders(text: &str) -> Result<Vec<String>, TemplateError> {
    let mut names = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Name(name) => names.push(name.to_owned()),
            Piece::Stray('}') => return Err(TemplateError::Close),
            Piece::Stray(_) => return Err(TemplateError::Open),
            Piece::Text(_) => {}
        }
    }
    Ok(names)
}

/// The text with the values of the parameters in place of their names. A name that is no parameter
/// stays as it is; a suite that was checked has none.
pub fn substitute(text: &str, params: &Params) -> String {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Stray(brace) => filled.push(brace),
            Piece::Name(name) => match params.get(name) {
                Some(value) => filled.push_str(&value.to_string()),
                None => filled.push_str(&format!("{{{name}}}")),
            },
        }
    }
    filled
}

/// Whether a parameter of a command may be called so.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
    Stray(char),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let (piece, used) = braces(&rest[at..]);
        pieces.push(piece);
        rest = &rest[at + used..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// What a text that begins with a brace begins with, and its length in bytes.
fn braces(text: &str) -> (Piece<'_>, usize) {
    if text.starts_with("{{") || text.starts_with("}}") {
        return (Piece::Text(&text[..1]), 2);
    }
    if text.starts_with('}') {
        return (Piece::Stray('}'), 1);
    }
    match text.find('}').map(|end| &text[1..end]) {
        Some(name) if is_name(name) => (Piece::Name(name), name.len() + 2),
        _ => (Piece::Stray('{'), 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_in_braces_becomes_the_value() {
        let mut params = Params::default();
        params.set("rows", 7);
        params.set("file", "a b");
        assert_eq!(substitute("sort -n{rows} {file}", &params), "sort -n7 a b");
        assert_eq!(substitute("awk {{print}}", &params), "awk {print}");
        assert_eq!(substitute("{other}", &params), "{other}");
    }

    #[test]
    fn a_brace_that_stands_alone_is_an_error() {
        assert_eq!(placeholders("{a} {b-c} {a}").unwrap(), ["a", "b-c", "a"]);
        assert_eq!(placeholders("awk {print $1}"), Err(TemplateError::Open));
        assert_eq!(placeholders("{"), Err(TemplateError::Open));
        assert_eq!(placeholders("a}"), Err(TemplateError::Close));
        assert_eq!(placeholders("{{}}").unwrap(), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn a_text_with_its_braces_doubled_comes_back_as_it_was(text in ".{0,40}") {
            let doubled = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(substitute(&doubled, &Params::default()), text);
            prop_assert!(placeholders(&doubled).unwrap().is_empty());
        }

        #[test]
        fn any_text_is_understood_or_refused_without_a_panic(text in "[{}a-c -]{0,20}") {
            let _ = placeholders(&text);
            let _ = substitute(&text, &Params::default());
        }
    }
}

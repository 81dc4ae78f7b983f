//! A command line in one text, split into words as a shell splits them: quotes and backslashes,
//! but no variables, no globs and no pipes. Only the check of runners calls it.

/// Why a command line cannot be split, as a fragment for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordsError {
    /// A quote that is never closed.
    #[error("the quote {0} is never closed")]
    Quote(char),
    /// Nothing follows the last backslash.
    #[error("the last backslash has nothing to protect")]
    Backslash,
}

/// The words of a text. Inside '...' everything is itself; inside "..." a backslash protects `"`
/// and `\`; outside a backslash protects any character.
pub(crate) fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' | '"' => quoted(c, &mut chars, word.get_or_insert_default())?,
            '\\' => {
                let protected = chars.next().ok_or(WordsError::Backslash)?;
                word.get_or_insert_default().push(protected);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(
    quote: char,
    chars: &mut std::str::Chars<'_>,
    word: &mut String,
) -> Result<(), WordsError> {
    let unclosed = WordsError::Quote(quote);
    loop {
        match chars.next().ok_or(unclosed)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => match chars.next().ok_or(unclosed)? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        assert_eq!(split("sort -k 1,2  {file}").unwrap(), ["sort", "-k", "1,2", "{file}"]);
        assert_eq!(split(r#"a 'b c' "d \" e" f\ g "#).unwrap(), ["a", "b c", "d \" e", "f g"]);
        assert_eq!(split(r#"'' "" x''y"#).unwrap(), ["", "", "xy"]);
        assert_eq!(split("  ").unwrap(), Vec::<String>::new());
        assert_eq!(split("a 'b"), Err(WordsError::Quote('\'')));
        assert_eq!(split("a \\"), Err(WordsError::Backslash));
    }

    proptest! {
        #[test]
        fn quoted_words_come_back_as_they_were(words in prop::collection::vec("[^']{0,10}", 0..5)) {
            let line: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            prop_assert_eq!(split(&line.join(" ")).unwrap(), words);
        }
    }
}

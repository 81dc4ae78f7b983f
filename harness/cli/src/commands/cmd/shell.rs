//! Whether a command line asks for a shell: pipes, redirections, variables, wildcards outside of
//! quotes. dyno starts commands itself, so that no shell's start is in the numbers, and says so
//! where that is probably not what was meant.

/// What of a text only a shell would understand, in words; `None` where nothing is.
///
/// Quotes and backslashes protect as they do in `sh`, which is also how dyno splits the text.
pub(super) fn syntax(text: &str) -> Option<String> {
    let mut quote = None;
    let mut chars = text.trim().chars();
    let mut at_word = true;
    let mut assigns = text.trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    while let Some(c) = chars.next() {
        let begins_word = std::mem::replace(&mut at_word, c.is_whitespace());
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (_, '\\') => {
                chars.next();
            }
            (_, '$' | '`') => return Some(quoted(c)),
            (Some(_), _) => {}
            (None, '|' | '<' | '>' | '&' | ';' | '*' | '?' | '(' | ')') => return Some(quoted(c)),
            (None, '~' | '#') if begins_word => return Some(quoted(c)),
            (None, '\n') => return Some("more than one line".to_owned()),
            (None, '=') if assigns => return Some("a variable before the program".to_owned()),
            (None, _) => {}
        }
        assigns &= c.is_ascii_alphanumeric() || c == '_';
    }
    None
}

fn quoted(c: char) -> String {
    format!("`{c}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_expand_is_found() {
        for (text, found) in [
            ("grep -R TODO *", "`*`"),
            ("cat f | wc -l", "`|`"),
            ("sort < f", "`<`"),
            ("echo $HOME", "`$`"),
            ("echo \"$HOME\"", "`$`"),
            ("ls ~/x", "`~`"),
            ("a; b", "`;`"),
            ("LC_ALL=C sort f", "a variable before the program"),
            ("a\nb", "more than one line"),
            ("(cd x)", "`(`"),
        ] {
            assert_eq!(syntax(text).as_deref(), Some(found), "{text}");
        }
    }

    #[test]
    fn what_is_quoted_or_plain_is_left_alone() {
        for text in [
            "sleep 0.1",
            "awk '{print $1 * 2}' f",
            "grep 'a|b' f",
            "grep \"a|b\" f",
            "echo \\$HOME \\*",
            "cc -O2 -DX=1 main.c",
            "a~b x#y",
            "make -j {threads}",
            "  true  ",
            "",
        ] {
            assert_eq!(syntax(text), None, "{text}");
        }
    }
}

//! The recursive-descent parser of expressions. Only `expression.rs` calls it.
//!
//! Nesting and length are limited, so that no text can exhaust the stack.

use std::sync::Arc;

use regex_lite::Regex;

use super::{Comparison, Expression, KEYWORDS, OPERATORS, Operator};
use crate::suite::{Located, Source, Span, SuiteError};

/// Deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 64;

/// Longest expression, in bytes.
const BYTES_MAX: usize = 10_000;

/// The expression of a text, all of it.
pub(super) fn parse(source: &Arc<Source>) -> Result<Expression, SuiteError> {
    if source.text.len() > BYTES_MAX {
        let message = format!("an expression has at most {BYTES_MAX} bytes");
        return Err(SuiteError::at(source, &(0..0), message));
    }
    let mut parser = Parser { source, at: 0, depth: 0 };
    let expression = parser.any()?;
    match parser.next()? {
        Token::End => Ok(expression),
        _ => Err(parser.unexpected("`and`, `or` or the end")),
    }
}

/// Characters of a name or value that needs no quotes.
pub(super) fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || "_-+.:/%@*,^$|?".contains(c)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Operator(Operator),
    Bare(String),
    Quoted(String),
    End,
}

struct Parser<'a> {
    source: &'a Arc<Source>,
    /// Where the next token begins, or blanks before it.
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Expression, SuiteError> {
        self.list("or", Self::all, Expression::Any)
    }

    fn all(&mut self) -> Result<Expression, SuiteError> {
        self.list("and", Self::not, Expression::All)
    }

    /// One term, or several with a keyword between them.
    fn list(
        &mut self,
        keyword: &str,
        term: impl Fn(&mut Self) -> Result<Expression, SuiteError>,
        join: impl Fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, SuiteError> {
        let first = term(self)?;
        let mut terms = vec![first];
        while self.take_keyword(keyword)? {
            terms.push(term(self)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { join(terms) })
    }

    fn not(&mut self) -> Result<Expression, SuiteError> {
        self.deeper()?;
        let expression = if self.take_keyword("not")? {
            Expression::Not(Box::new(self.not()?))
        } else if self.next()? == Token::Open {
            self.skip()?;
            let inner = self.any()?;
            if self.next()? != Token::Close {
                return Err(self.unexpected("`and`, `or` or `)`"));
            }
            self.skip()?;
            inner
        } else {
            self.compare()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn compare(&mut self) -> Result<Expression, SuiteError> {
        let name = self.word("a comparison such as `step >= 05`")?;
        let Token::Operator(operator) = self.next()? else {
            return Err(self.unexpected("one of =, !=, <, <=, >, >=, ~"));
        };
        self.skip()?;
        let value = self.word("a value; in quotes if it has blanks or signs")?;
        if operator == Operator::Contains
            && let Err(error) = Regex::new(&value.value)
        {
            let message = format!("no regular expression: {error}");
            return Err(SuiteError::at(self.source, &value.span, message));
        }
        Ok(Expression::Compare(Comparison { name, operator, value }))
    }

    fn word(&mut self, expected: &str) -> Result<Located<String>, SuiteError> {
        let (token, span) = self.peek()?;
        let text = match token {
            Token::Quoted(text) => text,
            Token::Bare(text) if !KEYWORDS.contains(&text.as_str()) => text,
            _ => return Err(self.unexpected(expected)),
        };
        self.at = span.end;
        Ok(Located::new(text, span))
    }

    fn take_keyword(&mut self, keyword: &str) -> Result<bool, SuiteError> {
        let found = matches!(self.next()?, Token::Bare(word) if word == keyword);
        if found {
            self.skip()?;
        }
        Ok(found)
    }

    fn deeper(&mut self) -> Result<(), SuiteError> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        let (_, span) = self.peek()?;
        Err(SuiteError::at(self.source, &span, "too deep")
            .allowed(format!("{DEPTH_MAX} parentheses and `not` inside each other")))
    }

    fn next(&self) -> Result<Token, SuiteError> {
        self.peek().map(|(token, _)| token)
    }

    fn skip(&mut self) -> Result<(), SuiteError> {
        self.at = self.peek()?.1.end;
        Ok(())
    }

    fn unexpected(&self, expected: &str) -> SuiteError {
        match self.peek() {
            Ok((Token::End, span)) => {
                SuiteError::at(self.source, &span, "the expression ends too early")
                    .allowed(expected)
            }
            Ok((_, span)) => {
                let found = self.source.slice(&span);
                SuiteError::at(self.source, &span, format!("unexpected `{found}`"))
                    .allowed(expected)
            }
            Err(error) => error,
        }
    }

    /// The next token and its place.
    fn peek(&self) -> Result<(Token, Span), SuiteError> {
        let rest = &self.source.text[self.at..];
        let blank = rest.len() - rest.trim_start().len();
        let start = self.at + blank;
        let rest = &rest[blank..];
        let operator = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (token, length) = match rest.chars().next() {
            None => (Token::End, 0),
            Some('(') => (Token::Open, 1),
            Some(')') => (Token::Close, 1),
            Some(quote @ ('"' | '\'')) => self.quoted(rest, quote, start)?,
            Some(c) if is_bare(c) => {
                let end = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
                (Token::Bare(rest[..end].to_owned()), end)
            }
            Some(c) => match operator {
                Some((sign, operator)) => (Token::Operator(*operator), sign.len()),
                None => {
                    let span = start..start + c.len_utf8();
                    return Err(SuiteError::at(self.source, &span, format!("unexpected `{c}`"))
                        .allowed("names, values, =, !=, <, <=, >, >=, ~, and, or, not, ( and )"));
                }
            },
        };
        Ok((token, start..start + length))
    }

    fn quoted(&self, rest: &str, quote: char, start: usize) -> Result<(Token, usize), SuiteError> {
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => return Ok((Token::Quoted(text), at + 1)),
                '\\' => match chars.next() {
                    Some((_, c @ ('"' | '\'' | '\\'))) => text.push(c),
                    // OK because regular expressions are full of backslashes.
                    Some((_, c)) => text.extend(['\\', c]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        let span = start..start + 1;
        Err(SuiteError::at(self.source, &span, format!("the quote {quote} is never closed")))
    }
}

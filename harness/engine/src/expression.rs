//! Comparisons joined by `and`, `or`, `not` and parentheses: the common form of `--filter` and of
//! `reject`. What a name and a value mean is for those to say.

mod parser;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::suite::{Located, Source, SuiteError};

/// A parsed expression.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    /// All of them hold.
    All(Vec<Expression>),
    /// One of them holds.
    Any(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// A single comparison.
    Compare(Comparison),
}

/// A name, an operator and a value.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) name: Located<String>,
    pub(crate) operator: Operator,
    pub(crate) value: Located<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// A search for a regular expression, which the parser has compiled once.
    Contains,
}

/// Every operator as it is written; longer ones first, because the parser takes the first fit.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("~", Operator::Contains),
];

/// Words that join comparisons; as a name or a value they need quotes.
const KEYWORDS: [&str; 3] = ["and", "or", "not"];

impl Expression {
    /// Reads an expression, all of the text.
    ///
    /// # Errors
    /// At the first character that does not fit.
    pub(crate) fn parse(source: &Arc<Source>) -> Result<Self, SuiteError> {
        parser::parse(source)
    }

    /// Whether it holds, given what is known of each comparison. What is not known (`None`) stays
    /// so under `not`, and matters only where the rest does not decide (Kleene's logic).
    pub(crate) fn evaluate(&self, holds: &dyn Fn(&Comparison) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All(terms) => decide(terms, false, holds),
            Self::Any(terms) => decide(terms, true, holds),
            Self::Not(term) => term.evaluate(holds).map(|held| !held),
            Self::Compare(comparison) => holds(comparison),
        }
    }

    /// Every comparison, in the order of the text.
    pub(crate) fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::All(terms) | Self::Any(terms) => {
                terms.iter().flat_map(Self::comparisons).collect()
            }
            Self::Not(term) => term.comparisons(),
            Self::Compare(comparison) => vec![comparison],
        }
    }
}

/// One term that is `decisive` decides; else all of the others must be known.
fn decide(
    terms: &[Expression],
    decisive: bool,
    holds: &dyn Fn(&Comparison) -> Option<bool>,
) -> Option<bool> {
    let mut unknown = false;
    for term in terms {
        match term.evaluate(holds) {
            Some(held) if held == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!decisive)
}

impl Operator {
    /// Whether a left side that compares so with the right side fits; never for [`Self::Contains`],
    /// which is no order.
    pub(crate) fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Contains => false,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(terms) => join(f, terms, " and "),
            Self::Any(terms) => join(f, terms, " or "),
            Self::Not(term) => write!(f, "not {}", Inner(term)),
            Self::Compare(comparison) => comparison.fmt(f),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPERATORS.iter().rfind(|(_, known)| *known == self.operator);
        let sign = sign.map_or("=", |(sign, _)| sign);
        write!(f, "{} {sign} {}", Word(&self.name.value), Word(&self.value.value))
    }
}

fn join(f: &mut fmt::Formatter<'_>, terms: &[Expression], with: &str) -> fmt::Result {
    for (at, term) in terms.iter().enumerate() {
        let with = if at == 0 { "" } else { with };
        write!(f, "{with}{}", Inner(term))?;
    }
    Ok(())
}

/// An expression inside another one: with parentheses where it needs them.
struct Inner<'a>(&'a Expression);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expression::All(_) | Expression::Any(_) => write!(f, "({})", self.0),
            Expression::Not(_) | Expression::Compare(_) => self.0.fmt(f),
        }
    }
}

/// A name or a value, in quotes where it needs them.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = !self.0.is_empty() && self.0.chars().all(parser::is_bare);
        if bare && !KEYWORDS.contains(&self.0) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::Regex;

    use super::*;

    fn expressions() -> impl Strategy<Value = Expression> {
        let operator = (0..OPERATORS.len()).prop_map(|at| OPERATORS[at].1);
        let word = "[a-z0-9]{1,4}|and|or|not|[ -~]{0,6}";
        let compare =
            (word, operator, word).prop_filter_map("a regex", |(name, operator, value)| {
                let at = |word| Located::new(word, 0..0);
                (operator != Operator::Contains || Regex::new(&value).is_ok()).then(|| {
                    let (name, value) = (at(name), at(value));
                    Expression::Compare(Comparison { name, operator, value })
                })
            });
        compare.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Any),
                inner.prop_map(|term| Expression::Not(Box::new(term))),
            ]
        })
    }

    fn parse(text: &str) -> Result<Expression, SuiteError> {
        Expression::parse(&Source::new("test", text))
    }

    #[test]
    fn what_is_not_known_stays_so_unless_the_rest_decides() {
        let known = |comparison: &Comparison| match comparison.name.value.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        for (text, expect) in [
            ("other = 1", None),
            ("not other = 1", None),
            ("yes = 1 or other = 1", Some(true)),
            ("no = 1 or other = 1", None),
            ("no = 1 and other = 1", Some(false)),
            ("yes = 1 and other = 1", None),
            ("yes = 1 and not no = 1", Some(true)),
        ] {
            assert_eq!(parse(text).unwrap().evaluate(&known), expect, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_expression_is_read_as_the_same_expression(expression in expressions()) {
            let printed = expression.to_string();
            let read = parse(&printed).unwrap();
            prop_assert_eq!(read.to_string(), printed);
            // Any meaning will do, as long as it depends on every part.
            let holds = |one: &Comparison| {
                let text = one.to_string();
                (!text.len().is_multiple_of(3)).then_some(text.len().is_multiple_of(2))
            };
            prop_assert_eq!(read.evaluate(&holds), expression.evaluate(&holds));
        }

        #[test]
        fn any_text_is_an_expression_or_an_error(
            text in "\\PC{0,40}|[()a-c =<>~!\"'\\\\]{0,40}|((not |\\(|a = 1 and ){0,200})"
        ) {
            if let Err(error) = parse(&text) {
                prop_assert!(error.position().is_some());
            }
        }
    }
}

//! `--filter`: a small expression over the parameters of a case, such as
//! `step >= 05 and (writers = 2 or workload ~ "gen")`.
//!
//! The plan asks it once per case. A case that does not have a parameter does not match a
//! comparison with it. Numbers compare as numbers, also with units; everything else as text.

mod parser;

use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;

use crate::suite::{Located, Source, SuiteError, number};

/// A parsed filter.
#[derive(Clone, Debug)]
pub struct Filter {
    source: Arc<Source>,
    expression: Expression,
}

#[derive(Clone, Debug)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare { name: Located<String>, operator: Operator, value: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
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

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// At the first character that does not fit.
    pub fn parse(text: &str) -> Result<Self, SuiteError> {
        let source = Source::new("--filter", text);
        let expression = parser::parse(&source)?;
        Ok(Self { source, expression })
    }

    /// The expression as it was typed.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Whether a case matches. `lookup` gives the text of a name, or `None` when the case does
    /// not have it.
    pub fn matches(&self, lookup: &dyn Fn(&str) -> Option<String>) -> bool {
        self.expression.matches(lookup)
    }

    /// Refuses names that no case can have.
    pub(super) fn check_names(&self, known: &[&str]) -> Result<(), SuiteError> {
        let mut names = Vec::new();
        self.expression.names(&mut names);
        match names.into_iter().find(|name| !known.contains(&name.value.as_str())) {
            None => Ok(()),
            Some(name) => Err(SuiteError::at(
                &self.source,
                &name.span,
                format!("unknown parameter `{}`", name.value),
            )
            .names(&name.value, known.iter().copied())),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

impl Expression {
    fn matches(&self, lookup: &dyn Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.matches(lookup)),
            Self::Any(terms) => terms.iter().any(|term| term.matches(lookup)),
            Self::Not(term) => !term.matches(lookup),
            Self::Compare { name, operator, value } => {
                lookup(&name.value).is_some_and(|found| operator.holds(&found, value))
            }
        }
    }

    fn names<'a>(&'a self, names: &mut Vec<&'a Located<String>>) {
        match self {
            Self::All(terms) | Self::Any(terms) => {
                terms.iter().for_each(|term| term.names(names));
            }
            Self::Not(term) => term.names(names),
            Self::Compare { name, .. } => names.push(name),
        }
    }
}

impl Operator {
    fn holds(self, left: &str, right: &str) -> bool {
        if self == Self::Contains {
            // OK because the parser has compiled it once.
            return Regex::new(right).is_ok_and(|regex| regex.is_match(left));
        }
        let order = match (number(left), number(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => left.cmp(right),
        };
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Contains => unreachable!("handled above"),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(terms) => join(f, terms, " and "),
            Self::Any(terms) => join(f, terms, " or "),
            Self::Not(term) => write!(f, "not {}", Inner(term)),
            Self::Compare { name, operator, value } => {
                let sign = OPERATORS.iter().rfind(|(_, known)| known == operator);
                let sign = sign.map_or("=", |(sign, _)| sign);
                write!(f, "{} {sign} {}", Word(&name.value), Word(value))
            }
        }
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
            Expression::Not(_) | Expression::Compare { .. } => self.0.fmt(f),
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

    use super::*;

    fn matches(filter: &str, params: &[(&str, &str)]) -> bool {
        let lookup = |name: &str| {
            params.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Filter::parse(filter).unwrap().matches(&lookup)
    }

    #[test]
    fn numbers_compare_as_numbers_and_words_as_words() {
        let case = [("step", "08"), ("writers", "16"), ("compression", "zstd"), ("size", "65536")];
        for filter in [
            "step >= 05 and writers = 16",
            "step = 8",
            "writers > 9",
            "not writers <= 9",
            "compression = zstd and step != 09",
            "compression ~ std or nothing = 1",
            "compression ~ \"^z.t[a-d]$\"",
            "size = 64KiB",
            "(step < 1 or step > 7) and compression == 'zstd'",
        ] {
            assert!(matches(filter, &case), "{filter}");
        }
        for filter in ["writers < 9", "nothing = 1", "nothing != 1", "compression < snappy"] {
            assert!(!matches(filter, &case), "{filter}");
        }
    }

    #[test]
    fn and_binds_more_than_or_and_not_more_than_both() {
        assert!(matches("a = 1 or a = 2 and a = 3", &[("a", "1")]));
        assert!(!matches("(a = 1 or a = 2) and a = 3", &[("a", "1")]));
        assert!(matches("not a = 2 and a = 1", &[("a", "1")]));
    }

    #[test]
    fn an_unknown_name_is_an_error_at_its_place() {
        let filter = Filter::parse("step = 1 and writer > 2").unwrap();
        assert!(filter.check_names(&["step", "writer"]).is_ok());
        insta::assert_snapshot!(filter.check_names(&["step", "writers"]).unwrap_err(), @"
        error: unknown parameter `writer`
         --> --filter:1:14
          |
        1 | step = 1 and writer > 2
          |              ^^^^^^
          = allowed: step, writers
          = did you mean `writers`?
        ");
    }

    fn expressions() -> impl Strategy<Value = Expression> {
        let operator = (0..OPERATORS.len()).prop_map(|at| OPERATORS[at].1);
        let word = "[a-z0-9]{1,4}|and|or|not|[ -~]{0,6}";
        let compare =
            (word, operator, word).prop_filter_map("a regex", |(name, operator, value)| {
                (operator != Operator::Contains || Regex::new(&value).is_ok()).then(|| {
                    Expression::Compare { name: Located::new(name, 0..0), operator, value }
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

    proptest! {
        #[test]
        fn a_printed_filter_is_read_as_the_same_filter(expression in expressions()) {
            let printed = expression.to_string();
            let read = Filter::parse(&printed).unwrap();
            prop_assert_eq!(read.to_string(), printed);
            let lookup = |name: &str| Some(name.to_owned());
            prop_assert_eq!(read.matches(&lookup), expression.matches(&lookup));
        }

        #[test]
        fn any_text_is_a_filter_or_an_error(
            text in "\\PC{0,40}|[()a-c =<>~!\"'\\\\]{0,40}|((not |\\(|a = 1 and ){0,200})"
        ) {
            if let Err(error) = Filter::parse(&text) {
                prop_assert!(error.position().is_some());
            }
        }
    }
}

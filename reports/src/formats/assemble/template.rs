//! A path that says which parts of it are parameters: `W{writers}-B{batch}.json`. Pure.

use std::collections::BTreeMap;
use std::fmt;

use crate::formats::typed;
use crate::labels;

/// A path in which names in braces stand for parameters, for instance `W{writers}-B{batch}.json`.
/// It is held against the end of a file's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    /// What stands before each name, and the name; then the rest.
    parts: Vec<(String, String)>,
    rest: String,
}

impl Template {
    /// Takes a template apart.
    ///
    /// # Errors
    ///
    /// If a brace is not closed, a name is empty or stands twice, or two names touch.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(format!("the brace before `{}` is never closed", labels::cut(after)));
            };
            let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || !name.chars().all(plain) {
                return Err(format!("`{{{name}}}` is no name: letters, digits, `_` and `-`"));
            }
            if parts.iter().any(|(_, other)| other == name) {
                return Err(format!("`{{{name}}}` stands twice"));
            }
            if before.is_empty() && !parts.is_empty() {
                return Err(format!("nothing parts `{{{name}}}` from the name before it"));
            }
            parts.push((before.to_owned(), name.to_owned()));
            rest = after;
        }
        if parts.is_empty() {
            return Err("there is no {name} in it".to_owned());
        }
        Ok(Self { text: text.to_owned(), parts, rest: rest.to_owned() })
    }

    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|(_, name)| name.as_str())
    }

    /// The parameters in a path; `None` where it is not of this form.
    pub(super) fn values(&self, path: &str) -> Option<BTreeMap<String, serde_json::Value>> {
        let (first, _) = self.parts.first()?;
        // From every place where the template may begin, the last directory first.
        let starts = path.match_indices('/').map(|(at, _)| at + 1).chain([0]);
        let mut starts: Vec<usize> = starts.collect();
        starts.sort_unstable_by(|a, b| b.cmp(a));
        starts.into_iter().find_map(|start| {
            let mut left = path[start..].strip_prefix(first.as_str())?;
            let mut values = BTreeMap::new();
            for (index, (_, name)) in self.parts.iter().enumerate() {
                let next = self.parts.get(index + 1).map(|(before, _)| before);
                let end = match next {
                    Some(before) => left.find(before.as_str())?,
                    None => left.strip_suffix(self.rest.as_str())?.len(),
                };
                let value = &left[..end];
                if value.is_empty() || value.contains('/') {
                    return None;
                }
                values.insert(name.clone(), typed(value));
                left = &left[end + next.map_or(self.rest.len(), String::len)..];
            }
            left.is_empty().then_some(values)
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, path: &str) -> Option<String> {
        let values = Template::parse(template).unwrap().values(path)?;
        Some(serde_json::to_string(&values).unwrap())
    }

    #[test]
    fn a_template_takes_parameters_out_of_the_end_of_a_path() {
        let template = "run-W{writers}-B{batch}.json";
        for (path, expect) in [
            ("run-W8-B1024.json", Some(r#"{"batch":1024,"writers":8}"#)),
            ("a/b/run-W8-Bx.json", Some(r#"{"batch":"x","writers":8}"#)),
            ("arun-W8-B1.json", None),
            ("run-W-B1.json", None),
            ("run-W8-B1/x.json", None),
            ("run-W8-B1.txt", None),
        ] {
            assert_eq!(values(template, path).as_deref(), expect, "{path}");
        }
        assert_eq!(values("{host}/x.json", "b/x.json").as_deref(), Some(r#"{"host":"b"}"#));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, expect) in [
            ("x", "there is no {name} in it"),
            ("{a", "the brace before `a` is never closed"),
            ("{}", "`{}` is no name: letters, digits, `_` and `-`"),
            ("{a}{b}", "nothing parts `{b}` from the name before it"),
            ("{a}-{a}", "`{a}` stands twice"),
        ] {
            assert_eq!(Template::parse(text).unwrap_err(), expect);
        }
    }
}

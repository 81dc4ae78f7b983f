//! Every key and every value of every suite in `configs/`, spoilt one at a time: misspelt, of a
//! wrong type, out of range, twice. Each mutant must be refused with an error that points at the
//! spoilt token.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use engine::plan::{Plan, PlanOptions};
use engine::suite::{Suite, SuiteError};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Served;

fn plan(text: &str, path: &Path) -> Result<Plan, SuiteError> {
    Plan::build(&Suite::parse(text, path)?, &Served, &PlanOptions::default())
}

fn configs() -> Vec<(PathBuf, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 5, "{paths:?}");
    let suites = paths.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap()));
    // What a program of its own declares cannot be asked here.
    suites.filter(|(_, text)| !text.contains("[[runner]]")).collect()
}

/// A key with its value, or an item of a list (`key` is `None`).
struct Token<'a> {
    name: String,
    key: Option<Range<usize>>,
    value: Range<usize>,
    content: &'a DeValue<'a>,
    /// A table or list that is written as `[name]` or `[[name]]`.
    header: bool,
}

fn tokens<'a>(text: &str, table: &'a DeTable<'a>) -> Vec<Token<'a>> {
    let mut found = Vec::new();
    for (key, value) in table.iter() {
        let line_start = text[..key.span().start].rfind('\n').map_or(0, |at| at + 1);
        let header = text[line_start..].starts_with('[');
        let token = Token {
            name: key.get_ref().to_string(),
            key: Some(key.span()),
            value: value.span(),
            content: value.get_ref(),
            header,
        };
        found.push(token);
        found.extend(inside(text, key.get_ref(), value));
    }
    found
}

fn inside<'a>(text: &str, name: &str, value: &'a Spanned<DeValue<'a>>) -> Vec<Token<'a>> {
    match value.get_ref() {
        DeValue::Table(table) => tokens(text, table),
        DeValue::Array(items) => {
            let mut found = Vec::new();
            for item in items.iter() {
                let header = text[item.span()].starts_with("[[");
                if !header {
                    found.push(Token {
                        name: name.to_owned(),
                        key: None,
                        value: item.span(),
                        content: item.get_ref(),
                        header,
                    });
                }
                found.extend(inside(text, name, item));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// A spoilt text, and where the error must point.
struct Mutant {
    what: String,
    text: String,
    at: Range<usize>,
}

fn replace(text: &str, span: &Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..span.start], &text[span.end..])
}

fn mutants(text: &str) -> Vec<Mutant> {
    let document = DeTable::parse(text).unwrap();
    let mut mutants = Vec::new();
    for token in tokens(text, document.get_ref()) {
        let name = &token.name;
        let mut push = |what: String, text: String, at: usize, length: usize| {
            mutants.push(Mutant { what, text, at: at..at + length });
        };
        if let Some(key) = &token.key {
            let misspelt = format!("{name}zq");
            // `[case.ablate]` belongs to the `[[case]]` above it and is misspelt with it.
            let mut spoilt = replace(text, key, &misspelt);
            if token.header {
                spoilt = spoilt.replace(&format!("\n[{name}."), &format!("\n[{misspelt}."));
            }
            if !is_variable(name) {
                push(format!("{name} misspelt"), spoilt, key.start, 1);
            }
            let (doubled, at) = twice(text, &token, key);
            // A case that stands twice is refused at what makes it differ, inside its block.
            let length = if name == "case" { doubled.len() - at } else { 1 };
            push(format!("{name} twice"), doubled, at, length);
        }
        if token.header {
            continue;
        }
        for wrong in wrong_values(name, token.content) {
            let what = format!("{name} = {}", &wrong[..wrong.len().min(20)]);
            push(what, replace(text, &token.value, &wrong), token.value.start, wrong.len());
        }
    }
    mutants
}

/// The text with a key and its value twice, and where the second key stands.
fn twice(text: &str, token: &Token<'_>, key: &Range<usize>) -> (String, usize) {
    let name = &text[key.clone()];
    if token.header {
        // The last block of that name once more; of a list, that is the same case twice.
        let start = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
        let list = text[start..].starts_with("[[");
        let block =
            if list { &text[text.rfind("[[").unwrap()..] } else { &text[start..key.end + 1] };
        // A list is refused for its case, a table for its name, which is the last of `[a.b]`.
        let at = if list { 0 } else { key.start - start };
        return (format!("{text}\n{block}\n"), text.len() + 1 + at);
    }
    let separator = if text[..key.start].ends_with('\n') { "\n" } else { ", " };
    let entry = format!("{separator}{name} = {}", &text[token.value.clone()]);
    let at = token.value.end;
    (format!("{}{entry}{}", &text[..at], &text[at..]), at + separator.len())
}

/// Whether this is a variable of an environment, which may have any name and any text.
fn is_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// Values of a wrong type, and values out of range.
fn wrong_values(name: &str, value: &DeValue<'_>) -> Vec<String> {
    // A text for people may say anything, but not at any length; so may a command line, and the
    // name of a metric that may be a workload's own.
    let free = matches!(
        name,
        "name" | "about" | "title" | "command" | "executable" | "metric" | "source" | "stage"
    ) || is_variable(name);
    match value {
        DeValue::String(_) => {
            let mut wrong = vec!["-7.25".to_owned(), format!("\"{}\"", "x".repeat(10_001))];
            wrong.extend((!free).then(|| "\"zzz\"".to_owned()));
            wrong
        }
        // An amount in the unit of any metric, which may be a fraction.
        DeValue::Integer(_) if name == "ignore_below" => {
            ["\"zzz\"", "true", "-1", "nan"].map(str::to_owned).to_vec()
        }
        DeValue::Integer(_) => ["\"zzz\"", "true", "1.5", "-1", "nan"].map(str::to_owned).to_vec(),
        DeValue::Boolean(_) => ["\"zzz\"", "7"].map(str::to_owned).to_vec(),
        DeValue::Float(_) => ["\"zzz\"", "-inf", "nan"].map(str::to_owned).to_vec(),
        DeValue::Array(_) => ["-7.25", "[]", "{ zzz = 1 }"].map(str::to_owned).to_vec(),
        DeValue::Table(_) => ["-7.25", "\"zzz\"", "[1.5]"].map(str::to_owned).to_vec(),
        DeValue::Datetime(_) => vec!["7".to_owned()],
    }
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (text[..at].matches('\n').count() + 1, text[line_start..at].chars().count() + 1)
}

#[test]
fn every_suite_in_configs_has_a_plan_and_names_its_schema() {
    for (path, text) in configs() {
        let plan = plan(&text, &path).unwrap_or_else(|error| panic!("{error}"));
        assert!(!plan.cases.is_empty());
        assert!(text.starts_with("#:schema ../docs/suite.schema.json\n"), "{}", path.display());
        assert_eq!(Some(plan.suite.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
    }
}

#[test]
fn every_mutant_of_every_suite_in_configs_is_refused_at_its_token() {
    let mut total = 0;
    let mut wrong = Vec::new();
    for (path, text) in configs() {
        for mutant in mutants(&text) {
            total += 1;
            let file = path.file_name().unwrap().to_string_lossy();
            let first = line_and_column(&mutant.text, mutant.at.start);
            let last = line_and_column(&mutant.text, mutant.at.end - 1);
            match plan(&mutant.text, &path) {
                Ok(_) => wrong.push(format!("{file}: {}: accepted", mutant.what)),
                Err(error) if error.position().is_some_and(|at| first <= at && at <= last) => {}
                Err(error) => {
                    let what = mutant.what;
                    wrong.push(format!("{file}: {what}: not in {first:?} to {last:?}\n{error}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {total} mutants:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(total > 300, "only {total} mutants");
}

//! Every crate that is linked in has a licence that `deny.toml` allows.
//!
//! `cargo deny check licenses` says the same where it is installed; this needs only cargo.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn every_dependency_has_a_licence_that_deny_toml_allows() {
    let policy = Policy::read();
    let mut refused = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !policy.allows(name, licence) {
            refused.push(format!("{name}: {licence}"));
        }
    }
    assert!(refused.is_empty(), "licences that deny.toml does not allow: {refused:#?}");
}

#[test]
fn the_check_can_refuse() {
    let policy = Policy::read();
    assert!(!policy.allows("some-crate", "GPL-3.0-only"));
    assert!(!policy.allows("some-crate", "MIT AND GPL-3.0-only"));
    assert!(!policy.allows("some-crate", "CDDL-1.0"));
    assert!(policy.allows("some-crate", "(MIT OR GPL-2.0) AND Unicode-3.0"));
}

/// All packages that this platform links or tests with, as `cargo metadata` describes them.
fn packages() -> Vec<serde_json::Value> {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

struct Policy {
    allowed: BTreeSet<String>,
    exceptions: Vec<(String, String)>,
}

impl Policy {
    fn read() -> Self {
        let text = include_str!("../../../deny.toml");
        let table: toml::Table = toml::from_str(text).unwrap();
        let licences = table["licenses"].as_table().unwrap();
        let words = |value: &toml::Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().into()).collect()
        };
        let mut exceptions = Vec::new();
        for exception in licences["exceptions"].as_array().unwrap() {
            let name = exception["crate"].as_str().unwrap().to_owned();
            exceptions.extend(words(&exception["allow"]).into_iter().map(|l| (name.clone(), l)));
        }
        Self { allowed: words(&licences["allow"]).into_iter().collect(), exceptions }
    }

    /// Reads an SPDX expression: `AND` binds tighter than `OR`, parentheses first; the old `/`
    /// means `OR`.
    fn allows(&self, name: &str, expression: &str) -> bool {
        let spaced = expression
            .replace('/', " OR ")
            .replace('(', " ( ")
            .replace(')', " ) ")
            .replace(" WITH ", "\u{a0}WITH\u{a0}");
        let tokens: Vec<String> = spaced
            .split([' '])
            .filter(|t| !t.is_empty())
            .map(|t| t.replace('\u{a0}', " "))
            .collect();
        let mut rest = tokens.as_slice();
        self.any(name, &mut rest) && rest.is_empty()
    }

    fn any(&self, name: &str, rest: &mut &[String]) -> bool {
        let mut allowed = self.all(name, rest);
        while take(rest, "OR") {
            // No short circuit: the right side has to be read in any case.
            allowed |= self.all(name, rest);
        }
        allowed
    }

    fn all(&self, name: &str, rest: &mut &[String]) -> bool {
        let mut allowed = self.one(name, rest);
        while take(rest, "AND") {
            allowed &= self.one(name, rest);
        }
        allowed
    }

    fn one(&self, name: &str, rest: &mut &[String]) -> bool {
        if take(rest, "(") {
            let allowed = self.any(name, rest);
            return take(rest, ")") && allowed;
        }
        let Some((licence, tail)) = rest.split_first() else { return false };
        *rest = tail;
        self.allowed.contains(licence)
            || self.exceptions.iter().any(|(one, allowed)| one == name && allowed == licence)
    }
}

fn take(rest: &mut &[String], word: &str) -> bool {
    match rest.split_first() {
        Some((first, tail)) if first == word => {
            *rest = tail;
            true
        }
        _ => false,
    }
}

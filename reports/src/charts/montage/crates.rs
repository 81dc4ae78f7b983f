//! Whose code a frame is, by the first part of its path, and the colours of those crates. Pure.

use std::collections::BTreeMap;

use crate::charts::backend::Role;
use crate::charts::lanes::tree::Frame;

/// Code that is nobody's choice: the language's own, drawn in grey like all that has no path.
const BASE: [&str; 6] = ["std", "core", "alloc", "hashbrown", "__rustc", "compiler_builtins"];

/// The crate of a function; `None` for the standard library, for what has no path (the C library,
/// other languages) and for the kernel.
pub(super) fn crate_of(name: &str) -> Option<&str> {
    // Of `<A as B>::f` it is the crate of A; a reference or a trait object is looked through.
    let mut name = name;
    loop {
        let before = name;
        name = name.trim_start_matches(['<', '&', '*', '[', '(']);
        for word in ["mut ", "dyn ", "const "] {
            name = name.strip_prefix(word).unwrap_or(name);
        }
        if name == before {
            break;
        }
    }
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (first, rest) = name.split_at(end);
    let is_crate = rest.starts_with("::") && !first.is_empty() && !BASE.contains(&first);
    is_crate.then_some(first)
}

/// The crates that have a colour.
pub(super) struct Palette {
    /// Largest first.
    crates: Vec<String>,
    others: bool,
}

impl Palette {
    /// Gives colours to the crates whose frames are largest together; of equals, in alphabetical
    /// order.
    pub(super) fn new<'a>(frames: impl Iterator<Item = &'a Frame<'a>>) -> Self {
        let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
        for frame in frames.filter(|frame| frame.depth > 0) {
            if let Some(name) = crate_of(frame.name) {
                *sizes.entry(name).or_insert(0.0) += frame.cost;
            }
        }
        let mut order: Vec<(&str, f64)> = sizes.into_iter().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let coloured = Role::CRATES.len();
        Self {
            others: order.len() > coloured,
            crates: order.into_iter().take(coloured).map(|(name, _)| name.to_owned()).collect(),
        }
    }

    pub(super) fn role(&self, name: Option<&str>) -> Role {
        let Some(name) = name else { return Role::Same };
        let place = self.crates.iter().position(|one| one == name);
        place.map_or(Role::Muted, |place| Role::CRATES[place])
    }

    pub(super) fn legend(&self) -> Vec<(Role, &str)> {
        let named = self.crates.iter().zip(Role::CRATES).map(|(name, role)| (role, name.as_str()));
        let others = self.others.then_some((Role::Muted, "other crates"));
        named
            .chain(others)
            .chain([(Role::Axis, "thread"), (Role::Same, "std, libc, kernel")])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_is_the_first_part_of_the_path() {
        for (name, expect) in [
            ("parquet::column::writer::write", Some("parquet")),
            ("<arrow_array::StringArray as core::fmt::Debug>::fmt", Some("arrow_array")),
            ("<&mut dyn app::Sink>::put", Some("app")),
            ("alloc::vec::Vec<T>::push", None),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", None),
            ("__rustc::__rust_alloc", None),
            ("do_syscall_64_[k]", None),
            ("[libc.so.6]", None),
            ("malloc", None),
            ("", None),
        ] {
            assert_eq!(crate_of(name), expect, "{name}");
        }
    }
}

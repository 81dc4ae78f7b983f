//! Names of functions as they fit on a frame: the last two parts of a path, without generics. Pure.

use crate::format::printable;

/// `name` in short: `<app::Rows<T> as core::iter::Iterator>::next` is `Rows::next`.
pub(in crate::charts) fn short(name: &str) -> String {
    let short = last_parts(name);
    printable(if short.is_empty() { name } else { &short })
}

fn last_parts(name: &str) -> String {
    let parts = parts(name);
    let last = &parts[parts.len().saturating_sub(2)..];
    let texts: Vec<String> = last.iter().map(|part| part_words(part)).collect();
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("::")
}

/// The parts between the `::` that no bracket encloses.
fn parts(name: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    let bytes = name.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'{' | b'[' => depth += 1,
            // An arrow closes nothing.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b'}' | b']' => depth -= 1,
            b':' if depth == 0 && at >= from && bytes.get(at + 1) == Some(&b':') => {
                parts.push(&name[from..at]);
                from = at + 2;
            }
            _ => {}
        }
    }
    parts.push(&name[from..]);
    parts
}

/// A part without its generics. Of `<A as B>`, which stands for a type, the type's last part.
fn part_words(part: &str) -> String {
    let Some(inside) = part.strip_prefix('<') else {
        let end = part.find('<').unwrap_or(part.len());
        return part[..end].to_owned();
    };
    let inside = inside.strip_suffix('>').unwrap_or(inside);
    let of_trait = inside.split(" as ").next().unwrap_or(inside);
    let kind = of_trait.trim_start_matches(['&', '*']);
    let parts = parts(kind);
    match parts.last() {
        // A type of types, for instance a slice in brackets.
        Some(last) if !last.starts_with('<') => part_words(last),
        _ => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_parts_stay_and_generics_go() {
        for (name, expect) in [
            (
                "parquet::column::writer::GenericColumnWriter<E>::write_mini_batch",
                "GenericColumnWriter::write_mini_batch",
            ),
            ("<app::Rows<T> as core::iter::traits::Iterator>::next", "Rows::next"),
            ("app::draw::{{closure}}", "draw::{{closure}}"),
            ("alloc::vec::Vec<T,A>::push", "Vec::push"),
            ("<[T] as core::slice::Sort>::sort", "[T]::sort"),
            ("<&mut W as std::io::Write>::write_all", "mut W::write_all"),
            ("<dyn Fn(u8) -> a::B>::call", "B::call"),
            ("malloc", "malloc"),
            ("[libc.so.6]", "[libc.so.6]"),
            ("operator<<", "operator"),
            ("", ""),
            ("::", "::"),
            ("a>b::c::d", "a>b::c::d"),
        ] {
            assert_eq!(short(name), expect, "{name}");
        }
    }
}

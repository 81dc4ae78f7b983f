//! The code that the kernel maps into every process, `[vdso]`: it lies in no file, and is the same
//! in all processes of one kernel, so that this process's own serves for theirs.

use std::fs::{self, File};
use std::io::Cursor;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;

use super::elf::Image;
use super::record::Record;

/// What the kernel calls the mapping.
pub(super) const VDSO: &str = "[vdso]";

/// That of a process that was given other code than this one.
const OTHER: &str = "[vdso of another kind]";

/// Programs of 32 bits have their own, in addresses below these.
const ADDRESSES_32: u64 = 1 << 32;

/// Where this process has it.
static OWN: LazyLock<Option<Range<u64>>> = LazyLock::new(|| {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with(VDSO))?;
    let (start, rest) = line.split_once('-')?;
    let end = rest.split(' ').next()?;
    let address = |digits: &str| u64::from_str_radix(digits, 16).ok();
    Some(address(start)?..address(end)?)
});

/// Where this process has it, if it does.
pub(super) fn own() -> Option<Range<u64>> {
    OWN.clone()
}

/// It, read from this process's own memory.
pub(super) fn image() -> Option<Image> {
    let own = own()?;
    let mut bytes = vec![0; usize::try_from(own.end - own.start).ok()?];
    File::open("/proc/self/mem").ok()?.read_exact_at(&mut bytes, own.start).ok()?;
    Some(Image::new(Cursor::new(bytes)))
}

/// A mapping of code that is not this process's under another name, so that nobody reads the one
/// for the other.
pub(super) fn told_apart(record: Record<'_>) -> Record<'_> {
    match record {
        Record::Mapped { pid, start, length, offset, file }
            if file == VDSO && !is_ours(start, length) =>
        {
            Record::Mapped { pid, start, length, offset, file: OTHER.to_owned() }
        }
        other => other,
    }
}

fn is_ours(start: u64, length: u64) -> bool {
    let wide = start >= ADDRESSES_32;
    own().is_some_and(|own| wide && own.end - own.start == length)
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod tests {
    use super::*;

    #[test]
    fn code_of_another_length_or_of_32_bits_has_a_name_of_its_own() {
        let own = own().unwrap();
        let (start, length) = (own.start, own.end - own.start);
        let name = |start, length, file: &str| {
            let mapped = Record::Mapped { pid: 1, start, length, offset: 0, file: file.to_owned() };
            match told_apart(mapped) {
                Record::Mapped { file, .. } => file,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(name(start ^ 0x10_0000, length, VDSO), VDSO);
        assert_eq!(name(start, length + 0x1000, VDSO), OTHER);
        assert_eq!(name(0xf7fc_0000, length, VDSO), OTHER);
        assert_eq!(name(0xf7fc_0000, length, "/lib/ld.so"), "/lib/ld.so");
    }
}

//! Names of the stubs by which a program calls its libraries: `malloc@plt`, as debuggers write it.
//!
//! A stub has no symbol. Looked for among the symbols it would be taken for whatever stands before
//! it, `_init` as a rule, so `symbols.rs` asks here first. x86-64 only.

use std::collections::BTreeMap;

use object::elf::R_X86_64_IRELATIVE;
use object::read::elf::SectionHeader as _;
use object::{
    Architecture, LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _,
    ObjectSymbolTable as _, RelocationFlags, RelocationTarget,
};

use super::elf::{self, Image, Segment, Whole};

/// Sections that hold nothing but stubs, and how long each stub is where the linker does not say.
const SECTIONS: [(&str, u64); 3] = [(".plt", 16), (".plt.sec", 16), (".plt.got", 8)];

/// `jmp` to the address that is stored at a distance from the next instruction; four bytes of
/// distance follow.
const JUMP: [u8; 2] = [0xff, 0x25];

/// The stubs of one file.
#[derive(Debug)]
pub(super) struct Stubs {
    segments: Vec<Segment>,
    /// By the address of its first byte.
    by_address: BTreeMap<u64, Stub>,
}

/// Code that does nothing but go on to a function of a library.
#[derive(Debug)]
pub(super) struct Stub {
    end: u64,
    /// Where it goes on, if that is a function with a name. The first one goes to the dynamic
    /// linker.
    pub(super) function: Option<String>,
}

impl Stubs {
    /// Those of a 64-bit file of x86-64; `None` for other files.
    pub(super) fn read(image: &Image) -> Option<Self> {
        let whole = image.whole()?;
        if whole.architecture() != Architecture::X86_64 {
            return None;
        }
        let functions = functions(&whole);
        let mut by_address = BTreeMap::new();
        for section in whole.sections() {
            let name = section.name().unwrap_or_default();
            let Some((_, usual)) = SECTIONS.iter().find(|(known, _)| *known == name) else {
                continue;
            };
            let bytes = match section.elf_section_header().sh_entsize(LittleEndian) {
                0 => *usual,
                stated => stated,
            };
            let code = section.data().unwrap_or_default();
            let starts = (section.address()..).step_by(usize::try_from(bytes).ok()?);
            for (address, code) in starts.zip(code.chunks(usize::try_from(bytes).ok()?)) {
                let function = slot(address, code).and_then(|slot| functions.get(&slot));
                let end = address.saturating_add(code.len() as u64);
                by_address.insert(address, Stub { end, function: function.cloned() });
            }
        }
        Some(Self { segments: image.segments()?, by_address })
    }

    /// The stub at a place, an offset into the file, if that is in one.
    pub(super) fn at(&self, offset: u64) -> Option<&Stub> {
        self.at_address(elf::address_of(&self.segments, offset)?)
    }

    fn at_address(&self, address: u64) -> Option<&Stub> {
        let (_, stub) = self.by_address.range(..=address).next_back()?;
        (address < stub.end).then_some(stub)
    }
}

/// Where a stub takes the address from that it goes on to.
fn slot(address: u64, code: &[u8]) -> Option<u64> {
    let at = code.windows(JUMP.len()).position(|bytes| bytes == JUMP)? + JUMP.len();
    let distance = i32::from_le_bytes(*code.get(at..)?.first_chunk()?);
    let next = address.wrapping_add(at as u64 + 4);
    Some(next.wrapping_add_signed(distance.into()))
}

/// The functions of libraries, by the place where the dynamic linker puts the address of each.
fn functions(whole: &Whole<'_>) -> BTreeMap<u64, String> {
    let mut functions = BTreeMap::new();
    let Some(symbols) = whole.dynamic_symbol_table() else { return functions };
    let mut defined = BTreeMap::new();
    for symbol in symbols.symbols().filter(|symbol| symbol.is_definition()) {
        defined.entry(symbol.address()).or_insert(symbol);
    }
    for (place, relocation) in whole.dynamic_relocations().into_iter().flatten() {
        let symbol = match relocation.target() {
            RelocationTarget::Symbol(index) => symbols.symbol_by_index(index).ok(),
            // One of several, which the function at that address chooses for the CPU: `memcpy`.
            RelocationTarget::Absolute
                if relocation.flags() == RelocationFlags::Elf { r_type: R_X86_64_IRELATIVE } =>
            {
                defined.get(&relocation.addend().cast_unsigned()).copied()
            }
            _ => None,
        };
        if let Some(name) = symbol.and_then(|symbol| symbol.name().ok().map(str::to_owned)) {
            functions.insert(place, name);
        }
    }
    functions
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use std::process::Command;

    use super::*;

    /// Address and name of every stub by binutils, which find them in another way.
    fn by_objdump(file: &str) -> Option<Vec<(u64, String)>> {
        let mut objdump = Command::new("objdump");
        for (section, _) in SECTIONS {
            objdump.args(["-j", section]);
        }
        // A section that is not there makes it fail, and print the others all the same.
        let output = objdump.args(["-d", file]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let stub = |line: &str| {
            let (address, name) = line.strip_suffix("@plt>:")?.split_once(" <")?;
            Some((u64::from_str_radix(address, 16).ok()?, name.to_owned()))
        };
        Some(text.lines().filter_map(stub).collect())
    }

    #[test]
    fn stubs_are_called_what_they_lead_to_as_binutils_call_them() {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut files: Vec<&str> =
            maps.lines().filter_map(|line| line.split_whitespace().nth(5)).collect();
        files.retain(|file| file.starts_with('/'));
        files.push("/bin/sh");
        files.dedup();
        let mut found = 0;
        for file in files {
            let Some(expect) = by_objdump(file) else {
                assert!(std::env::var_os("CI").is_none(), "under CI this must not be skipped");
                return println!("skipped: no objdump");
            };
            let stubs = Stubs::read(&Image::open(file).unwrap()).unwrap();
            for (address, name) in expect {
                let stub = stubs.at_address(address).unwrap_or_else(|| panic!("{file}: {name}"));
                let same = |one: &Stub| one.function.as_deref() == Some(&name);
                // Those that are chosen for the CPU have no name there: `*ABS*+0xa4250`.
                assert!(same(stub) || name.starts_with("*ABS*"), "{file}: {name}, {stub:?}");
                assert!(stubs.at_address(stub.end - 1).is_some_and(|end| end.end == stub.end));
                found += 1;
            }
        }
        assert!(found > 10, "{found}");
    }

    #[test]
    fn a_stub_jumps_to_what_is_stored_at_a_distance() {
        let plain = [0xff, 0x25, 0x10, 0, 0, 0, 0x68, 1, 0, 0, 0];
        assert_eq!(slot(0x1000, &plain), Some(0x1016));
        // `endbr64` before it, and a place before the code.
        let marked = [0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0xf0, 0xff, 0xff, 0xff];
        assert_eq!(slot(0x1000, &marked), Some(0xffa));
        for other in [&plain[..5], &[], &[0x90; 16]] {
            assert_eq!(slot(0x1000, other), None, "{other:x?}");
        }
    }
}

//! The unwind table of one ELF file: for a place in it, how to find the caller's frame. The only
//! file that knows gimli.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, LittleEndian, Pointer, RegisterRule,
    UnwindContext, UnwindSection, X86_64,
};

use super::super::elf::{EH_FRAME_HDR, LOAD, Segment, address_of, read_at, segments};

/// Rules that are kept for places already asked for.
const KEPT_MAX: usize = 100_000;

/// How to find the caller's frame from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// There is no caller: the thread starts here.
    pub(super) outermost: bool,
    /// The register that the frame is found by.
    pub(super) base: Base,
    /// The frame's address (CFA), from that register.
    pub(super) offset: i64,
    /// Where the return address is stored, from the frame's address.
    pub(super) caller: i64,
    /// Where the caller's frame pointer is stored, from the frame's address, if it is.
    pub(super) frame_pointer: Option<i64>,
}

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The stack pointer.
    Stack,
    /// The frame pointer.
    Frame,
}

/// The table of one file.
#[derive(Debug)]
pub(super) struct Table {
    segments: Vec<Segment>,
    header: Vec<u8>,
    frames: Vec<u8>,
    bases: BaseAddresses,
    kept: BTreeMap<u64, Option<Rule>>,
}

type Reader<'a> = EndianSlice<'a, LittleEndian>;

impl Table {
    /// Reads the table; `None` for what is no 64-bit ELF file, or has none.
    pub(super) fn read(path: impl AsRef<Path>) -> Option<Self> {
        let file = File::open(path).ok()?;
        let segments = segments(&file)?;
        let header = *segments.iter().find(|segment| segment.kind == EH_FRAME_HDR)?;
        let bytes = read_at(&file, header.offset, header.bytes)?;
        let bases = BaseAddresses::default().set_eh_frame_hdr(header.address);
        let parsed = EhFrameHdr::new(&bytes, LittleEndian).parse(&bases, 8).ok()?;
        let Pointer::Direct(address) = parsed.eh_frame_ptr() else { return None };
        let holds = |one: &&Segment| {
            one.kind == LOAD && (one.address..one.address + one.bytes).contains(&address)
        };
        let around = *segments.iter().find(holds)?;
        let skip = address - around.address;
        // How long the table is stands nowhere; it ends with its segment at the latest.
        let frames = read_at(&file, around.offset + skip, around.bytes - skip)?;
        let bases = bases.set_eh_frame(address);
        Some(Self { segments, header: bytes, frames, bases, kept: BTreeMap::new() })
    }

    /// The rule for a place, an offset into the file.
    pub(super) fn rule(&mut self, offset: u64) -> Option<Rule> {
        if let Some(rule) = self.kept.get(&offset) {
            return *rule;
        }
        let rule = self.look_up(offset);
        if self.kept.len() < KEPT_MAX {
            self.kept.insert(offset, rule);
        }
        rule
    }

    fn look_up(&self, offset: u64) -> Option<Rule> {
        let address = address_of(&self.segments, offset)?;
        let header = EhFrameHdr::new(&self.header, LittleEndian).parse(&self.bases, 8).ok()?;
        let frames = EhFrame::new(&self.frames, LittleEndian);
        let cie = EhFrame::<Reader<'_>>::cie_from_offset;
        let fde = header.table()?.fde_for_address(&frames, &self.bases, address, cie).ok()?;
        let mut context = UnwindContext::new();
        let row = fde.unwind_info_for_address(&frames, &self.bases, &mut context, address).ok()?;
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { return None };
        let base = match register {
            X86_64::RSP => Base::Stack,
            X86_64::RBP => Base::Frame,
            _ => return None,
        };
        let (outermost, caller) = match row.register(X86_64::RA) {
            Some(RegisterRule::Undefined) => (true, 0),
            Some(RegisterRule::Offset(caller)) => (false, caller),
            _ => return None,
        };
        let frame_pointer = match row.register(X86_64::RBP) {
            Some(RegisterRule::Offset(saved)) => Some(saved),
            _ => None,
        };
        Some(Rule { outermost, base, offset, caller, frame_pointer })
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// This test's own program has a table; every address of a function in it has a rule.
    #[test]
    fn the_table_of_this_program_has_a_rule_for_its_functions() {
        let path = std::env::current_exe().unwrap();
        let mut table = Table::read(&path).unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let here = segments as fn(&File) -> Option<Vec<Segment>> as usize as u64;
        let offset = maps.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let (start, end) = words.next()?.split_once('-')?;
            let [start, end, offset] =
                [start, end, words.nth(1)?].map(|word| u64::from_str_radix(word, 16).unwrap());
            (start..end).contains(&here).then(|| here - start + offset)
        });
        let rule = table.rule(offset.unwrap()).unwrap();
        // At its first instruction a function's return address lies at the stack pointer.
        assert_eq!((rule.base, rule.offset, rule.caller), (Base::Stack, 8, -8));
        assert!(!rule.outermost && rule.frame_pointer.is_none());
        assert_eq!(table.rule(offset.unwrap()), Some(rule));
        assert_eq!(table.rule(3), None, "the ELF header is no function");
    }

    #[test]
    fn what_is_no_program_has_no_table() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x");
        let mut cut = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        cut.truncate(100);
        for bytes in [&b""[..], b"#!/bin/sh\n", &cut] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Table::read(&path).is_none());
        }
        assert!(Table::read("/nowhere").is_none());
    }
}

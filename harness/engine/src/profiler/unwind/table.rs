//! The unwind table of one ELF file: for a place in it, how to find the caller's frame. The only
//! file that knows gimli.

use std::collections::BTreeMap;

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, Encoding, EndianSlice, EvaluationResult,
    Expression, LittleEndian, Pointer, RegisterRule, UnwindContext, UnwindSection, Value, X86_64,
};

use super::super::elf::{EH_FRAME_HDR, Image, LOAD, Segment, address_of};

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
    pub(super) fn read(image: &Image) -> Option<Self> {
        let segments = image.segments()?;
        let header = *segments.iter().find(|segment| segment.kind == EH_FRAME_HDR)?;
        let bytes = image.read_at(header.offset, header.bytes)?;
        let bases = BaseAddresses::default().set_eh_frame_hdr(header.address);
        let parsed = EhFrameHdr::new(&bytes, LittleEndian).parse(&bases, 8).ok()?;
        let Pointer::Direct(address) = parsed.eh_frame_ptr() else { return None };
        let holds = |one: &&Segment| {
            one.kind == LOAD && (one.address..one.address + one.bytes).contains(&address)
        };
        let around = *segments.iter().find(holds)?;
        let skip = address - around.address;
        // How long the table is stands nowhere; it ends with its segment at the latest.
        let frames = image.read_at(around.offset + skip, around.bytes - skip)?;
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
        let (base, offset) = match row.cfa() {
            CfaRule::RegisterAndOffset { register: X86_64::RSP, offset } => (Base::Stack, *offset),
            CfaRule::RegisterAndOffset { register: X86_64::RBP, offset } => (Base::Frame, *offset),
            CfaRule::RegisterAndOffset { .. } => return None,
            CfaRule::Expression(expression) => {
                let expression = expression.get(&frames).ok()?;
                (Base::Stack, from_stack(expression, fde.cie().encoding(), address)?)
            }
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

/// The frame's address from the stack pointer by an expression. The stubs by which programs call
/// libraries have one, in which the place stands too.
fn from_stack(expression: Expression<Reader<'_>>, encoding: Encoding, place: u64) -> Option<i64> {
    /// More than any such expression has.
    const STEPS_MAX: u32 = 100;
    let frame = |stack: u64| {
        let mut evaluation = expression.evaluation(encoding);
        evaluation.set_max_iterations(STEPS_MAX);
        let mut state = evaluation.evaluate().ok()?;
        while let EvaluationResult::RequiresRegister { register, .. } = state {
            let value = match register {
                X86_64::RSP => stack,
                X86_64::RA => place,
                _ => return None,
            };
            state = evaluation.resume_with_register(Value::Generic(value)).ok()?;
        }
        // Anything else is a question that cannot be answered here.
        if !matches!(state, EvaluationResult::Complete) {
            return None;
        }
        match evaluation.value_result()? {
            Value::Generic(frame) => Some(frame),
            _ => None,
        }
    };
    // Two stacks tell that it is so far from the stack pointer, wherever that is.
    let [low, high] = [1 << 20, 1 << 21];
    let offset = frame(low)?.wrapping_sub(low);
    (frame(high)?.wrapping_sub(high) == offset).then_some(offset.cast_signed())
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// This test's own program has a table; every address of a function in it has a rule.
    #[test]
    fn the_table_of_this_program_has_a_rule_for_its_functions() {
        let image = Image::open(std::env::current_exe().unwrap()).unwrap();
        let mut table = Table::read(&image).unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let here = Image::segments as fn(&Image) -> Option<Vec<Segment>> as usize as u64;
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
            assert!(Table::read(&Image::open(&path).unwrap()).is_none());
        }
        assert!(Image::open("/nowhere").is_none());
    }

    #[test]
    fn the_frame_of_a_stub_hangs_on_the_place_and_on_the_stack_alone() {
        let encoding = Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 1 };
        let offset = |bytes: &[u8], place| {
            from_stack(Expression(EndianSlice::new(bytes, LittleEndian)), encoding, place)
        };
        // rsp + 8 + ((rip & 15 >= 11) << 3), as linkers write it for `.plt`.
        let stub = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
        assert_eq!(
            [0x1020, 0x102a, 0x102b].map(|place| offset(&stub, place)),
            [Some(8), Some(8), Some(16)]
        );
        // What is stored at rsp + 160, as for signals; rsp twice; another register; no end; nothing.
        for other in [
            &[0x77, 0xa0, 1, 6][..],
            &[0x77, 0, 0x77, 0, 0x22],
            &[0x70, 0],
            &[0x2f, 0xfd, 0xff],
            &[],
        ] {
            assert_eq!(offset(other, 0x1020), None, "{other:x?}");
        }
    }
}

//! The unwind table of one ELF file: for a place in it, how to find the caller's frame. The only
//! file that knows gimli.

use std::collections::BTreeMap;

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, Encoding, EndianSlice, EvaluationResult,
    Expression, LittleEndian, Pointer, RegisterRule, UnwindContext, UnwindExpression,
    UnwindSection, Value, X86_64,
};

use super::super::elf::{EH_FRAME_HDR, Image, LOAD, Segment, address_of};

/// Rules that are kept for places already asked for.
const KEPT_MAX: usize = 100_000;

/// How to find the caller's frame from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// There is no caller: the thread starts here.
    Outermost,
    /// A function.
    Called {
        /// The register that the frame is found by.
        base: Base,
        /// The frame's address (CFA), from that register.
        offset: i64,
        /// Where the return address is stored, from the frame's address.
        caller: i64,
        /// Where the caller's frame pointer is stored, from the frame's address, if it is.
        frame_pointer: Option<i64>,
    },
    /// What handlers of signals return to. It was called by nobody: where the program was
    /// interrupted, and the two pointers there, are stored at these distances from the stack
    /// pointer.
    Signal { ip: i64, sp: i64, bp: i64 },
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
        let distance = |expression: &UnwindExpression<usize>| {
            from_stack(expression.get(&frames).ok()?, fde.cie().encoding(), address)
        };
        if fde.is_signal_trampoline() {
            let stored = |register| match row.register(register)? {
                RegisterRule::Expression(expression) => distance(&expression),
                _ => None,
            };
            let [ip, sp, bp] = [X86_64::RA, X86_64::RSP, X86_64::RBP].map(stored);
            return Some(Rule::Signal { ip: ip?, sp: sp?, bp: bp? });
        }
        let (base, offset) = match row.cfa() {
            CfaRule::RegisterAndOffset { register: X86_64::RSP, offset } => (Base::Stack, *offset),
            CfaRule::RegisterAndOffset { register: X86_64::RBP, offset } => (Base::Frame, *offset),
            CfaRule::RegisterAndOffset { .. } => return None,
            CfaRule::Expression(expression) => (Base::Stack, distance(expression)?),
        };
        let caller = match row.register(X86_64::RA) {
            Some(RegisterRule::Undefined) => return Some(Rule::Outermost),
            Some(RegisterRule::Offset(caller)) => caller,
            _ => return None,
        };
        let frame_pointer = match row.register(X86_64::RBP) {
            Some(RegisterRule::Offset(saved)) => Some(saved),
            _ => None,
        };
        Some(Rule::Called { base, offset, caller, frame_pointer })
    }
}

/// The distance of an address from the stack pointer by an expression: that of the frame of the
/// stubs by which programs call libraries, in which the place stands too, or those of the registers
/// that the kernel stores for a signal.
fn from_stack(expression: Expression<Reader<'_>>, encoding: Encoding, place: u64) -> Option<i64> {
    /// More than any such expression has.
    const STEPS_MAX: u32 = 100;
    let found = |stack: u64| {
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
            Value::Generic(address) => Some(address),
            _ => None,
        }
    };
    // Two stacks tell that it is so far from the stack pointer, wherever that is.
    let [low, high] = [1 << 20, 1 << 21];
    let distance = found(low)?.wrapping_sub(low);
    (found(high)?.wrapping_sub(high) == distance).then_some(distance.cast_signed())
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
        // At its first instruction a function's return address lies at the stack pointer.
        let expect = Rule::Called { base: Base::Stack, offset: 8, caller: -8, frame_pointer: None };
        for _ in 0..2 {
            assert_eq!(table.rule(offset.unwrap()), Some(expect));
        }
        assert_eq!(table.rule(3), None, "the ELF header is no function");
    }

    /// libc's, which the kernel is told of with every handler: as its code sets the number of the
    /// system call, the stack pointer is at the `ucontext_t` of `sys/ucontext.h`.
    #[test]
    fn what_handlers_of_signals_return_to_has_the_registers_where_the_kernel_puts_them() {
        const SETS_THE_NUMBER: [u8; 9] = [0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05];
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().find_map(|line| {
            line.split_whitespace().nth(5).filter(|path| path.ends_with("/libc.so.6"))
        });
        let Some(libc) = libc else { return println!("skipped: no glibc in this process") };
        let bytes = std::fs::read(libc).unwrap();
        let code = bytes.windows(SETS_THE_NUMBER.len()).position(|code| code == SETS_THE_NUMBER);
        let mut table = Table::read(&Image::open(libc).unwrap()).unwrap();
        let offset = code.unwrap() as u64;
        // Behind a call to it would be this place less one.
        for offset in [offset, offset - 1] {
            assert_eq!(table.rule(offset), Some(Rule::Signal { ip: 168, sp: 160, bp: 120 }));
        }
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

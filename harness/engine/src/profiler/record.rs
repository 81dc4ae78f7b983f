//! Records of the kernel's sampling buffers: bytes in, values out. Pure.
//!
//! `ring.rs` takes the bytes from a buffer and has them read here. The layouts are those of
//! `perf_event_open(2)` for the options that `ring.rs` opens with: samples of TID, TIME, PERIOD,
//! CALLCHAIN and perhaps REGS_USER and STACK_USER, and `sample_id_all`, so that every other record
//! ends with TID and TIME.

/// What the profiler reads; every other kind of record is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    /// A sample.
    Sample(Sample<'a>),
    /// A file was mapped to be executed.
    Mapped { pid: u32, start: u64, length: u64, offset: u64, file: String },
    /// A thread has a new name; `exec` says that its process is another program now.
    Named { pid: u32, tid: u32, name: String, exec: bool },
    /// A process or thread was made by another.
    Forked { pid: u32, parent: u32, tid: u32, parent_tid: u32 },
    /// Records that did not fit.
    Lost(u64),
}

/// Where a thread stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample<'a> {
    pub(super) pid: u32,
    pub(super) tid: u32,
    /// The period of the event: what this sample stands for.
    pub(super) period: u64,
    /// Addresses, innermost first, with the kernel's marks between them.
    pub(super) chain: Vec<u64>,
    /// What the program's part of the stack can be walked again from, if it was asked for.
    pub(super) stack: Option<UserStack<'a>>,
}

/// Registers of the program and a copy of its stack from the stack pointer outwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserStack<'a> {
    pub(super) ip: u64,
    pub(super) sp: u64,
    pub(super) bp: u64,
    pub(super) bytes: &'a [u8],
}

impl UserStack<'_> {
    /// The word at an address, if it was copied.
    pub(super) fn word(&self, address: u64) -> Option<u64> {
        let at = usize::try_from(address.checked_sub(self.sp)?).ok()?;
        self.bytes.get(at..)?.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes))
    }
}

/// From here on entries of a chain are marks, not addresses (`PERF_CONTEXT_MAX`).
const MARKS: u64 = u64::MAX - 4094;
/// Kernel addresses follow.
const MARK_KERNEL: u64 = (-128_i64).cast_unsigned();
/// User addresses follow.
const MARK_USER: u64 = (-512_i64).cast_unsigned();

// `enum perf_event_type` of linux/perf_event.h.
const LOST: u32 = 2;
const COMM: u32 = 3;
const FORK: u32 = 7;
const SAMPLE: u32 = 9;
const MMAP2: u32 = 10;

/// `PERF_RECORD_MISC_COMM_EXEC`.
const MISC_EXEC: u16 = 1 << 13;

/// Bytes of TID and TIME at the end of every record but a sample.
const TRAILER: usize = 16;

/// The time of a record of any kind; `None` for bytes that are too few.
pub(super) fn time(kind: u32, bytes: &[u8]) -> Option<u64> {
    // The time of a sample follows its TID.
    let at = if kind == SAMPLE { 8 } else { bytes.len().checked_sub(8)? };
    Bytes(bytes.get(at..)?).u64()
}

/// Reads one record with its time; `None` for kinds that do not matter and for bytes that are no
/// such record. `stacks` says whether samples hold registers and stack.
pub(super) fn read<'a>(
    kind: u32,
    misc: u16,
    bytes: &'a [u8],
    stacks: bool,
) -> Option<(u64, Record<'a>)> {
    if kind == SAMPLE {
        return sample(&mut Bytes(bytes), stacks);
    }
    let (body, trailer) = bytes.split_at_checked(bytes.len().checked_sub(TRAILER)?)?;
    let time = Bytes(&trailer[8..]).u64()?;
    let mut body = Bytes(body);
    let record = match kind {
        LOST => Record::Lost({
            body.u64()?;
            body.u64()?
        }),
        COMM => Record::Named {
            pid: body.u32()?,
            tid: body.u32()?,
            name: body.text(),
            exec: misc & MISC_EXEC != 0,
        },
        FORK => {
            let (pid, parent) = (body.u32()?, body.u32()?);
            Record::Forked { pid, parent, tid: body.u32()?, parent_tid: body.u32()? }
        }
        MMAP2 => {
            let pid = body.u32()?;
            body.u32()?;
            let (start, length, offset) = (body.u64()?, body.u64()?, body.u64()?);
            // Device, inode and its generation, protection, flags.
            for _ in 0..4 {
                body.u64()?;
            }
            Record::Mapped { pid, start, length, offset, file: body.text() }
        }
        _ => return None,
    };
    Some((time, record))
}

fn sample<'a>(bytes: &mut Bytes<'a>, stacks: bool) -> Option<(u64, Record<'a>)> {
    let (pid, tid) = (bytes.u32()?, bytes.u32()?);
    let (time, period) = (bytes.u64()?, bytes.u64()?);
    let length = usize::try_from(bytes.u64()?).ok()?;
    // OK because a record has at most 64 KiB: more entries than bytes is no sample.
    if length > bytes.0.len() / 8 {
        return None;
    }
    let chain: Vec<u64> = (0..length).map_while(|_| bytes.u64()).collect();
    let stack = if stacks { user_stack(bytes) } else { None };
    Some((time, Record::Sample(Sample { pid, tid, period, chain, stack })))
}

/// The registers asked for (frame pointer, stack pointer, instruction), the size of the room for
/// the stack, the room, and how much of it was filled. Nothing for a thread of the kernel.
fn user_stack<'a>(bytes: &mut Bytes<'a>) -> Option<UserStack<'a>> {
    const NO_REGISTERS: u64 = 0;
    if bytes.u64()? == NO_REGISTERS {
        return None;
    }
    let (bp, sp, ip) = (bytes.u64()?, bytes.u64()?, bytes.u64()?);
    let room = usize::try_from(bytes.u64()?).ok()?;
    let (copy, rest) = bytes.0.split_at_checked(room)?;
    let filled = usize::try_from(Bytes(rest).u64()?).ok()?;
    Some(UserStack { ip, sp, bp, bytes: copy.get(..filled)? })
}

/// An address of a chain and what is known about it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) address: u64,
    pub(super) kernel: bool,
    /// The address behind a call, not that of the instruction that was executing.
    pub(super) returns: bool,
}

impl Sample<'_> {
    /// Its addresses, innermost first, the kernel's told from the program's.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Address> {
        let (mut kernel, mut first) = (false, true);
        self.chain.iter().filter_map(move |&address| {
            if address >= MARKS {
                kernel = match address {
                    MARK_KERNEL => true,
                    MARK_USER => false,
                    _ => kernel,
                };
                first = true;
                return None;
            }
            let returns = !first;
            first = false;
            Some(Address { address, kernel, returns })
        })
    }
}

/// Bytes that are taken from the front.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_ne_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_ne_bytes)
    }

    /// The rest, a text that is padded with zeros.
    fn text(&self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        String::from_utf8_lossy(&self.0[..end]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    /// Two u32 in one word, in the order in which they stand in memory.
    fn pair(first: u32, second: u32) -> u64 {
        let [a, b] = [first, second].map(u32::to_ne_bytes);
        u64::from_ne_bytes([a, b].concat().try_into().unwrap())
    }

    fn read(kind: u32, misc: u16, bytes: &[u8]) -> Option<(u64, Record<'_>)> {
        super::read(kind, misc, bytes, false)
    }

    #[test]
    fn registers_and_stack_are_read_where_they_were_asked_for() {
        let head = [pair(7, 8), 1000, 1, 2, MARK_USER, 0x55];
        let body = [2, 0x700, 0x600, 0x55, 24, 11, 12, 13, 16];
        let bytes = bytes(&[&head[..], &body[..]].concat());
        let stack = |stacks| match super::read(SAMPLE, 0, &bytes, stacks) {
            Some((time, Record::Sample(sample))) => {
                assert_eq!(super::time(SAMPLE, &bytes), Some(time));
                sample.stack
            }
            other => panic!("{other:?}"),
        };
        let found = stack(true).unwrap();
        assert_eq!((found.bp, found.sp, found.ip, found.bytes.len()), (0x700, 0x600, 0x55, 16));
        let words = [0x600, 0x608, 0x609, 0x610, 0x5ff].map(|address| found.word(address));
        assert_eq!(words, [Some(11), Some(12), None, None, None]);
        assert_eq!(stack(false), None);
    }

    #[test]
    fn a_sample_has_its_time_period_and_chain() {
        let words = [pair(7, 8), 1000, 1_001_001, 4, MARK_KERNEL, 0xffff_8000, MARK_USER, 0x55];
        let whole = bytes(&words);
        let (time, record) = read(SAMPLE, 0, &whole).unwrap();
        let Record::Sample(sample) = record else { panic!("{record:?}") };
        assert_eq!((time, sample.pid, sample.tid, sample.period), (1000, 7, 8, 1_001_001));
        let addresses: Vec<_> = sample.addresses().map(|a| (a.address, a.kernel)).collect();
        assert_eq!(addresses, [(0xffff_8000, true), (0x55, false)]);
        // A count that the bytes do not hold.
        assert_eq!(read(SAMPLE, 0, &bytes(&words[..7])), None);
    }

    #[test]
    fn the_first_address_after_a_mark_is_exact_and_the_others_return() {
        let chain = vec![MARK_KERNEL, 1, 2, MARK_USER, 3, 4, 5];
        let sample = Sample { pid: 0, tid: 0, period: 1, chain, stack: None };
        let returns: Vec<_> = sample.addresses().map(|a| a.returns).collect();
        assert_eq!(returns, [false, true, false, true, true]);
    }

    #[test]
    fn mappings_names_forks_and_losses_are_read_with_their_time() {
        let trailer = [pair(7, 8), 77];
        let mut mapped = bytes(&[pair(7, 8), 0x4000, 0x1000, 0x200, 0, 0, 0, pair(5, 2)]);
        mapped.extend(b"/bin/true\0\0\0\0\0\0\0");
        mapped.extend(bytes(&trailer));
        let file = "/bin/true".to_owned();
        let expect = Record::Mapped { pid: 7, start: 0x4000, length: 0x1000, offset: 0x200, file };
        assert_eq!(read(MMAP2, 0, &mapped), Some((77, expect)));

        let mut named = bytes(&[pair(7, 8)]);
        named.extend(b"writer-0");
        named.extend(bytes(&[0, trailer[0], trailer[1]]));
        for (misc, exec) in [(0, false), (MISC_EXEC, true)] {
            let name = "writer-0".to_owned();
            let expect = Record::Named { pid: 7, tid: 8, name, exec };
            assert_eq!(read(COMM, misc, &named), Some((77, expect)));
        }

        let forked = bytes(&[pair(9, 7), pair(10, 8), 70, trailer[0], trailer[1]]);
        let expect = Record::Forked { pid: 9, parent: 7, tid: 10, parent_tid: 8 };
        assert_eq!(read(FORK, 0, &forked), Some((77, expect)));

        let lost = bytes(&[1, 42, trailer[0], trailer[1]]);
        assert_eq!(read(LOST, 0, &lost), Some((77, Record::Lost(42))));
        for (kind, bytes) in [(MMAP2, &mapped), (COMM, &named), (FORK, &forked), (LOST, &lost)] {
            assert_eq!(super::time(kind, bytes), Some(77));
        }
        assert_eq!(read(4, 0, &lost), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail(
            kind in 0_u32..20,
            misc: u16,
            stacks: bool,
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            if let Some((time, record)) = super::read(kind, misc, &bytes, stacks) {
                prop_assert_eq!(super::time(kind, &bytes), Some(time));
                if let Record::Sample(sample) = record {
                    prop_assert!(sample.addresses().count() <= sample.chain.len());
                }
            }
        }
    }
}

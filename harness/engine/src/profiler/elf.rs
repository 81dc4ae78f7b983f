//! ELF files: what of one is loaded where. Called by the unwind tables, the symbols and the stubs,
//! which read further parts. Knows `object`, as `stubs.rs` does; no other file does.

use std::fmt::Debug;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

#[cfg(target_os = "linux")]
use object::read::elf::ElfFile64;
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{LittleEndian, ReadCache, ReadRef as _};

pub(super) use object::elf::{PT_GNU_EH_FRAME as EH_FRAME_HDR, PT_LOAD as LOAD, ProgramType};

/// Parts larger than this are not read.
const BYTES_MAX: u64 = 128 << 20;

/// A part of a file and where it is loaded, relative to the file's own addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) kind: ProgramType,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) bytes: u64,
}

/// The bytes of an ELF file; what was read of them stays in memory.
#[derive(Debug)]
pub(super) struct Image(ReadCache<Box<dyn Bytes>>);

/// Bytes in a file or in memory.
pub(super) trait Bytes: Read + Seek + Debug {}

impl<T: Read + Seek + Debug> Bytes for T {}

impl Image {
    /// A file.
    pub(super) fn open(path: impl AsRef<Path>) -> Option<Self> {
        Some(Self::new(File::open(path).ok()?))
    }

    /// What is read from there.
    pub(super) fn new(bytes: impl Read + Seek + Debug + 'static) -> Self {
        Self(ReadCache::new(Box::new(bytes)))
    }

    /// The program headers of a 64-bit little-endian ELF file.
    pub(super) fn segments(&self) -> Option<Vec<Segment>> {
        let header = object::elf::FileHeader64::<LittleEndian>::parse(&self.0).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, &self.0).ok()?.iter().map(|one| Segment {
            kind: one.p_type(endian),
            offset: one.p_offset(endian),
            address: one.p_vaddr(endian),
            bytes: one.p_filesz(endian),
        });
        Some(segments.collect())
    }

    /// Everything else that such a file tells.
    #[cfg(target_os = "linux")]
    pub(super) fn whole(&self) -> Option<Whole<'_>> {
        ElfFile64::parse(&self.0).ok()
    }

    /// A part; `None` where it is not there, or too long to be meant.
    pub(super) fn read_at(&self, offset: u64, bytes: u64) -> Option<Vec<u8>> {
        if bytes > BYTES_MAX {
            return None;
        }
        (&self.0).read_bytes_at(offset, bytes).ok().map(<[u8]>::to_vec)
    }
}

/// A file by its sections, relocations and symbols.
#[cfg(target_os = "linux")]
pub(super) type Whole<'a> = ElfFile64<'a, LittleEndian, &'a ReadCache<Box<dyn Bytes>>>;

/// The file's own address of a place in it.
pub(super) fn address_of(segments: &[Segment], offset: u64) -> Option<u64> {
    let holds = |one: &&Segment| {
        one.kind == LOAD && (one.offset..one.offset.saturating_add(one.bytes)).contains(&offset)
    };
    let segment = segments.iter().find(holds)?;
    (offset - segment.offset).checked_add(segment.address)
}

//! What of an ELF file is loaded where: its program headers. Called by the unwind tables and by the
//! symbols; no other part of the format is read here.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Parts larger than this are not read.
const BYTES_MAX: u64 = 128 << 20;

/// A part of a file and where it is loaded, relative to the file's own addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) kind: u32,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) bytes: u64,
}

/// `PT_LOAD` and `PT_GNU_EH_FRAME` of elf.h.
pub(super) const LOAD: u32 = 1;
pub(super) const EH_FRAME_HDR: u32 = 0x6474_e550;

/// The bytes of an ELF file.
#[derive(Debug)]
pub(super) struct Image {
    file: File,
    /// Where in the file they lie.
    range: Range<u64>,
}

impl Image {
    /// A file.
    pub(super) fn open(path: impl AsRef<Path>) -> Option<Self> {
        let file = File::open(path).ok()?;
        let end = file.metadata().ok()?.len();
        Some(Self { file, range: 0..end })
    }

    /// What lies in a part of a file.
    pub(super) fn part(file: File, range: Range<u64>) -> Self {
        Self { file, range }
    }

    /// The program headers of a 64-bit little-endian ELF file.
    pub(super) fn segments(&self) -> Option<Vec<Segment>> {
        let head = self.read_at(0, 64)?;
        // Magic, 64 bits, little endian.
        if !head.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let at = u64::from_le_bytes(*head.get(32..)?.first_chunk()?);
        let each = u64::from(u16::from_le_bytes(*head.get(54..)?.first_chunk()?));
        let count = u64::from(u16::from_le_bytes(*head.get(56..)?.first_chunk()?));
        if each < 56 {
            return None;
        }
        let headers = self.read_at(at, each * count)?;
        let segment = |bytes: &[u8]| {
            let word = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
            let kind = u32::from_le_bytes(*bytes.first_chunk()?);
            Some(Segment { kind, offset: word(8)?, address: word(16)?, bytes: word(32)? })
        };
        headers.chunks_exact(usize::try_from(each).ok()?).map(segment).collect()
    }

    /// A part; `None` where it is not there, or too long to be meant.
    pub(super) fn read_at(&self, offset: u64, bytes: u64) -> Option<Vec<u8>> {
        let length = self.range.end - self.range.start;
        if bytes > BYTES_MAX || offset.checked_add(bytes)? > length {
            return None;
        }
        let mut buffer = vec![0; usize::try_from(bytes).ok()?];
        self.file.read_exact_at(&mut buffer, self.range.start + offset).ok()?;
        Some(buffer)
    }
}

/// The file's own address of a place in it.
pub(super) fn address_of(segments: &[Segment], offset: u64) -> Option<u64> {
    let holds = |one: &&Segment| {
        one.kind == LOAD && (one.offset..one.offset.saturating_add(one.bytes)).contains(&offset)
    };
    let segment = segments.iter().find(holds)?;
    (offset - segment.offset).checked_add(segment.address)
}

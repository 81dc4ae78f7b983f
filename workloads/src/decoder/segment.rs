//! A spooled segment: its bytes, what its metadata declares, and the way back to JSON and rows.
//!
//! The encodings are those of Trino's spooling protocol: `json`, `json+zstd` with one frame, and
//! `json+lz4` with one raw block, whose size stands in the metadata alone. What the metadata
//! declares is checked before memory is taken and again afterwards.

use std::borrow::Cow;

use lz4_flex::block;
use serde::{Deserialize, Serialize};
use workload_api::WorkloadError;

use super::decoded::{Decoded, Target};
use crate::params::Word;

/// Largest JSON document of a segment that is decoded, in bytes.
pub(super) const JSON_BYTES_MAX: u64 = 256 << 20;

/// Level of zstd, its own default.
const ZSTD_LEVEL: i32 = 3;

/// How a segment's JSON is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Codec {
    None,
    Zstd,
    Lz4,
}

impl Word for Codec {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("none", "encoding json: as it is", Self::None),
        ("zstd", "encoding json+zstd: one frame of level 3", Self::Zstd),
        ("lz4", "encoding json+lz4: one raw block", Self::Lz4),
    ];
}

/// What is declared of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Metadata {
    /// Bytes of the segment as it is sent.
    pub(super) segment_size: u64,
    /// Bytes of its JSON; `None` when it is not compressed.
    pub(super) uncompressed_size: Option<u64>,
    /// Rows in it.
    pub(super) rows_count: u64,
    /// Rows in the segments before it.
    pub(super) row_offset: u64,
}

/// One segment of a result.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) codec: Codec,
    pub(super) bytes: Vec<u8>,
    pub(super) metadata: Metadata,
}

impl Segment {
    /// A segment of `rows_count` rows that are in `json`.
    ///
    /// # Errors
    /// When the codec fails.
    pub(super) fn encode(
        codec: Codec,
        json: Vec<u8>,
        (row_offset, rows_count): (u64, u64),
    ) -> Result<Self, WorkloadError> {
        let json_size = json.len() as u64;
        let mut bytes = match codec {
            Codec::None => json,
            Codec::Zstd => zstd::bulk::compress(&json, ZSTD_LEVEL)
                .map_err(|error| WorkloadError::context("compressing a segment", error))?,
            Codec::Lz4 => block::compress(&json),
        };
        // Codecs make room for what cannot be compressed, and segments are held for long.
        bytes.shrink_to_fit();
        let metadata = Metadata {
            segment_size: bytes.len() as u64,
            uncompressed_size: (codec != Codec::None).then_some(json_size),
            rows_count,
            row_offset,
        };
        Ok(Self { codec, bytes, metadata })
    }

    /// Decompresses and parses the segment.
    ///
    /// # Errors
    /// When the bytes are not what the metadata declares, or are damaged.
    pub(super) fn decode(&self, target: Target) -> Result<Decoded, String> {
        self.parse(&self.json()?, target)
    }

    /// Gives the frame of a zstd segment a checksum, and then another one.
    ///
    /// # Errors
    /// When the codec fails.
    pub(super) fn spoil_checksum(&mut self) -> Result<(), WorkloadError> {
        let spoilt = self.json().map_err(WorkloadError::new).and_then(|json| {
            let failed = |error| WorkloadError::context("compressing a segment", error);
            let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(failed)?;
            compressor.include_checksum(true).map_err(failed)?;
            compressor.compress(&json).map_err(failed)
        });
        self.bytes = spoilt?;
        self.metadata.segment_size = self.bytes.len() as u64;
        // The checksum is the last four bytes of a frame.
        self.bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
        Ok(())
    }

    /// Bytes of the JSON, as declared.
    pub(super) fn json_size(&self) -> u64 {
        self.metadata.uncompressed_size.unwrap_or(self.metadata.segment_size)
    }

    /// Decompresses the segment into a buffer that is kept and gives the JSON with `padding` bytes
    /// behind it.
    ///
    /// # Errors
    /// What is wrong with the segment.
    pub(super) fn unpack<'b>(
        &self,
        unpacker: &'b mut Unpacker,
        padding: usize,
    ) -> Result<&'b [u8], String> {
        let size = self.checked_size()?;
        let Unpacker { zstd, buffer } = unpacker;
        if buffer.len() < size + padding {
            buffer.resize(size + padding, 0);
        }
        let json = &mut buffer[..size];
        let found = match self.codec {
            Codec::None => {
                json.copy_from_slice(&self.bytes);
                size
            }
            Codec::Zstd => zstd
                .decompress_to_buffer(&self.bytes, json)
                .map_err(|error| format!("no zstd frame of {size} bytes: {error}"))?,
            Codec::Lz4 => block::decompress_into(&self.bytes, json)
                .map_err(|error| format!("no lz4 block of {size} bytes: {error}"))?,
        };
        refuse_other_size(size, found)?;
        Ok(&buffer[..size + padding])
    }

    /// Parses JSON that was unpacked, the careful way.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(&self, json: &[u8], target: Target) -> Result<Decoded, String> {
        let decoded = target.parse(json, self.rows_at_most(json.len(), target))?;
        self.refuse_other_rows(decoded.rows())?;
        Ok(decoded)
    }

    /// As many rows as declared, or as could be in so much JSON: each value has a byte and a comma
    /// at least, so a false count cannot ask for much memory.
    pub(super) fn rows_at_most(&self, json_bytes: usize, target: Target) -> usize {
        let bytes_of_a_row = 2 * target.fields().len() as u64;
        self.metadata.rows_count.min(json_bytes as u64 / bytes_of_a_row) as usize
    }

    /// # Errors
    /// When other rows were found than declared.
    pub(super) fn refuse_other_rows(&self, found: u64) -> Result<(), String> {
        let declared = self.metadata.rows_count;
        if found == declared {
            Ok(())
        } else {
            Err(format!("{declared} rows declared, {found} found"))
        }
    }

    /// The size of the JSON, if what is declared fits the segment and itself.
    fn checked_size(&self) -> Result<usize, String> {
        let (declared, found) = (self.metadata.segment_size, self.bytes.len());
        if declared != found as u64 {
            return Err(format!("{declared} bytes declared, {found} found"));
        }
        let size = self.json_size();
        if size > JSON_BYTES_MAX {
            return Err(format!(
                "{size} bytes of JSON declared, at most {JSON_BYTES_MAX} are allowed"
            ));
        }
        let is_compressed = self.codec != Codec::None;
        if is_compressed != self.metadata.uncompressed_size.is_some() {
            let has = if is_compressed { "no" } else { "an" };
            return Err(format!("codec {} with {has} uncompressed size", self.codec.word()));
        }
        Ok(size as usize)
    }

    /// The JSON of the segment.
    ///
    /// # Errors
    /// What is wrong with the segment.
    pub(super) fn json(&self) -> Result<Cow<'_, [u8]>, String> {
        let size = self.checked_size()?;
        let json = match self.codec {
            Codec::None => return Ok(Cow::Borrowed(&self.bytes)),
            Codec::Zstd => unzstd(&self.bytes, size)?,
            Codec::Lz4 => unlz4(&self.bytes, size)?,
        };
        refuse_other_size(size, json.len())?;
        Ok(Cow::Owned(json))
    }
}

fn refuse_other_size(declared: usize, found: usize) -> Result<(), String> {
    if declared == found {
        return Ok(());
    }
    Err(format!("{declared} bytes of JSON declared, {found} decompressed"))
}

/// What decompressing needs and may be kept from segment to segment.
pub(super) struct Unpacker {
    zstd: zstd::bulk::Decompressor<'static>,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// # Errors
    /// When the codec cannot be had.
    pub(super) fn new() -> Result<Self, WorkloadError> {
        let zstd = zstd::bulk::Decompressor::new()
            .map_err(|error| WorkloadError::context("preparing to decompress", error))?;
        Ok(Self { zstd, buffer: Vec::new() })
    }
}

/// At most `size` bytes of JSON; more are an error.
fn unzstd(bytes: &[u8], size: usize) -> Result<Vec<u8>, String> {
    zstd::bulk::decompress(bytes, size)
        .map_err(|error| format!("no zstd frame of {size} bytes: {error}"))
}

/// At most `size` bytes of JSON; more are an error.
fn unlz4(bytes: &[u8], size: usize) -> Result<Vec<u8>, String> {
    block::decompress(bytes, size).map_err(|error| format!("no lz4 block of {size} bytes: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::decoded::Output;
    use super::super::lineitem;
    use super::super::schema::Shape;
    use super::*;

    const CODECS: [Codec; 3] = [Codec::None, Codec::Zstd, Codec::Lz4];

    fn segment(codec: Codec) -> Segment {
        Segment::encode(codec, lineitem::json(1, 2, 40), (80, 40)).unwrap()
    }

    const TARGET: Target = Target { shape: Shape::Lineitem, output: Output::Columns };

    fn error(segment: &Segment) -> String {
        segment.decode(TARGET).unwrap_err()
    }

    #[test]
    fn every_codec_has_a_word_and_brings_back_the_rows() {
        let [plain, zstd, lz4] = CODECS.map(|codec| {
            assert_eq!(Codec::from_word(codec.word()), Some(codec));
            segment(codec)
        });
        let rows = plain.decode(TARGET).unwrap();
        assert_eq!(rows.rows(), 40);
        assert_eq!(zstd.decode(TARGET).unwrap(), rows);
        assert_eq!(lz4.decode(TARGET).unwrap(), rows);
        assert_eq!(plain.metadata.uncompressed_size, None);
        assert_eq!(zstd.metadata.uncompressed_size, Some(plain.metadata.segment_size));
        assert!(zstd.metadata.segment_size < lz4.metadata.segment_size);
        assert!(lz4.metadata.segment_size < plain.metadata.segment_size);
        assert_eq!((lz4.metadata.row_offset, lz4.metadata.rows_count), (80, 40));
    }

    #[test]
    fn truncated_bytes_are_refused_at_every_length() {
        for codec in CODECS {
            let whole = segment(codec);
            for length in 0..whole.bytes.len() {
                let mut cut = whole.clone();
                cut.bytes.truncate(length);
                if length % 97 == 0 {
                    assert!(error(&cut).contains("bytes declared"));
                }
                cut.metadata.segment_size = length as u64;
                // An honest size does not make the content whole.
                error(&cut);
            }
        }
    }

    #[test]
    fn a_wrong_declared_size_of_the_json_is_refused() {
        for codec in [Codec::Zstd, Codec::Lz4] {
            for wrong in [-1_i64, 1, 100, -100] {
                let mut segment = segment(codec);
                let size = segment.json_size() as i64 + wrong;
                segment.metadata.uncompressed_size = Some(size as u64);
                assert!(error(&segment).contains(&size.to_string()));
            }
            let mut segment = segment(codec);
            segment.metadata.uncompressed_size = None;
            assert!(error(&segment).contains("with no uncompressed size"));
        }
        let mut segment = segment(Codec::None);
        segment.metadata.uncompressed_size = Some(5);
        assert!(error(&segment).contains("with an uncompressed size"));
    }

    #[test]
    fn a_bomb_is_refused_by_its_declaration_or_stopped_at_it() {
        let zeros = vec![b' '; 1 << 20];
        for codec in [Codec::Zstd, Codec::Lz4] {
            let mut bomb = Segment::encode(codec, zeros.clone(), (0, 1)).unwrap();
            assert!(bomb.bytes.len() < 1 << 13, "{}", bomb.bytes.len());
            bomb.metadata.uncompressed_size = Some(JSON_BYTES_MAX + 1);
            assert!(error(&bomb).contains("268435457 bytes of JSON declared, at most 268435456"));
            bomb.metadata.uncompressed_size = Some(100);
            assert!(error(&bomb).contains("of 100 bytes"), "{}", error(&bomb));
        }
    }

    #[test]
    fn a_wrong_checksum_is_refused_by_the_codec() {
        let mut spoilt = segment(Codec::Zstd);
        spoilt.spoil_checksum().unwrap();
        assert!(error(&spoilt).contains("checksum"), "{}", error(&spoilt));
        spoilt.bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
        assert_eq!(spoilt.decode(TARGET), segment(Codec::Zstd).decode(TARGET));
    }

    #[test]
    fn a_wrong_number_of_rows_is_refused() {
        for (declared, codec) in [(39, Codec::None), (41, Codec::Zstd), (u64::MAX, Codec::Lz4)] {
            let mut segment = segment(codec);
            segment.metadata.rows_count = declared;
            assert!(error(&segment).ends_with(&format!("{declared} rows declared, 40 found")));
        }
    }

    #[test]
    fn a_damaged_byte_is_an_error_or_other_rows_but_no_panic() {
        for codec in CODECS {
            let whole = segment(codec);
            for at in (0..whole.bytes.len()).step_by(11) {
                for bit in 0..8 {
                    let mut damaged = whole.clone();
                    damaged.bytes[at] ^= 1 << bit;
                    if let Ok(decoded) = damaged.decode(TARGET) {
                        assert_eq!(decoded.rows(), 40);
                    }
                }
            }
        }
    }
}

//! One bad segment among good ones, on purpose: what it is, and what a run must say of it.
//!
//! A case that states a fault expects the error of that one segment, and all others delivered. Any
//! other error fails the sample, and so does a bad segment that nobody noticed.

use workload_api::WorkloadError;

use super::decoded::Outcome;
use super::segment::{Codec, Segment};
use crate::params::Word;

/// Bytes that a bomb decompresses to, if nobody stops it.
const BOMB_BYTES: usize = 16 << 20;

/// What is wrong with the middle segment of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Nothing,
    Truncated,
    Checksum,
    Bomb,
    Killed,
}

impl Word for Fault {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("none", "nothing", Self::Nothing),
        ("truncated", "its second half is missing", Self::Truncated),
        ("checksum", "the checksum of its zstd frame is of other bytes", Self::Checksum),
        ("bomb", "it decompresses to 16 MiB, and declares less", Self::Bomb),
        ("killed", "the process that decodes it is killed by it", Self::Killed),
    ];
}

/// A fault and the segment that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planted {
    pub(super) fault: Fault,
    pub(super) segment: usize,
}

impl Planted {
    /// Damages the middle one of the segments.
    ///
    /// # Errors
    /// When the codec has no such fault.
    pub(super) fn plant(fault: Fault, segments: &mut [Segment]) -> Result<Self, WorkloadError> {
        let middle = segments.len() / 2;
        damage(fault, &mut segments[middle])?;
        Ok(Self { fault, segment: middle })
    }

    /// Whether that segment kills the process that decodes it.
    pub(super) fn kills(self, segment: usize) -> bool {
        self.fault == Fault::Killed && self.segment == segment
    }

    /// Whether that segment is the bad one.
    pub(super) fn is_at(self, segment: usize) -> bool {
        self.fault != Fault::Nothing && self.segment == segment
    }

    /// Rows that cannot be delivered.
    pub(super) fn rows_missing(self, segments: &[Segment]) -> u64 {
        let is_missing = self.fault != Fault::Nothing;
        if is_missing { segments[self.segment].metadata.rows_count } else { 0 }
    }

    /// What it adds to the answer's group: all that is delivered is the same, whatever the fault.
    pub(super) fn group(self) -> String {
        match self.fault {
            Fault::Nothing => String::new(),
            _ => format!(" without={}", self.segment),
        }
    }

    /// Rows of all segments that a run delivered, if what it says of each is what it must say.
    ///
    /// # Errors
    /// The first segment's that is bad and should not be, or good and should not be.
    pub(super) fn judge(self, outcomes: &[Outcome]) -> Result<u64, WorkloadError> {
        let mut rows = 0;
        let mut wrong = Vec::new();
        for (number, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Ok(_) if self.is_at(number) => {
                    let fault = self.fault.word();
                    wrong.push(format!("segment {number}: is damaged ({fault}) and was decoded"));
                }
                Ok(found) => rows += found,
                Err(_) if self.is_at(number) => {}
                Err(why) => wrong.push(format!("segment {number}: {why}")),
            }
        }
        match wrong.as_slice() {
            [] => Ok(rows),
            [one] => Err(WorkloadError::new(one)),
            [first, rest @ ..] => {
                Err(WorkloadError::new(format!("{first} (and {} more segments)", rest.len())))
            }
        }
    }
}

fn damage(fault: Fault, segment: &mut Segment) -> Result<(), WorkloadError> {
    let needs = |codecs: &str| {
        let (fault, codec) = (fault.word(), segment.codec.word());
        Err(WorkloadError::new(format!("faults = {fault} needs codec {codecs}, found {codec}")))
    };
    match (fault, segment.codec) {
        (Fault::Nothing | Fault::Killed, _) => {}
        (Fault::Truncated, _) => segment.bytes.truncate(segment.bytes.len() / 2),
        (Fault::Checksum, Codec::Zstd) => segment.spoil_checksum()?,
        (Fault::Checksum, _) => return needs("zstd"),
        (Fault::Bomb, Codec::None) => return needs("zstd or lz4"),
        (Fault::Bomb, codec) => {
            let bomb = Segment::encode(codec, vec![b' '; BOMB_BYTES], (0, 0))?;
            segment.metadata.segment_size = bomb.metadata.segment_size;
            segment.bytes = bomb.bytes;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(fault: Fault, outcomes: &[Outcome]) -> Result<u64, String> {
        Planted { fault, segment: 1 }.judge(outcomes).map_err(|error| error.to_string())
    }

    #[test]
    fn one_bad_segment_is_the_answer_only_where_it_is_expected() {
        let bad = || Err("bad".to_owned());
        assert_eq!(judge(Fault::Nothing, &[Ok(3), Ok(4)]), Ok(7));
        assert_eq!(judge(Fault::Nothing, &[Ok(3), bad()]), Err("segment 1: bad".to_owned()));
        assert_eq!(judge(Fault::Bomb, &[Ok(3), bad(), Ok(5)]), Ok(8));
        let unnoticed = "segment 1: is damaged (bomb) and was decoded";
        assert_eq!(judge(Fault::Bomb, &[Ok(3), Ok(4)]), Err(unnoticed.to_owned()));
        let several = "segment 0: bad (and 1 more segments)";
        assert_eq!(judge(Fault::Bomb, &[bad(), bad(), bad()]), Err(several.to_owned()));
    }
}

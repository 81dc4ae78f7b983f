//! The first and last names that a name is made of, each ready to be copied sixteen bytes at once.
//!
//! `pages` joins two of them, and compares names by the ranks of their halves for the smallest and
//! the largest name of a column chunk.

use fake::locales::{Data, EN};
use workload_api::WorkloadError;

/// Bytes of a half at most; a copy takes as many whatever the half has.
pub(super) const HALF_BYTES: usize = 16;

/// One half of a name.
#[derive(Clone, Copy)]
pub(super) struct Half {
    /// Its text; a first name has its blank behind it, then zeros.
    pub(super) text: [u8; HALF_BYTES],
    /// How many bytes of it count.
    pub(super) bytes: u16,
    /// Its place in the order of all texts of its list; equal texts have equal ranks.
    rank: u16,
}

/// All halves, in the order in which the `fake` crate draws them.
pub(super) struct Halves {
    pub(super) first: Vec<Half>,
    pub(super) last: Vec<Half>,
}

impl Halves {
    /// The English names.
    ///
    /// # Errors
    /// When a name is too long for a half, which the `fake` crate of today has none of.
    pub(super) fn new() -> Result<Self, WorkloadError> {
        Ok(Self { first: halves(EN::NAME_FIRST_NAME, " ")?, last: halves(EN::NAME_LAST_NAME, "")? })
    }

    /// The number by which names are compared: that of a smaller name is smaller. A first name that
    /// begins another one is followed by a blank, which is smaller than every letter.
    pub(super) fn rank(&self, name: Name) -> u32 {
        let (first, last) = (self.first[name.first()], self.last[name.last()]);
        u32::from(first.rank) << 16 | u32::from(last.rank)
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> Vec<u8> {
        let (first, last) = (self.first[name.first()], self.last[name.last()]);
        [&first.text[..first.bytes as usize], &last.text[..last.bytes as usize]].concat()
    }
}

/// A name as the places of its halves in their lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Name(u32);

impl Name {
    /// The name of these two halves.
    pub(super) fn new(first: u32, last: u32) -> Self {
        Self(first << 16 | last)
    }

    /// Place of the first name.
    pub(super) fn first(self) -> usize {
        (self.0 >> 16) as usize
    }

    /// Place of the last name.
    pub(super) fn last(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}

fn halves(names: &[&str], behind: &str) -> Result<Vec<Half>, WorkloadError> {
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let half = |name: &&str| {
        let whole = format!("{name}{behind}");
        let mut text = [0; HALF_BYTES];
        let Some(place) = text.get_mut(..whole.len()) else {
            return Err(WorkloadError::new(format!("the name {name:?} is too long")));
        };
        place.copy_from_slice(whole.as_bytes());
        let rank = sorted.partition_point(|other| other < name) as u16;
        Ok(Half { text, bytes: whole.len() as u16, rank })
    };
    names.iter().map(half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_order_names_as_their_texts_do() {
        let halves = Halves::new().unwrap();
        let names: Vec<_> = (0..3007).map(|n| Name::new(n, n * 31 % 474)).collect();
        for pair in names.windows(2).chain(names.chunks(97)) {
            let (one, other) = (pair[0], pair[pair.len() - 1]);
            let by_rank = halves.rank(one).cmp(&halves.rank(other));
            assert_eq!(by_rank, halves.text(one).cmp(&halves.text(other)));
        }
        let mut ranked = names.clone();
        ranked.sort_by_key(|name| halves.rank(*name));
        assert!(ranked.is_sorted_by_key(|name| halves.text(*name)));
    }
}

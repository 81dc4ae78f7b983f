//! Small numbers packed into bits: Parquet's hybrid of run lengths and bit packing, of which one
//! bit-packed run is enough, because levels drawn at random hardly ever repeat.
//!
//! `pages` packs levels and dictionary keys with it. The format is that of "Encodings: RLE/bit-packing
//! hybrid" in the Parquet specification.

/// Appends `values`, each below 2^`WIDTH`, as one bit-packed run; nothing when there are none.
pub(super) fn push_packed<const WIDTH: u32>(out: &mut Vec<u8>, values: &[u8]) {
    if values.is_empty() {
        return;
    }
    push_varint(out, (values.len().div_ceil(8) as u64) << 1 | 1);
    out.reserve(values.len().div_ceil(8) * WIDTH as usize);
    let (groups, rest) = values.as_chunks::<8>();
    for group in groups {
        push_group::<WIDTH>(out, *group);
    }
    if !rest.is_empty() {
        let mut group = [0; 8];
        group[..rest.len()].copy_from_slice(rest);
        push_group::<WIDTH>(out, group);
    }
}

/// Appends levels as a page of the first version has them: behind their length.
pub(super) fn push_levels<const WIDTH: u32>(out: &mut Vec<u8>, levels: &[u8]) {
    let start = out.len();
    out.extend([0; 4]);
    push_packed::<WIDTH>(out, levels);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Eight values, the first in the lowest bits.
fn push_group<const WIDTH: u32>(out: &mut Vec<u8>, values: [u8; 8]) {
    let pairs = u64::from_le_bytes(values);
    let pairs = (pairs | pairs >> (8 - WIDTH)) & (u64::MAX / 0xffff * ((1 << (2 * WIDTH)) - 1));
    let fours =
        (pairs | pairs >> (16 - 2 * WIDTH)) & (u64::MAX / 0xffff_ffff * ((1 << (4 * WIDTH)) - 1));
    let packed = fours | fours >> (32 - 4 * WIDTH);
    out.extend_from_slice(&packed.to_le_bytes()[..WIDTH as usize]);
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked<const WIDTH: u32>(packed: &[u8], count: usize) -> Vec<u8> {
        let bit = |at: usize| packed[at / 8] >> (at % 8) & 1;
        let value =
            |at: usize| (0..WIDTH as usize).map(|b| bit(at * WIDTH as usize + b) << b).sum::<u8>();
        (0..count).map(value).collect()
    }

    fn check<const WIDTH: u32>() {
        for count in 1..=40_usize {
            let values: Vec<u8> =
                (0..count).map(|n| (n * n + n / 3) as u8 & ((1 << WIDTH) - 1)).collect();
            let mut out = Vec::new();
            push_packed::<WIDTH>(&mut out, &values);
            assert_eq!(out[0] as usize, count.div_ceil(8) << 1 | 1);
            assert_eq!(out.len(), 1 + count.div_ceil(8) * WIDTH as usize);
            assert_eq!(unpacked::<WIDTH>(&out[1..], count), values);
        }
    }

    #[test]
    fn what_is_packed_comes_out_again_at_every_width_in_use() {
        check::<1>();
        check::<2>();
        check::<3>();
    }

    #[test]
    fn levels_stand_behind_their_length_and_long_runs_have_long_headers() {
        let mut out = Vec::new();
        push_levels::<1>(&mut out, &[1; 5120]);
        // 640 groups: (640 << 1 | 1) as a varint of two bytes, then a byte each.
        assert_eq!(out[..4], 642_u32.to_le_bytes());
        assert_eq!(out[4..6], [0x81, 0x0a]);
        assert_eq!(out.len(), 4 + 642);
        let mut none = Vec::new();
        push_levels::<3>(&mut none, &[]);
        assert_eq!(none, [0; 4]);
    }
}

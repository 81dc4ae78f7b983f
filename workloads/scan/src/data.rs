//! The rows of the scanned table, and the digest of rows that arrived.
//!
//! A row depends on the seed and its number alone, so neither the number of tasks nor who runs them
//! can change the answer. Workers make rows; the client digests what it received.

use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

/// Words of random bits in a note; each becomes 16 hexadecimal digits.
const NOTE_WORDS: usize = 5;
const NOTE_BYTES: usize = 16 * NOTE_WORDS;

/// Bytes of a row in Arrow's columns: two integers, an offset and the note. What frames and
/// messages add is not counted.
pub const ROW_BYTES: u64 = 8 + 8 + 4 + NOTE_BYTES as u64;

/// The columns: `id`, `amount` in hundredths, `note`; none has nulls.
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("amount", DataType::Int64, false),
        Field::new("note", DataType::Utf8, false),
    ]))
}

/// Rows `first..first + rows` of the table with this seed.
///
/// # Errors
/// When Arrow refuses the columns.
pub fn batch(seed: u64, first: u64, rows: u64) -> Result<RecordBatch, ArrowError> {
    let ids = first..first + rows;
    let id = Int64Array::from_iter_values(ids.clone().map(|id| id as i64));
    let amount = |id| (random(seed, id, 0) % 20_000_000) as i64 - 10_000_000;
    let amount = Int64Array::from_iter_values(ids.clone().map(amount));
    let note = StringArray::from_iter_values(ids.map(|id| note(seed, id)));
    RecordBatch::try_new(schema(), vec![Arc::new(id), Arc::new(amount), Arc::new(note)])
}

fn note(seed: u64, id: u64) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(NOTE_BYTES);
    for word in 1..=NOTE_WORDS as u64 {
        let bits = random(seed, id, word);
        let digits = (0..16).map(|digit| DIGITS[(bits >> (4 * digit)) as usize & 15]);
        text.extend(digits.map(char::from));
    }
    text
}

/// Random bits of one row's field: its own for each seed, row and field.
fn random(seed: u64, id: u64, field: u64) -> u64 {
    mix(mix(seed ^ field.rotate_left(48)) ^ id)
}

/// Every bit of the result depends on every bit of the number. Source: Steele, Lea and Flood, Fast
/// splittable pseudorandom number generators, OOPSLA 2014 (the finaliser of SplitMix64).
fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Of rows in any order: how many, and the wrapping sum of their hashes. A row's hash begins with
/// its id and takes in the amount, each 8 bytes of the note (little-endian, the last filled with
/// zeros) and the note's length, each by exclusive or and `mix`; so a value that moved to another
/// row changes the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    sum: u64,
}

impl Digest {
    /// Adds rows.
    ///
    /// # Errors
    /// When the columns are not those of [`schema`].
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), String> {
        if batch.schema_ref().fields() != schema().fields() {
            return Err(format!("unexpected columns: {}", batch.schema()));
        }
        let [id, amount] = [0, 1].map(|index| batch.column(index).as_primitive::<Int64Type>());
        let note = batch.column(2).as_string::<i32>();
        for row in 0..batch.num_rows() {
            let note = note.value(row).as_bytes();
            let mut hash = mix(mix(id.value(row) as u64) ^ amount.value(row) as u64);
            for part in note.chunks(8) {
                let mut word = [0; 8];
                word[..part.len()].copy_from_slice(part);
                hash = mix(hash ^ u64::from_le_bytes(word));
            }
            self.sum = self.sum.wrapping_add(mix(hash ^ note.len() as u64));
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows={:016x}", self.sum)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(batches: &[RecordBatch]) -> Digest {
        let mut digest = Digest::default();
        batches.iter().for_each(|batch| digest.add(batch).unwrap());
        digest
    }

    proptest! {
        #[test]
        fn where_tasks_begin_and_in_which_order_they_come_does_not_matter(
            seed: u64, rows in 1..300u64, cut in 0..300u64,
        ) {
            let cut = cut.min(rows);
            let whole = digest(&[batch(seed, 0, rows).unwrap()]);
            let parts = [batch(seed, cut, rows - cut).unwrap(), batch(seed, 0, cut).unwrap()];
            prop_assert_eq!(digest(&parts), whole);
            prop_assert_eq!(whole.rows, rows);
        }

        #[test]
        fn a_row_that_is_missing_twice_there_or_another_is_seen(
            seed: u64, rows in 2..100u64, at in 0..99u64,
        ) {
            let at = at % (rows - 1);
            let whole = digest(&[batch(seed, 0, rows).unwrap()]);
            let all = batch(seed, 0, rows).unwrap();
            let less = [all.slice(0, at as usize), all.slice(at as usize + 1, (rows - at - 1) as usize)];
            prop_assert_ne!(digest(&less).to_string(), whole.to_string());
            let twice = [all.clone(), all.slice(at as usize, 1)];
            prop_assert_ne!(digest(&twice).to_string(), whole.to_string());
            let other = digest(&[batch(seed ^ 1, 0, rows).unwrap()]);
            prop_assert_ne!(other.to_string(), whole.to_string());
        }
    }

    #[test]
    fn values_that_change_places_are_seen() {
        let one = batch(1, 0, 2).unwrap();
        let turned = RecordBatch::try_new(
            schema(),
            vec![
                one.column(0).clone(),
                Arc::new(
                    one.column(1).as_primitive::<Int64Type>().iter().rev().collect::<Int64Array>(),
                ),
                one.column(2).clone(),
            ],
        );
        assert_ne!(digest(&[one]), digest(&[turned.unwrap()]));
    }

    #[test]
    fn rows_have_their_declared_size_and_this_digest() {
        let batch = batch(1, 0, 1_000).unwrap();
        let bytes: usize =
            batch.columns().iter().map(|c| c.to_data().get_slice_memory_size().unwrap()).sum();
        // One offset more than there are rows.
        assert_eq!(bytes as u64, 1_000 * ROW_BYTES + 4);
        // A change of it makes old runs incomparable.
        assert_eq!(digest(&[batch]).to_string(), "rows=c8bdfbb4e4882bd2");
    }

    #[test]
    fn other_columns_are_refused() {
        let other = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
        let batch = RecordBatch::new_empty(Arc::new(other));
        assert!(Digest::default().add(&batch).unwrap_err().starts_with("unexpected columns"));
    }
}

//! A digest of contacts: one number per column that does not depend on the order of rows.
//!
//! `check` of every workload uses it, outside the measured region. Each value, null and list
//! length adds its hash to the sum of its column, so threads may finish in any order. What it
//! cannot see is which values stood in the same row; `docs/shredding.md` says more.

use std::fmt;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use twox_hash::XxHash3_64;
use workload_api::WorkloadError;

use super::schema::{NAME, NUMBER, PHONE_TYPE, PHONES};

// Odd, so that no number of nulls below 2^64 adds nothing.
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;
const VALUE_SEED: u64 = 0x5eed_0001;
const LENGTH_SEED: u64 = 0x5eed_0002;
const NULL_ITEM: u64 = 0xc2b2_ae3d_27d4_eb4f;

/// Sums over all rows added so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    rows: u64,
    name: u64,
    phones: u64,
    number: u64,
    phone_type: u64,
}

impl Digest {
    /// Rows added so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds the rows of a batch. The phone type may be text or a dictionary of text.
    ///
    /// # Errors
    /// When the batch does not hold contacts.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), WorkloadError> {
        let name = texts(batch.column_by_name(NAME), NAME)?;
        let phones = batch
            .column_by_name(PHONES)
            .and_then(|column| column.as_list_opt::<i32>())
            .ok_or_else(|| not_a(PHONES, "list"))?;
        self.rows += batch.num_rows() as u64;
        self.name = self.name.wrapping_add(sum_texts(&name, 0, name.len()));
        self.add_phones(phones)
    }

    fn add_phones(&mut self, phones: &ListArray) -> Result<(), WorkloadError> {
        let items =
            phones.values().as_struct_opt().ok_or_else(|| not_a(PHONES, "list of structs"))?;
        let number = texts(items.column_by_name(NUMBER), NUMBER)?;
        let phone_type = texts(items.column_by_name(PHONE_TYPE), PHONE_TYPE)?;
        let offsets = phones.value_offsets();
        for row in 0..phones.len() {
            if phones.is_null(row) {
                self.phones = self.phones.wrapping_add(NULL);
                continue;
            }
            let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
            let length = ((end - start) as u64).to_le_bytes();
            let hash = XxHash3_64::oneshot_with_seed(LENGTH_SEED, &length);
            let null_items = (start..end).filter(|&item| items.is_null(item)).count() as u64;
            let hash = hash.wrapping_add(null_items.wrapping_mul(NULL_ITEM));
            self.phones = self.phones.wrapping_add(hash);
            self.number = self.number.wrapping_add(sum_texts(&number, start, end));
            self.phone_type = self.phone_type.wrapping_add(sum_texts(&phone_type, start, end));
        }
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "name={:016x} phones={:016x} number={:016x} phone_type={:016x}",
            self.name, self.phones, self.number, self.phone_type
        )
    }
}

fn texts(column: Option<&ArrayRef>, name: &str) -> Result<StringArray, WorkloadError> {
    let column = column.ok_or_else(|| not_a(name, "column"))?;
    let text = match column.data_type() {
        DataType::Utf8 => column.clone(),
        DataType::Dictionary(..) => cast(column, &DataType::Utf8)
            .map_err(|error| WorkloadError::context("decoding a dictionary", error))?,
        _ => return Err(not_a(name, "column of text")),
    };
    Ok(text.as_string().clone())
}

fn not_a(name: &str, expected: &str) -> WorkloadError {
    WorkloadError::new(format!("`{name}` is not a {expected}"))
}

fn sum_texts(column: &StringArray, start: usize, end: usize) -> u64 {
    let hash = |row| {
        if column.is_null(row) {
            NULL
        } else {
            XxHash3_64::oneshot_with_seed(VALUE_SEED, column.value(row).as_bytes())
        }
    };
    (start..end).map(hash).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ListBuilder, StringBuilder, StructBuilder};

    use super::*;
    use crate::contacts::schema;
    use crate::contacts::words::PhoneTypeColumn;

    type Phone = (Option<&'static str>, Option<&'static str>);
    type Contact = (Option<&'static str>, Option<Vec<Phone>>);

    fn contacts() -> Vec<Contact> {
        vec![
            (Some("Ada Byron"), Some(vec![(Some("+91-1"), Some("Mobile")), (None, Some("Work"))])),
            (None, None),
            (Some("Grace Hopper"), Some(vec![(Some("+91-2"), None)])),
            (Some(""), Some(vec![])),
        ]
    }

    fn batch(contacts: &[Contact]) -> RecordBatch {
        let fields = schema::phone(PhoneTypeColumn::Utf8);
        let mut name = StringBuilder::new();
        let mut phones = ListBuilder::new(StructBuilder::from_fields(fields, 0));
        for (text, list) in contacts {
            name.append_option(*text);
            for (number, phone_type) in list.iter().flatten() {
                let phone = phones.values();
                phone.field_builder::<StringBuilder>(0).unwrap().append_option(*number);
                phone.field_builder::<StringBuilder>(1).unwrap().append_option(*phone_type);
                phone.append(true);
            }
            phones.append(list.is_some());
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(name.finish()), Arc::new(phones.finish())];
        RecordBatch::try_new(schema::contact(PhoneTypeColumn::Utf8), columns).unwrap()
    }

    fn digest(contacts: &[Contact]) -> Digest {
        let mut digest = Digest::default();
        digest.add(&batch(contacts)).unwrap();
        digest
    }

    fn changed(fault: impl Fn(&mut Vec<Contact>)) -> (Digest, Digest) {
        let mut faulty = contacts();
        fault(&mut faulty);
        (digest(&contacts()), digest(&faulty))
    }

    #[test]
    fn the_order_of_rows_and_their_division_into_batches_do_not_matter() {
        let mut reversed = contacts();
        reversed.reverse();
        assert_eq!(digest(&contacts()), digest(&reversed));
        let mut in_two = Digest::default();
        let whole = batch(&contacts());
        in_two.add(&whole.slice(3, 1)).unwrap();
        in_two.add(&whole.slice(0, 3)).unwrap();
        assert_eq!(digest(&contacts()), in_two);
    }

    #[test]
    fn a_dropped_row_changes_the_digest_even_where_all_is_null() {
        let (before, after) = changed(|contacts| {
            contacts.remove(1);
        });
        assert_ne!(before.name, after.name);
        assert_ne!(before.phones, after.phones);
        assert_eq!(before.number, after.number, "that row had no numbers");
    }

    #[test]
    fn one_flipped_value_changes_its_own_column_alone() {
        let (before, after) = changed(|contacts| {
            contacts[0].1.as_mut().unwrap()[0].1 = Some("Home");
        });
        assert_eq!(Digest { phone_type: before.phone_type, ..after }, before);
        assert_ne!(before.phone_type, after.phone_type);
    }

    #[test]
    fn null_and_empty_differ_in_texts_and_in_lists() {
        let (before, after) = changed(|contacts| contacts[3].0 = None);
        assert_ne!(before.name, after.name);
        let (before, after) = changed(|contacts| contacts[3].1 = None);
        assert_ne!(before.phones, after.phones);
        let (before, after) = changed(|contacts| {
            contacts[0].1.as_mut().unwrap()[1].0 = Some("");
        });
        assert_ne!(before.number, after.number);
    }

    #[test]
    fn swapped_columns_and_a_phone_moved_to_another_row_are_noticed() {
        let (before, after) = changed(|contacts| {
            for phone in contacts.iter_mut().filter_map(|contact| contact.1.as_mut()).flatten() {
                *phone = (phone.1, phone.0);
            }
        });
        assert_ne!((before.number, before.phone_type), (after.number, after.phone_type));
        let (before, after) = changed(|contacts| {
            let phone = contacts[0].1.as_mut().unwrap().pop().unwrap();
            contacts[2].1.as_mut().unwrap().push(phone);
            let extra = contacts[2].1.as_mut().unwrap().remove(0);
            contacts[3].1.as_mut().unwrap().push(extra);
        });
        assert_eq!((before.number, before.phone_type), (after.number, after.phone_type));
        assert_ne!(before.phones, after.phones);
    }

    #[test]
    fn which_name_has_which_phones_is_not_seen() {
        let (before, after) = changed(|contacts| {
            let name = contacts[0].0;
            contacts[0].0 = contacts[2].0;
            contacts[2].0 = name;
        });
        assert_eq!(before, after, "docs/shredding.md says so");
    }

    #[test]
    fn text_and_dictionary_digest_alike() {
        let text = batch(&contacts());
        let target = schema::contact(PhoneTypeColumn::Dictionary);
        let columns: Vec<_> = std::iter::zip(text.columns(), target.fields())
            .map(|(column, field)| cast(column, field.data_type()).unwrap())
            .collect();
        let dictionary = RecordBatch::try_new(target, columns).unwrap();
        let mut other = Digest::default();
        other.add(&dictionary).unwrap();
        assert_eq!(digest(&contacts()), other);
    }

    #[test]
    fn a_batch_of_something_else_is_refused() {
        let other = batch(&contacts()).project(&[0]).unwrap();
        let error = Digest::default().add(&other).unwrap_err();
        assert_eq!(error.to_string(), "`phones` is not a list");
    }
}

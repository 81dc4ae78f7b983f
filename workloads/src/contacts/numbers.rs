//! Phone numbers: unique within a run, from a shared counter or from a block of the batch's own.
//!
//! `columns` asks for one number at a time, in the order in which phones reach the builders.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::StringBuilder;

use super::words::Buffer;

/// Phones of a contact at most; a batch reserves this many ids for each of its rows.
pub(crate) const PHONES_MAX: u64 = 5;

/// Bytes of a number with its country code.
const NUMBER_BYTES: usize = 16;

/// A source of ids, and the form of the number that it makes of them.
pub(crate) trait Ids {
    /// Says that the rows from `first_row` on come next.
    fn start_batch(&mut self, first_row: u64);

    /// A number as a string of its own.
    fn number(&mut self) -> String;

    /// A number at the end of `buffer`.
    fn write_number(&mut self, buffer: &mut String);
}

/// One counter for all producers. Which row gets which id depends on who comes first.
pub(crate) struct SharedIds<'a>(pub(crate) &'a AtomicU64);

impl Ids for SharedIds<'_> {
    fn start_batch(&mut self, _first_row: u64) {}

    fn number(&mut self) -> String {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        format!("+91-99-{id:08}")
    }

    fn write_number(&mut self, buffer: &mut String) {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        // OK because writing into a String cannot fail.
        write!(buffer, "+91-99-{id:08}").expect("a String takes any text");
    }
}

/// Ids that follow from the rows: nothing is shared, and a row always gets the same ones.
#[derive(Default)]
pub(crate) struct BatchIds {
    next: u64,
}

impl BatchIds {
    fn take(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }
}

impl Ids for BatchIds {
    fn start_batch(&mut self, first_row: u64) {
        self.next = first_row * PHONES_MAX;
    }

    fn number(&mut self) -> String {
        let id = self.take();
        format!("+91-{id:010}")
    }

    fn write_number(&mut self, buffer: &mut String) {
        let id = self.take();
        // OK because writing into a String cannot fail.
        write!(buffer, "+91-{id:010}").expect("a String takes any text");
    }
}

/// Numbers, and the buffer they are written in.
pub(crate) struct Numbers<I> {
    ids: I,
    kind: Buffer,
    buffer: String,
}

impl<I: Ids> Numbers<I> {
    /// Numbers from `ids`.
    pub(crate) fn new(ids: I, kind: Buffer) -> Self {
        Self { ids, kind, buffer: String::with_capacity(NUMBER_BYTES) }
    }

    /// Says that the rows from `first_row` on come next.
    pub(crate) fn start_batch(&mut self, first_row: u64) {
        self.ids.start_batch(first_row);
    }

    /// The next number for somebody who must own it.
    pub(crate) fn owned(&mut self) -> String {
        match self.kind {
            Buffer::Allocate => self.ids.number(),
            Buffer::Reuse => {
                let mut number = String::with_capacity(NUMBER_BYTES);
                self.ids.write_number(&mut number);
                number
            }
        }
    }

    /// Appends the next number to a column.
    ///
    /// The choice is looked at for each number: it never changes within a run, and a branch that
    /// is always foreseen does not show beside formatting a number.
    pub(crate) fn append(&mut self, column: &mut StringBuilder) {
        match self.kind {
            Buffer::Allocate => column.append_value(self.ids.number()),
            Buffer::Reuse => {
                self.buffer.clear();
                self.ids.write_number(&mut self.buffer);
                column.append_value(&self.buffer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_ids_count_on_and_have_eight_digits() {
        let counter = AtomicU64::new(7);
        let mut numbers = Numbers::new(SharedIds(&counter), Buffer::Reuse);
        numbers.start_batch(1000);
        assert_eq!(numbers.owned(), "+91-99-00000007");
        assert_eq!(Numbers::new(SharedIds(&counter), Buffer::Allocate).owned(), "+91-99-00000008");
    }

    #[test]
    fn batch_ids_begin_at_five_per_row_and_have_ten_digits() {
        let mut numbers = Numbers::new(BatchIds::default(), Buffer::Allocate);
        numbers.start_batch(1024);
        assert_eq!(numbers.owned(), "+91-0000005120");
        assert_eq!(numbers.owned(), "+91-0000005121");
    }
}

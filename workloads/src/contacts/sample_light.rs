//! The study's second sampler: plain functions over a random number generator.
//!
//! `stage` calls these for each row. They draw in a fixed order and know nothing of buffers'
//! owners, so that every way of staging rows sees the same contacts for the same seed.

use std::fmt::Write;

use fake::Fake;
use fake::faker::name::en::{FirstName, LastName};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use super::partial::{PartialPhone, PhoneType};

/// Whether the next contact has a name: 80 of 100.
pub(crate) fn has_name(rng: &mut impl Rng) -> bool {
    rng.random_bool(0.8)
}

/// A name as a string of its own, from halves that are strings of their own.
pub(crate) fn name(rng: &mut StdRng) -> String {
    let first: String = FirstName().fake_with_rng(rng);
    let last: String = LastName().fake_with_rng(rng);
    format!("{first} {last}")
}

/// A name in place of what `buffer` held.
pub(crate) fn name_into(rng: &mut StdRng, buffer: &mut String) {
    let first: &str = FirstName().fake_with_rng(rng);
    let last: &str = LastName().fake_with_rng(rng);
    buffer.clear();
    // OK because writing into a String cannot fail.
    write!(buffer, "{first} {last}").expect("a String takes any text");
}

/// Phones of a contact in a vector of its own, which stays unallocated when there are none.
pub(crate) fn phones(rng: &mut StdRng) -> Vec<PartialPhone> {
    let count = phone_count(rng);
    let mut phones = Vec::with_capacity(count);
    phones.extend((0..count).map(|_| phone(rng)));
    phones
}

/// Phones of a contact in place of what `buffer` held.
pub(crate) fn phones_into(rng: &mut impl Rng, buffer: &mut Vec<PartialPhone>) {
    let count = phone_count(rng);
    buffer.clear();
    buffer.extend((0..count).map(|_| phone(rng)));
}

/// None 40 %, one 45 %, two 10 %, three to five 5 %.
fn phone_count(rng: &mut impl Rng) -> usize {
    match rng.random_range(0..100) {
        0..=39 => 0,
        40..=84 => 1,
        85..=94 => 2,
        _ => rng.random_range(3..=5),
    }
}

/// Number and type 90 %, number alone 5 %, type alone 4 %, neither 1 %.
fn phone(rng: &mut impl Rng) -> PartialPhone {
    let (has_number, has_type) = match rng.random_range(0..100) {
        0..=89 => (true, true),
        90..=94 => (true, false),
        95..=98 => (false, true),
        _ => (false, false),
    };
    PartialPhone { has_number, phone_type: has_type.then(|| phone_type(rng)) }
}

/// Mobile 55 %, Work 35 %, Home 10 %.
fn phone_type(rng: &mut impl Rng) -> PhoneType {
    match rng.random_range(0..100) {
        0..=54 => PhoneType::Mobile,
        55..=89 => PhoneType::Work,
        _ => PhoneType::Home,
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn own_strings_and_a_buffer_draw_the_same_names() {
        let mut buffer = "left over".to_owned();
        let [mut one, mut other] = [StdRng::seed_from_u64(3), StdRng::seed_from_u64(3)];
        for _ in 0..100 {
            name_into(&mut other, &mut buffer);
            assert_eq!(name(&mut one), buffer);
        }
    }

    #[test]
    fn own_vectors_and_a_buffer_draw_the_same_phones() {
        let mut buffer = Vec::new();
        let [mut one, mut other] = [StdRng::seed_from_u64(3), StdRng::seed_from_u64(3)];
        for _ in 0..100 {
            phones_into(&mut other, &mut buffer);
            assert_eq!(phones(&mut one), buffer);
        }
    }
}

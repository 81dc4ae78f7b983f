//! The study's first sampler: strategies of the property-testing crate.
//!
//! `stage` asks for one chunk at a time. Strategies and the test runner are made anew for every
//! chunk, as the study did; that cost is what step 06 removes. Names come from `fake` inside a
//! mapping; the study let them come from the thread's generator, here a seeded one of the same
//! kind stands in its place, so that a seed means the same names each time.

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use fake::Fake;
use fake::faker::name::en::{FirstName, LastName};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};
use rand::SeedableRng;
use rand::rngs::StdRng;
use workload_api::WorkloadError;

use super::partial::{PartialContact, PartialPhone, PhoneType};
use super::words::Buffer;

/// The partial contacts of one chunk.
///
/// # Errors
/// When proptest gives up on a strategy.
pub(crate) fn chunk(
    seed: u64,
    rows: usize,
    name_buffer: Buffer,
) -> Result<Vec<PartialContact<String>>, WorkloadError> {
    let mut runner = TestRunner::new(Config {
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    });
    let name_rng = Rc::new(RefCell::new(StdRng::seed_from_u64(seed)));
    let tree = vec(contact(name_rng, name_buffer), rows)
        .new_tree(&mut runner)
        .map_err(|reason| WorkloadError::context("drawing contacts with proptest", reason))?;
    Ok(tree.current())
}

fn contact(
    name_rng: Rc<RefCell<StdRng>>,
    name_buffer: Buffer,
) -> BoxedStrategy<PartialContact<String>> {
    (name(name_rng, name_buffer), phones())
        .prop_map(|(name, phones)| PartialContact { name, phones })
        .boxed()
}

fn name(rng: Rc<RefCell<StdRng>>, name_buffer: Buffer) -> BoxedStrategy<Option<String>> {
    match name_buffer {
        Buffer::Allocate => prop_oneof![
            80 => Just(()).prop_map(move |()| Some(name_of_strings(&mut rng.borrow_mut()))),
            20 => Just(None),
        ]
        .boxed(),
        Buffer::Reuse => prop_oneof![
            80 => Just(()).prop_map(move |()| Some(name_in_one_piece(&mut rng.borrow_mut()))),
            20 => Just(None),
        ]
        .boxed(),
    }
}

fn name_of_strings(rng: &mut StdRng) -> String {
    let first: String = FirstName().fake_with_rng(rng);
    let last: String = LastName().fake_with_rng(rng);
    format!("{first} {last}")
}

fn name_in_one_piece(rng: &mut StdRng) -> String {
    let first: &str = FirstName().fake_with_rng(rng);
    let last: &str = LastName().fake_with_rng(rng);
    let mut name = String::with_capacity(32);
    // OK because writing into a String cannot fail.
    write!(name, "{first} {last}").expect("a String takes any text");
    name
}

fn phones() -> BoxedStrategy<Vec<PartialPhone>> {
    prop_oneof![
        40 => Just(Vec::new()),
        45 => vec(phone(), 1),
        10 => vec(phone(), 2),
        5 => vec(phone(), 3..=5),
    ]
    .boxed()
}

fn phone() -> BoxedStrategy<PartialPhone> {
    prop_oneof![
        90 => phone_type().prop_map(|known| (true, Some(known))),
        5 => Just((true, None)),
        4 => phone_type().prop_map(|known| (false, Some(known))),
        1 => Just((false, None)),
    ]
    .prop_map(|(has_number, phone_type)| PartialPhone { has_number, phone_type })
    .boxed()
}

fn phone_type() -> BoxedStrategy<PhoneType> {
    prop_oneof![
        55 => Just(PhoneType::Mobile),
        35 => Just(PhoneType::Work),
        10 => Just(PhoneType::Home),
    ]
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_name_buffers_draw_the_same_contacts() {
        let [fresh, reused] =
            [Buffer::Allocate, Buffer::Reuse].map(|buffer| chunk(7, 256, buffer).unwrap());
        assert_eq!(fresh, reused);
        assert_ne!(fresh, chunk(8, 256, Buffer::Allocate).unwrap());
    }
}

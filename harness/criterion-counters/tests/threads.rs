//! Threads that are made after a counter was opened count too.
//!
//! Alone in its process: on Linux 6.18 the page faults of a new thread were seen to be missed, not
//! its CPU time, where another thread of the process had counted before and was gone. A benchmark
//! opens its counter once.

use criterion::measurement::Measurement;
use criterion_counters::{Counter, Lack};

#[test]
fn page_faults_of_threads_that_are_made_later_are_counted() {
    let counter = match Counter::new("page-faults") {
        Ok(counter) => counter,
        Err(Lack::Unavailable { why, .. }) => return println!("skipped: {}", why.reason),
        Err(other) => panic!("{other}"),
    };
    let touch = || {
        let mut memory = vec![0_u8; 64 << 20];
        memory.chunks_mut(4096).for_each(|page| page[0] = 1);
        drop(std::hint::black_box(memory));
    };
    let before = counter.start();
    std::thread::spawn(touch).join().unwrap();
    let faults = counter.end(before);
    // 32 even where every page is a huge one.
    assert!(faults >= 32.0, "{faults}");
}

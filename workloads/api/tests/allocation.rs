//! A worker that installs the counting allocator says what its work allocates, when it is asked.
//!
//! One test in one process: the counts are of the whole process, so nothing else may run in it.

use workload_api::{
    Answer, Context, CountingAllocator, Params, Prepared, Spec, Work, Workload, WorkloadError,
    protocol::Reply, serve_counting,
};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// Allocates 1,000 blocks of 64 bytes one after the other, and one of 1 MiB that grows by half.
struct Known;

impl Workload for Known {
    fn spec(&self) -> Spec {
        Spec { name: "known".into(), about: String::new(), params: vec![] }
    }

    fn prepare(&self, _: &Params, _: &Context) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(Kept(vec![1; 1 << 20])))
    }
}

struct Kept(Vec<u8>);

impl Prepared for Kept {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        for number in 0..1000_u64 {
            std::hint::black_box(Box::new([number; 8]));
        }
        let mut block: Vec<u8> = Vec::with_capacity(1 << 20);
        block.extend_from_slice(&self.0);
        std::hint::black_box(&mut block).reserve_exact(1 << 19);
        std::hint::black_box(&block);
        Ok(Work { rows: 1000, ..Work::default() })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        Ok(Answer { rows: 1000, digest: String::new(), group: None })
    }
}

#[test]
fn what_the_work_allocates_is_counted_and_nothing_else() {
    let prepare =
        r#"{"prepare":{"workload":"known","params":{},"seed":1,"data_dir":"/x"}}"#.to_owned();
    let run = r#"{"run":{"iterations":1}}"#;
    let requests = [prepare.as_str(), run, run].map(|line| format!("{line}\n")).concat();
    let done = |count: bool| -> Vec<_> {
        let mut replies = Vec::new();
        serve_counting(&[&Known], requests.as_bytes(), &mut replies, count).unwrap();
        let text = String::from_utf8(replies).unwrap();
        let replies = text.lines().map(|line| serde_json::from_str::<Reply>(line).unwrap());
        replies
            .filter_map(|reply| match reply {
                Reply::Done(done) => Some(done),
                _ => None,
            })
            .collect()
    };
    assert!(done(false).iter().all(|done| done.allocation.is_none()));
    let counted = done(true);
    assert_eq!(counted.len(), 2);
    for done in counted {
        let found = done.allocation.unwrap();
        assert_eq!((found.allocations, found.reallocations), (1000 + 1, 1));
        assert_eq!(found.bytes, 1000 * 64 + (1 << 20) + (1 << 19));
        // What `prepare` keeps is there too, and the lines of the protocol.
        let least = (1 << 20) + (1 << 20) + (1 << 19);
        assert!((least..least + 64_000).contains(&found.peak_bytes), "{found:?}");
    }
}

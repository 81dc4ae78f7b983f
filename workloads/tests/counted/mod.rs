//! What tests of allocations share: a run of a workload under the counting allocator, as a worker
//! would do it. The allocator counts the whole process, so a test file has one test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use workload_api::protocol::{Done, Empty, Prepare, Reply, Request, Run};
use workload_api::{CountingAllocator, ParamValue, Workload, serve_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// What a run did and allocated, after one that warms up.
pub(crate) fn counted(
    workload: &dyn Workload,
    given: &[(&str, ParamValue)],
    data_dir: &Path,
) -> Done {
    let prepare = Prepare {
        workload: workload.spec().name,
        params: given.iter().cloned().collect(),
        seed: 7,
        data_dir: data_dir.to_owned(),
    };
    let requests = [
        Request::Prepare(prepare),
        Request::Run(Run { iterations: 1 }),
        Request::Run(Run { iterations: 1 }),
        Request::Bye(Empty {}),
    ];
    let lines: Vec<String> =
        requests.iter().map(|one| serde_json::to_string(one).unwrap() + "\n").collect();
    let mut replies = Vec::new();
    serve_counting(&[workload], lines.concat().as_bytes(), &mut replies, true).unwrap();
    let text = String::from_utf8(replies).unwrap();
    let last = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let Reply::Done(done) = last else { panic!("no `done`: {text}") };
    done
}

//! The requests by which a program tells callgrind which part of it to count.
//!
//! [`crate::serve`] calls them around the measured region, always: outside valgrind they are six
//! instructions that change nothing. They are words of a fixed instruction sequence that no compiler
//! emits and that valgrind recognises when it translates the code (valgrind manual, section 3.1, "The
//! Client Request mechanism"; request numbers of `valgrind.h` and `callgrind.h` 3.x). Elsewhere than
//! on x86-64 there are none, and [`running`] says that there is no valgrind.

/// `VG_USERREQ__RUNNING_ON_VALGRIND`: answered with the depth of valgrinds, 0 outside.
const RUNNING_ON_VALGRIND: usize = 0x1001;
/// Callgrind's requests begin with the letters "CT".
const DUMP_STATS: usize = 0x4354_0000;
const START_INSTRUMENTATION: usize = 0x4354_0004;
const STOP_INSTRUMENTATION: usize = 0x4354_0005;

/// Whether this program runs on valgrind's CPU and can tell it what to count.
pub(crate) fn running() -> bool {
    request(RUNNING_ON_VALGRIND) != 0
}

/// Counts `work` alone. What was counted stands in a file of callgrind's own when this returns.
/// Outside valgrind, and under its other tools, the requests are not heard.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> T {
    request(START_INSTRUMENTATION);
    let result = work();
    request(STOP_INSTRUMENTATION);
    request(DUMP_STATS);
    result
}

/// Puts one request without arguments; 0 where nobody hears it.
#[cfg(all(target_arch = "x86_64", unix))]
#[inline(always)]
fn request(number: usize) -> usize {
    let arguments: [usize; 6] = [number, 0, 0, 0, 0, 0];
    let mut answer: usize = 0;
    #[expect(unsafe_code, reason = "the sequence can be written in assembly only")]
    // SAFETY: four rotations of rdi that add up to two full turns, and an exchange of rbx with
    // itself: outside valgrind every register is afterwards what it was. Under valgrind, rdx becomes
    // the answer and the six words behind rax are read, which live until here.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}

/// Nobody hears it here.
#[cfg(not(all(target_arch = "x86_64", unix)))]
fn request(_: usize) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_valgrind_the_work_is_done_and_nobody_answers() {
        // The tests themselves may be run under valgrind; then there is an answer.
        let valgrind = std::env::var("LD_PRELOAD").is_ok_and(|list| list.contains("vgpreload"));
        assert_eq!(running(), valgrind);
        assert_eq!(counted(|| 7), 7);
    }
}

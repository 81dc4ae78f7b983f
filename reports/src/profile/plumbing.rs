//! Frames that say how work came to its thread and not what the work is: thread pools, closures,
//! the starts of threads. They split one hot function over many towers. Pure.

use record::Stack;

/// Beginnings of the names of such functions. rayon splits its work by recursive `join`, so that
/// one function stands at many depths; the others stand once in every stack.
const PLUMBING: &[&str] = &[
    "rayon_core::",
    "rayon::iter::",
    "rayon::range::",
    "rayon::vec::",
    "crossbeam_utils::thread::",
    "core::ops::function::",
    "core::panic::unwind_safe::",
    "std::panicking::",
    "std::panic::",
    "std::sys::backtrace::",
    "std::sys::thread",
    "std::sys::pal::unix::thread",
    "std::thread::",
    "std::rt::",
    "__rust_try",
    "_start",
    "__libc_start",
    "start_thread",
    "clone",
];

/// The same as the trait of an implementation: a boxed closure is called through one of these.
const TRAITS: &[&str] = &[" as core::ops::function::", " as rayon_core::", " as rayon::iter::"];

/// What is shown in the place of plumbing that was itself at work: looking for work, waking others.
const POOL: &str = "(thread pool and runtime)";

/// Whether a frame is plumbing, by its name.
pub fn is_plumbing(frame: &str) -> bool {
    let name = frame.trim_start_matches(['<', '&', '*']);
    let name = name.strip_prefix("mut ").unwrap_or(name);
    let name = name.strip_prefix("dyn ").unwrap_or(name);
    PLUMBING.iter().any(|prefix| starts_as_name(name, prefix))
        || TRAITS.iter().any(|part| frame.starts_with('<') && frame.contains(part))
}

/// Whether `name` begins with `prefix`, which is a path of modules or one whole name.
fn starts_as_name(name: &str, prefix: &str) -> bool {
    let Some(rest) = name.strip_prefix(prefix) else { return false };
    match prefix {
        // `clone` and `clone3`, and no word that merely begins so.
        "clone" => rest.bytes().all(|byte| byte.is_ascii_digit()),
        "_start" => rest.is_empty(),
        _ => true,
    }
}

/// The frames of a stack without plumbing. The thread's name stays, and so does time that was
/// spent in plumbing itself, under one name.
pub(super) fn folded(stack: &Stack) -> String {
    let mut frames: Vec<&str> = stack.frames().collect();
    let root = frames.first().copied().unwrap_or_default();
    // The starts of threads have no names in libc; behind them begins what somebody wrote.
    let begin = 1 + frames.iter().skip(1).take_while(|frame| is_libc(frame)).count();
    // A stack that is nothing but libc is no start of a thread.
    let begin = if begin >= frames.len() { 1 } else { begin };
    let at_work = frames.last().is_some_and(|frame| frames.len() > 1 && is_plumbing(frame));
    frames.drain(..begin.min(frames.len()));
    frames.retain(|frame| !is_plumbing(frame));
    if at_work {
        frames.push(POOL);
    }
    std::iter::once(root).chain(frames).collect::<Vec<_>>().join(";")
}

fn is_libc(frame: &str) -> bool {
    frame.starts_with("[libc.so") || frame.starts_with("[libc-") || frame.starts_with("[ld-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frames: &str, expect: &str) {
        let stack = Stack { frames: frames.to_owned(), samples: 1, weight: 1 };
        assert_eq!(folded(&stack), expect);
    }

    #[test]
    fn pools_closures_and_starts_of_threads_are_plumbing_and_work_is_not() {
        for plumbing in [
            "rayon_core::join::join_context::{{closure}}",
            "<rayon_core::job::StackJob<L,F,R> as rayon_core::job::Job>::execute",
            "rayon::iter::plumbing::bridge_producer_consumer::helper",
            "core::ops::function::FnOnce::call_once{{vtable.shim}}",
            "<core::panic::unwind_safe::AssertUnwindSafe<F> as core::ops::function::FnOnce<()>>::call_once",
            "<&mut F as core::ops::function::FnMut<A>>::call_mut",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "clone3",
            "_start",
        ] {
            assert!(is_plumbing(plumbing), "{plumbing}");
        }
        for work in [
            "app::rayon_core::work",
            "<app::Row as core::fmt::Display>::fmt",
            "rayon::slice::mergesort::par_merge",
            "clone_row",
            "_start_of_something",
            "core::fmt::write",
            "alloc::vec::Vec<T>::push",
        ] {
            assert!(!is_plumbing(work), "{work}");
        }
    }

    #[test]
    fn the_thread_stays_and_its_start_goes() {
        check(
            "producer;[libc.so.6];[libc.so.6];std::rt::x;app::a;app::b",
            "producer;app::a;app::b",
        );
        check("dyno;_start;[libc.so.6];app::main", "dyno;[libc.so.6];app::main");
        check("producer;app::a;[libc.so.6]", "producer;app::a;[libc.so.6]");
        check("producer;[libc.so.6]", "producer;[libc.so.6]");
        check("rayon_core::odd", "rayon_core::odd");
    }

    #[test]
    fn time_in_plumbing_itself_is_kept_under_one_name() {
        check("producer;rayon_core::a;rayon_core::b", "producer;(thread pool and runtime)");
        check("w;app::a;rayon_core::join", "w;app::a;(thread pool and runtime)");
    }
}

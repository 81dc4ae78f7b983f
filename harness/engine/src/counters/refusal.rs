//! What a refusal of `perf_event_open(2)` means, and what would help. Pure: error number in, words
//! out; the settings it names are handed in.

use record::{Source, Unavailable};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// Events of the CPU's performance monitoring unit.
    Hardware,
    /// Events that the kernel counts itself.
    Software,
    /// Values replayed from a script; refused as if they were hardware's.
    Scripted,
}

impl Facility {
    pub(super) fn source(self) -> Source {
        match self {
            Self::Hardware => Source::Hardware,
            Self::Software => Source::Software,
            Self::Scripted => Source::Scripted,
        }
    }
}

// Linux's numbers on the architectures that perf is used on; spelt out because scripts may name
// them on any system.
const EPERM: i32 = 1;
pub(super) const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EACCES: i32 = 13;
pub(super) const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const EMFILE: i32 = 24;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;

/// Whether the kernel refused for want of a permission, so that asking for less may help.
pub(super) fn is_permission(errno: Option<i32>) -> bool {
    matches!(errno, Some(EPERM | EACCES))
}

/// Whether the kernel refused this combination of events, so that a smaller group may help.
pub(super) fn is_combination(errno: Option<i32>) -> bool {
    matches!(errno, Some(EINVAL))
}

/// Whether the machine has no such event, which does not change while this process lives.
pub(super) fn is_absence(errno: Option<i32>) -> bool {
    matches!(errno, Some(ENOENT | ENODEV | ENOSYS | EOPNOTSUPP))
}

/// The refusal of `metrics` in words. `paranoid` is `/proc/sys/kernel/perf_event_paranoid`, where
/// it could be read.
pub fn refused(
    facility: Facility,
    metrics: Vec<String>,
    errno: Option<i32>,
    paranoid: Option<i32>,
) -> Unavailable {
    let (reason, remedy) = match errno {
        Some(ENOENT | ENODEV | EOPNOTSUPP | EINVAL) => not_here(facility, errno),
        Some(EACCES | EPERM) => not_allowed(paranoid),
        Some(ENOSYS) => (
            "perf_event_open is missing from this kernel or blocked by seccomp (ENOSYS)".to_owned(),
            "run outside the container, or allow perf_event_open in its seccomp profile".to_owned(),
        ),
        Some(EMFILE) => (
            "too many open files (EMFILE)".to_owned(),
            "raise the limit of open files: ulimit -n 4096".to_owned(),
        ),
        Some(EBUSY) => (
            "another user holds the performance monitoring unit (EBUSY)".to_owned(),
            "stop the other profiler, or switch the NMI watchdog off: \
             sudo sysctl kernel.nmi_watchdog=0"
                .to_owned(),
        ),
        Some(ESRCH) => {
            ("the process ended before it could be counted (ESRCH)".to_owned(), String::new())
        }
        Some(other) => (
            format!(
                "perf_event_open failed: {} ({})",
                std::io::Error::from_raw_os_error(other).kind(),
                other
            ),
            String::new(),
        ),
        None => ("this kernel does not know the options that dyno counts with".to_owned(), {
            "a kernel of version 4.1 or later".to_owned()
        }),
    };
    Unavailable { metrics, source: facility.source(), errno, reason, remedy }
}

fn not_here(facility: Facility, errno: Option<i32>) -> (String, String) {
    let name = match errno {
        Some(ENOENT) => "ENOENT",
        Some(ENODEV) => "ENODEV",
        Some(EINVAL) => "EINVAL",
        _ => "EOPNOTSUPP",
    };
    match (facility, errno) {
        (Facility::Software, _) => {
            (format!("this kernel does not count the event ({name})"), String::new())
        }
        (_, Some(ENOENT | ENODEV)) => (
            format!(
                "this machine shows no such counter: it has no performance monitoring unit, or a \
                 virtual machine hides it ({name})"
            ),
            "use bare metal, or a virtual machine with a virtual PMU".to_owned(),
        ),
        _ => (
            format!("this CPU does not count the event or the combination ({name})"),
            "count fewer events at once, or use another CPU".to_owned(),
        ),
    }
}

fn not_allowed(paranoid: Option<i32>) -> (String, String) {
    let reason = match paranoid {
        Some(level) => format!("not permitted: kernel.perf_event_paranoid is {level}"),
        None => "not permitted, by a missing capability or by seccomp".to_owned(),
    };
    let remedy = "sudo sysctl kernel.perf_event_paranoid=1, or give the program CAP_PERFMON; in a \
                  container also allow perf_event_open in its seccomp profile";
    (reason, remedy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(facility: Facility, errno: i32) -> (String, String) {
        let unavailable = refused(facility, vec!["cycles".to_owned()], Some(errno), Some(3));
        assert_eq!(unavailable.errno, Some(errno));
        assert_eq!(unavailable.metrics, ["cycles"]);
        (unavailable.reason, unavailable.remedy)
    }

    #[test]
    fn every_known_errno_has_a_reason_of_its_own_that_names_it() {
        let named = [
            (ENOENT, "ENOENT"),
            (ENODEV, "ENODEV"),
            (EINVAL, "EINVAL"),
            (EOPNOTSUPP, "EOPNOTSUPP"),
            (ENOSYS, "ENOSYS"),
            (EMFILE, "EMFILE"),
            (EBUSY, "EBUSY"),
            (ESRCH, "ESRCH"),
        ];
        for facility in [Facility::Hardware, Facility::Software, Facility::Scripted] {
            for (errno, name) in named {
                let (reason, _) = words(facility, errno);
                assert!(reason.contains(name), "{facility:?} {errno}: {reason}");
            }
        }
    }

    #[test]
    fn a_machine_without_a_pmu_is_told_from_a_missing_permission() {
        let (absent, _) = words(Facility::Hardware, ENOENT);
        assert!(absent.contains("no performance monitoring unit"), "{absent}");
        for errno in [EACCES, EPERM] {
            let (reason, remedy) = words(Facility::Hardware, errno);
            assert!(reason.contains("perf_event_paranoid is 3"), "{reason}");
            assert!(remedy.contains("sudo sysctl kernel.perf_event_paranoid=1"), "{remedy}");
            assert!(remedy.contains("CAP_PERFMON"), "{remedy}");
        }
    }

    #[test]
    fn a_software_event_is_never_explained_by_a_missing_pmu() {
        for errno in [ENOENT, ENODEV, EINVAL, EOPNOTSUPP] {
            let (reason, _) = words(Facility::Software, errno);
            assert!(!reason.contains("monitoring unit"), "{reason}");
        }
    }

    #[test]
    fn an_unknown_errno_and_none_at_all_are_said_too() {
        let (reason, _) = words(Facility::Hardware, 4_095);
        assert!(reason.contains("4095"), "{reason}");
        let silent = refused(Facility::Hardware, Vec::new(), None, None);
        assert!(!silent.reason.is_empty());
        let blocked = refused(Facility::Hardware, Vec::new(), Some(EPERM), None);
        assert!(blocked.reason.contains("seccomp"), "{}", blocked.reason);
    }
}

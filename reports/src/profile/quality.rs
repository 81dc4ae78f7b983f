//! How far a profile may be trusted, in words. Pure.

use record::{ProfileInfo, Weight};

use crate::format::{counted, significant};

/// Above this share of broken stacks, towers stand without their roots.
const BROKEN_MAX: f64 = 0.05;

/// Above this share of lost records, what was lost may have been of another kind.
const LOST_MAX: f64 = 0.01;

/// Above this share of frames without a name, the picture is mostly grey.
const UNKNOWN_MAX: f64 = 0.5;

/// Fewer samples than this say nothing about small functions.
const SAMPLES_FEW: u64 = 100;

/// How the profile was taken and how whole it is, in one sentence.
pub fn sentence(info: &ProfileInfo) -> String {
    if info.rate_hz == 0 {
        // Imported: a file of stacks alone tells nothing else.
        return format!(
            "{} of an unknown event, imported; unknown frames {}",
            counted(usize::try_from(info.samples).unwrap_or(usize::MAX), "sample"),
            percent(info.unknown_share())
        );
    }
    let kernel = if info.kernel { "kernel included" } else { "user space alone" };
    format!(
        "{} of {} at {} Hz a core, {kernel}, over {} ({}); lost {}, unknown frames {}, broken \
         stacks {}",
        counted(usize::try_from(info.samples).unwrap_or(usize::MAX), "sample"),
        info.event,
        info.rate_hz,
        counted(info.executions as usize, "execution"),
        info.region.words(),
        lost(info),
        percent(info.unknown_share()),
        percent(info.broken_share()),
    )
}

pub(super) fn lost(info: &ProfileInfo) -> String {
    match info.lost {
        0 => "none".to_owned(),
        lost => format!("{lost} ({})", percent(info.lost_share())),
    }
}

/// What a reader should know before believing the picture, with what helps.
pub fn warnings(info: &ProfileInfo) -> Vec<String> {
    let mut warnings = Vec::new();
    if info.broken_share() > BROKEN_MAX {
        warnings.push(format!(
            "{} of the stacks are broken: they end before the start of their thread, because the \
             program was built without frame pointers; build it with `-C force-frame-pointers=yes` in RUSTFLAGS or \
             `.cargo/config.toml`, C and C++ with `-fno-omit-frame-pointer`",
            percent(info.broken_share())
        ));
    }
    if info.lost_share() > LOST_MAX {
        warnings.push(format!(
            "{} of the records were lost because a buffer was full: lower the rate (`--rate {}`)",
            percent(info.lost_share()),
            (info.rate_hz / 2).max(1)
        ));
    }
    if info.unknown_share() > UNKNOWN_MAX {
        warnings.push(format!(
            "{} of the frames have no name: profile a build that was not stripped",
            percent(info.unknown_share())
        ));
    }
    if info.samples < SAMPLES_FEW {
        warnings.push(format!(
            "only {}: profile for longer (`--time 10s`)",
            counted(usize::try_from(info.samples).unwrap_or(usize::MAX), "sample")
        ));
    }
    if !info.kernel {
        warnings.push(
            "the kernel may not be sampled here, so the time it takes for the program is missing: \
             sudo sysctl kernel.perf_event_paranoid=1, or give the program CAP_PERFMON"
                .to_owned(),
        );
    }
    warnings
}

/// A share, in per cent.
pub(crate) fn percent(share: f64) -> String {
    match share {
        0.0 => "0 %".to_owned(),
        share if share < 0.0005 => "<0.1 %".to_owned(),
        share => format!("{} %", significant(share * 100.0, 2)),
    }
}

/// What a number of weight is, as a unit.
pub(super) fn unit(info: &ProfileInfo) -> &'static str {
    match info.weight {
        Weight::CpuTime => "ns",
        Weight::Events => "events",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::profile;
    use super::*;

    #[test]
    fn a_good_profile_has_one_sentence_and_no_warning() {
        let info = profile(&[("t;a", 4000)], Some(1000)).info;
        assert_eq!(
            sentence(&info),
            "4000 samples of cpu-clock at 1000 Hz a core, kernel included, over 2 executions (the \
             measured work alone); lost none, unknown frames 0 %, broken stacks 0 %"
        );
        assert!(warnings(&info).is_empty());
    }

    #[test]
    fn each_lack_is_said_with_what_helps() {
        let mut info = profile(&[("t;a", 50)], None).info;
        (info.broken, info.lost, info.unknown_frames, info.kernel) = (40, 50, 200, false);
        let text = warnings(&info).join("\n");
        for part in [
            "80 % of the stacks are broken",
            "-C force-frame-pointers=yes",
            "-fno-omit-frame-pointer",
            "50 % of the records were lost",
            "--rate 500",
            "80 % of the frames have no name",
            "only 50 samples",
            "perf_event_paranoid=1",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(sentence(&info).contains("lost 50 (50 %)"), "{}", sentence(&info));
    }
}

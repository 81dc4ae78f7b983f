//! Collapsed stacks, one per line with its count, as a profile: what stackcollapse and inferno
//! write. They say neither the event nor the rate nor what was profiled, so nobody can tell seconds
//! from them; `dyno profile --export folded` writes them.

use std::collections::BTreeMap;

use record::{CaseId, Profile, ProfileInfo, Region, Stack, Weight};

use super::{Format, Found, FoundCase, ImportError, Importer, InputFile, each, node};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "folded",
    about: "collapsed stacks, as a profile",
    import: Some(Importer { recognises, read }),
    export: None,
};

/// The most different stacks of a file.
const STACKS_MAX: usize = 2_000_000;

fn recognises(path: &str, _: &[u8]) -> bool {
    [".folded", ".collapsed", ".stacks"].iter().any(|end| path.ends_with(end))
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    each(files, |file| {
        let profile = profile(file)?;
        let (params, takes) = (BTreeMap::new(), Vec::new());
        let case = FoundCase { file: 0, name: None, params, takes, profile: Some(profile) };
        let text = "collapsed stacks tell neither event nor rate: shares are known, times are not, and \
                    two of them compare only where both were sampled alike";
        Ok(Found { cases: vec![case], warnings: vec![text.to_owned()], ..Found::default() })
    })
}

fn profile(file: &InputFile) -> Result<Profile, ImportError> {
    let text = node::text(file)?;
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut samples, mut frames, mut unknown) = (0_u64, 0_u64, 0_u64);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let at = |column: usize, message: &str| {
            ImportError::at(&file.shown, number + 1, column, message)
        };
        let (stack, count) = line
            .rsplit_once(' ')
            .ok_or_else(|| at(1, "expected frames joined by `;`, a space and a count"))?;
        let column = stack.chars().count() + 2;
        let count: u64 = count
            .parse()
            .map_err(|_| at(column, &format!("`{count}` is no count: a whole number")))?;
        let stack = stack.trim_end();
        if stack.split(';').any(str::is_empty) {
            return Err(at(1, "a frame has no name"));
        }
        let depth = stack.split(';').count() as u64;
        let nameless = stack.split(';').filter(|frame| *frame == "[unknown]").count() as u64;
        let sum = |total: u64, each: u64| total.checked_add(count.checked_mul(each)?);
        let added = sum(samples, 1).zip(sum(frames, depth)).zip(sum(unknown, nameless));
        let Some(((one, two), three)) = added else {
            return Err(at(column, "the counts are too large to be added up"));
        };
        (samples, frames, unknown) = (one, two, three);
        *sums.entry(stack).or_default() += count;
        if sums.len() > STACKS_MAX {
            return Err(at(1, "too many different stacks"));
        }
    }
    if samples == 0 {
        return Err(ImportError::whole(&file.shown, "there is no sample in it"));
    }
    let stack = |(frames, samples): (&str, u64)| Stack {
        frames: frames.to_owned(),
        samples,
        weight: samples,
    };
    Ok(Profile {
        info: ProfileInfo {
            schema: ProfileInfo::SCHEMA,
            case: CaseId::new(""),
            event: "samples".to_owned(),
            rate_hz: 0,
            weight: Weight::Events,
            kernel: true,
            inlines: false,
            region: Region::Process,
            executions: 1,
            rows: None,
            wall_ns: 0,
            samples,
            outside: 0,
            lost: 0,
            frames,
            unknown_frames: unknown,
            broken: 0,
        },
        stacks: sums.into_iter().map(stack).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Profile, String> {
        let name = "s.folded".to_owned();
        let file = InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() };
        profile(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn stacks_are_added_up_and_names_may_hold_spaces() {
        let profile = parse("t;a b;c 2\nt;[unknown] 1\nt;a b;c 3\n").unwrap();
        let stacks: Vec<(&str, u64)> =
            profile.stacks.iter().map(|stack| (stack.frames.as_str(), stack.samples)).collect();
        assert_eq!(stacks, [("t;[unknown]", 1), ("t;a b;c", 5)]);
        let info = &profile.info;
        assert_eq!((info.samples, info.frames, info.unknown_frames), (6, 17, 1));
    }

    #[test]
    fn what_is_no_stack_is_refused_with_its_line() {
        for (text, expect) in [
            ("a\n", "s.folded:1:1: expected frames"),
            ("a 1\nb;c x\n", "s.folded:2:5: `x` is no count"),
            ("a 1.5\n", "s.folded:1:3: `1.5` is no count"),
            ("a;;b 1\n", "s.folded:1:1: a frame has no name"),
            ("a 18446744073709551615\na 1\n", "s.folded:2:3: the counts are too large"),
            ("", "s.folded: there is no sample in it"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expect), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,100}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_a_profile_exports_is_the_profile_that_is_read(
            stacks in prop::collection::btree_map("[a-z:<>]{1,6}(;[a-z ]{0,3}[a-z]){0,4}", 1u64..1000, 1..20)
        ) {
            let text: String =
                stacks.iter().map(|(frames, count)| format!("{frames} {count}\n")).collect();
            let profile = parse(&text).unwrap();
            let exported =
                crate::profile::folded_text(&profile, crate::profile::View::Unfolded);
            prop_assert_eq!(exported, text);
        }
    }
}

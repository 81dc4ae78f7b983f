//! The CPU: model, cores, caches, frequency and what moves it. The parsers are pure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use record::Fact;

use super::{Known, fact, read};

const CPU: &str = "/sys/devices/system/cpu";

pub(super) fn facts(cpuinfo: &str) -> Vec<Fact> {
    vec![
        fact("cpu_model", model(cpuinfo).ok_or_else(|| "no model in /proc/cpuinfo".to_owned())),
        fact("cores", Ok(cores())),
        fact("threads_per_core", threads_per_core()),
        fact("caches", caches(&Path::new(CPU).join("cpu0/cache"))),
        fact("governor", governor()),
        fact("turbo", turbo()),
        fact("frequency", frequency(cpuinfo)),
        fact("virtualised", Ok(virtualised(cpuinfo))),
        fact("mitigations", mitigations(&Path::new(CPU).join("vulnerabilities"))),
    ]
}

/// The model as the CPU or the kernel names it. ARM gives numbers; the common servers have names.
pub(super) fn model(cpuinfo: &str) -> Option<String> {
    let named = ["model name", "cpu model", "cpu"].iter().find_map(|key| field(cpuinfo, key));
    if let Some(name) = named {
        return Some(name.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let (implementer, part) =
        (field(cpuinfo, "CPU implementer")?, field(cpuinfo, "CPU part").unwrap_or("?"));
    Some(match (implementer, part) {
        ("0x41", "0xd0c") => "ARM Neoverse-N1".to_owned(),
        ("0x41", "0xd40") => "ARM Neoverse-V1".to_owned(),
        ("0x41", "0xd49") => "ARM Neoverse-N2".to_owned(),
        ("0x41", "0xd4f") => "ARM Neoverse-V2".to_owned(),
        ("0x41", "0xd08") => "ARM Cortex-A72".to_owned(),
        ("0x41", "0xd0b") => "ARM Cortex-A76".to_owned(),
        _ => format!("ARM implementer {implementer} part {part}"),
    })
}

/// Whether the CPU says that a hypervisor runs it. ARM has no such flag.
pub(super) fn hypervisor(cpuinfo: &str) -> bool {
    field(cpuinfo, "flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"))
}

/// Cores that the kernel may use now; what std sees where the kernel does not list them.
pub fn online() -> usize {
    let listed = read(Path::new(CPU).join("online")).ok().and_then(|text| list_len(&text));
    listed.unwrap_or_else(usable)
}

/// Cores that this process may use: affinity and cgroup quota taken off.
fn usable() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The value of the first line that has this key.
fn field<'t>(cpuinfo: &'t str, key: &str) -> Option<&'t str> {
    let mut fields = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(name, value)| name.trim() == key && !value.trim().is_empty())?;
    Some(value.trim())
}

/// How many numbers a kernel list such as `0-3,8` has.
fn list_len(list: &str) -> Option<usize> {
    let mut numbers = 0;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
        numbers += last.checked_sub(first)?.checked_add(1)?;
    }
    Some(numbers)
}

fn cores() -> String {
    let (online, usable) = (online(), usable());
    if online == usable { format!("{online}") } else { format!("{online}, {usable} usable") }
}

fn threads_per_core() -> Known {
    let list = read(Path::new(CPU).join("cpu0/topology/thread_siblings_list"))?;
    let threads = list_len(&list).ok_or_else(|| format!("unexpected list `{list}`"))?;
    let smt = read(Path::new(CPU).join("smt/control")).ok();
    Ok(format!("{threads} ({})", smt_words(smt.as_deref())))
}

/// The kernel's word for simultaneous multithreading
/// (Documentation/ABI/testing/sysfs-devices-system-cpu), for people.
fn smt_words(control: Option<&str>) -> String {
    match control {
        None => "SMT not told".to_owned(),
        Some("notsupported") => "SMT not supported".to_owned(),
        Some("notimplemented") => "SMT not known to this kernel".to_owned(),
        Some("forceoff") => "SMT forced off".to_owned(),
        Some(word) => format!("SMT {word}"),
    }
}

/// One entry per cache of the first core, for instance `L2 1024K`.
fn caches(dir: &Path) -> Known {
    let mut all = Vec::new();
    for index in 0..16 {
        let at = dir.join(format!("index{index}"));
        let Ok(level) = read(at.join("level")) else { break };
        let kind = match read(at.join("type"))?.as_str() {
            "Data" => "d",
            "Instruction" => "i",
            _ => "",
        };
        let shared = read(at.join("shared_cpu_list")).ok().and_then(|list| list_len(&list));
        let shared = match shared {
            Some(cpus) if cpus > 1 => format!(" shared by {cpus}"),
            _ => String::new(),
        };
        all.push(format!("L{level}{kind} {}{shared}", read(at.join("size"))?));
    }
    if all.is_empty() { Err("not exposed here".to_owned()) } else { Ok(all.join(", ")) }
}

/// The policies of all cores; one word where they agree.
fn governor() -> Known {
    let first = read(Path::new(CPU).join("cpu0/cpufreq/scaling_governor"))?;
    let mut all = BTreeSet::from([first]);
    for core in 1..online() {
        let path: PathBuf =
            [CPU, &format!("cpu{core}"), "cpufreq/scaling_governor"].iter().collect();
        all.extend(read(path));
    }
    Ok(all.into_iter().collect::<Vec<_>>().join(", "))
}

fn turbo() -> Known {
    let intel = read(Path::new(CPU).join("intel_pstate/no_turbo"));
    let other = read(Path::new(CPU).join("cpufreq/boost"));
    match (intel.as_deref(), other.as_deref()) {
        (Ok("0"), _) | (_, Ok("1")) => Ok("on".to_owned()),
        (Ok("1"), _) | (_, Ok("0")) => Ok("off".to_owned()),
        _ => Err("not exposed here".to_owned()),
    }
}

fn frequency(cpuinfo: &str) -> Known {
    let mhz = |name: &str| -> Option<u64> {
        let khz = read(Path::new(CPU).join("cpu0/cpufreq").join(name)).ok()?;
        Some(khz.parse::<u64>().ok()? / 1_000)
    };
    if let (Some(now), Some(min), Some(max)) =
        (mhz("scaling_cur_freq"), mhz("scaling_min_freq"), mhz("scaling_max_freq"))
    {
        return Ok(format!("{now} MHz now, {min} to {max} MHz allowed"));
    }
    let told = field(cpuinfo, "cpu MHz").ok_or("not exposed here")?;
    Ok(format!("{told} MHz as /proc/cpuinfo says"))
}

fn virtualised(cpuinfo: &str) -> String {
    let vendor = read("/sys/class/dmi/id/sys_vendor").ok();
    let product = read("/sys/class/dmi/id/product_name").ok();
    let names: Vec<_> = [vendor, product].into_iter().flatten().collect();
    let names =
        if names.is_empty() { String::new() } else { format!(" (machine: {})", names.join(" ")) };
    if hypervisor(cpuinfo) {
        format!("yes, the CPU has the hypervisor flag{names}")
    } else if cpuinfo.contains("flags\t") {
        format!("no, the CPU has no hypervisor flag{names}")
    } else {
        format!("unknown: this CPU has no flag for it{names}")
    }
}

fn mitigations(dir: &Path) -> Known {
    let entries = std::fs::read_dir(dir).map_err(|_| "not exposed here".to_owned())?;
    let mut states: Vec<(String, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_owned();
            Some((name, read(entry.path()).ok()?))
        })
        .collect();
    states.sort();
    Ok(mitigation_summary(&states))
}

/// Those that cost time or leave a hole, by name; the rest as a number.
fn mitigation_summary(states: &[(String, String)]) -> String {
    let named = |prefix: &str| -> Vec<&str> {
        let those = states.iter().filter(|(_, state)| state.starts_with(prefix));
        those.map(|(name, _)| name.as_str()).collect()
    };
    let (on, open) = (named("Mitigation"), named("Vulnerable"));
    let rest = states.len() - on.len() - open.len();
    let list = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.join(" "),
    };
    format!("on: {}; vulnerable: {}; not affected: {rest}", list(&on), list(&open))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AMD: &str = include_str!("fixtures/cpuinfo-amd.txt");
    const INTEL: &str = include_str!("fixtures/cpuinfo-intel.txt");
    const ARM: &str = include_str!("fixtures/cpuinfo-arm.txt");

    #[test]
    fn the_model_is_read_from_the_text_of_amd_intel_and_arm() {
        assert_eq!(model(AMD).as_deref(), Some("AMD EPYC"));
        assert_eq!(model(INTEL).as_deref(), Some("Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz"));
        assert_eq!(model(ARM).as_deref(), Some("ARM Neoverse-N1"));
        let unknown = ARM.replace("0xd0c", "0xfff");
        assert_eq!(model(&unknown).as_deref(), Some("ARM implementer 0x41 part 0xfff"));
        assert_eq!(model(""), None);
    }

    #[test]
    fn the_hypervisor_flag_is_a_word_of_its_own() {
        assert!(hypervisor(AMD) && hypervisor(INTEL));
        assert!(!hypervisor(&AMD.replace(" hypervisor ", " hypervisors ")));
        assert!(!hypervisor(ARM) && virtualised(ARM).starts_with("unknown: "));
    }

    #[test]
    fn kernel_lists_are_counted() {
        for (list, expect) in
            [("0", Some(1)), ("0-3,8\n", Some(5)), ("", None), ("3-1", None), ("a", None)]
        {
            assert_eq!(list_len(list), expect, "{list:?}");
        }
    }

    #[test]
    fn the_state_of_smt_is_told_in_words() {
        assert_eq!(smt_words(Some("notsupported")), "SMT not supported");
        assert_eq!(smt_words(Some("forceoff")), "SMT forced off");
        assert_eq!(smt_words(Some("on")), "SMT on");
        assert_eq!(smt_words(None), "SMT not told");
    }

    #[test]
    fn mitigations_are_summed_up() {
        let state = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        let states = [
            state("l1tf", "Not affected"),
            state("spectre_v1", "Mitigation: usercopy"),
            state("spectre_v2", "Mitigation: Retpolines"),
            state("tsa", "Vulnerable: no microcode"),
        ];
        let summary = mitigation_summary(&states);
        assert_eq!(summary, "on: spectre_v1 spectre_v2; vulnerable: tsa; not affected: 1");
        assert_eq!(mitigation_summary(&[]), "on: none; vulnerable: none; not affected: 0");
    }

    #[test]
    fn caches_are_read_from_a_directory_like_the_one_of_sysfs() {
        let temp = tempfile::tempdir().unwrap();
        let files = [
            ("index0", "1", "Data", "32K", "0"),
            ("index1", "1", "Instruction", "32K", "0"),
            ("index2", "3", "Unified", "32768K", "0-7"),
        ];
        for (dir, level, kind, size, shared) in files {
            let at = temp.path().join(dir);
            std::fs::create_dir(&at).unwrap();
            for (name, text) in
                [("level", level), ("type", kind), ("size", size), ("shared_cpu_list", shared)]
            {
                std::fs::write(at.join(name), format!("{text}\n")).unwrap();
            }
        }
        let expect = "L1d 32K, L1i 32K, L3 32768K shared by 8";
        if cfg!(target_os = "linux") {
            assert_eq!(caches(temp.path()).as_deref(), Ok(expect));
        }
        assert!(caches(&temp.path().join("absent")).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "[ -~\n\t]{0,200}") {
            let _ = (model(&text), hypervisor(&text), list_len(&text), frequency(&text));
        }
    }
}

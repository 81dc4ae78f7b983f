//! The kernel, its memory and the settings that move measurements. The parsers are pure.

use record::Fact;

use super::{Known, bytes, fact, read};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact("memory", memory()),
        fact("swap", read("/proc/meminfo").and_then(|text| swap(&text))),
        fact("hostname", read("/proc/sys/kernel/hostname")),
        fact("kernel", kernel()),
        fact("os", read("/etc/os-release").and_then(|text| pretty_name(&text))),
        fact("page_size", page_size()),
        fact(
            "transparent_huge_pages",
            read("/sys/kernel/mm/transparent_hugepage/enabled").and_then(|text| chosen(&text)),
        ),
        fact("aslr", read("/proc/sys/kernel/randomize_va_space")),
        fact("perf_event_paranoid", read("/proc/sys/kernel/perf_event_paranoid")),
        fact(
            "clocksource",
            read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        ),
    ]
}

/// Memory of the machine in GiB, rounded.
pub(super) fn memory_gib() -> Result<u64, String> {
    let total = total_bytes(&read("/proc/meminfo")?)?;
    Ok((total as f64 / f64::from(1 << 30)).round() as u64)
}

fn memory() -> Known {
    Ok(bytes(total_bytes(&read("/proc/meminfo")?)?))
}

fn total_bytes(meminfo: &str) -> Result<u64, String> {
    Ok(kib(meminfo, "MemTotal")? * 1_024)
}

fn swap(meminfo: &str) -> Known {
    let (total, free) = (kib(meminfo, "SwapTotal")?, kib(meminfo, "SwapFree")?);
    if total == 0 {
        return Ok("none".to_owned());
    }
    let used = total.saturating_sub(free) * 1_024;
    Ok(format!("{}, {} used", bytes(total * 1_024), bytes(used)))
}

fn kib(meminfo: &str, key: &str) -> Result<u64, String> {
    let mut lines = meminfo.lines().filter_map(|line| line.split_once(':'));
    let number = lines
        .find(|(name, _)| *name == key)
        .and_then(|(_, value)| value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    // No machine has 2^50 KiB; a number beyond it is not memory.
    number.filter(|&kib| kib < 1 << 50).ok_or_else(|| format!("no {key} in /proc/meminfo"))
}

fn kernel() -> Known {
    let release = read("/proc/sys/kernel/osrelease").map_err(|_| {
        format!("not read on this system ({} {})", std::env::consts::OS, std::env::consts::ARCH)
    })?;
    Ok(format!("Linux {release} {}", std::env::consts::ARCH))
}

fn pretty_name(os_release: &str) -> Known {
    let name = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map(|name| name.trim_matches('"').to_owned())
        .ok_or_else(|| "no PRETTY_NAME in /etc/os-release".to_owned())
}

/// The word in brackets, as in `always [madvise] never`.
fn chosen(text: &str) -> Known {
    let word = text.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    word.map(|(word, _)| word.to_owned()).ok_or_else(|| format!("nothing is chosen in `{text}`"))
}

#[cfg(target_os = "linux")]
fn page_size() -> Known {
    Ok(bytes(rustix::param::page_size() as u64))
}

#[cfg(not(target_os = "linux"))]
fn page_size() -> Known {
    Err("not read on this system".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEMINFO: &str = "MemTotal:       24684084 kB\nMemFree:          1024 kB\n\
                           SwapTotal:       2097152 kB\nSwapFree:        1048576 kB\n";

    #[test]
    fn memory_and_swap_are_read_from_meminfo() {
        assert_eq!(total_bytes(MEMINFO), Ok(24_684_084 * 1_024));
        assert_eq!(swap(MEMINFO).unwrap(), "2.0 GiB, 1.0 GiB used");
        let none = MEMINFO.replace("2097152", "0").replace("1048576", "0");
        assert_eq!(swap(&none).unwrap(), "none");
        assert_eq!(swap("").unwrap_err(), "no SwapTotal in /proc/meminfo");
    }

    #[test]
    fn the_chosen_word_stands_in_brackets() {
        assert_eq!(chosen("always [madvise] never").unwrap(), "madvise");
        assert!(chosen("always").is_err());
    }

    #[test]
    fn the_name_of_the_system_loses_its_quotes() {
        let text = "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(pretty_name(text).unwrap(), "Debian GNU/Linux 12 (bookworm)");
        assert!(pretty_name("ID=debian").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "[ -~\n\t]{0,120}", number in any::<u64>()) {
            let _ = (total_bytes(&text), swap(&text), chosen(&text), pretty_name(&text));
            let _ = total_bytes(&format!("MemTotal: {number} kB"));
        }
    }
}

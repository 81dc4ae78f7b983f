//! Findings of machines that are not this one.

use engine::doctor::Identical;

use super::*;

fn kernel(seconds: Option<f64>, spread: f64) -> Kernel {
    let noise = Noisiness { spread, seconds, in_a_minute: Some(0.042) };
    Kernel {
        name: "branchy".to_owned(),
        pairs: Identical { wall: Vec::new(), cpu: Vec::new(), pair_seconds: 0.1 },
        wall: Some(Noisiness { seconds: None, ..noise }),
        cpu: Some(noise),
    }
}

#[test]
fn the_worst_kernel_says_what_the_noise_means() {
    let found = decidable(&[kernel(Some(4.0), 0.001), kernel(Some(11.2), 0.01)]).unwrap();
    assert_eq!(found.state, State::Good);
    assert!(
        found.text.starts_with(
            "a 3 % change is decidable in about 11 s a case by CPU time, not by wall time, where \
             a minute decides 4.2 %"
        ),
        "{}",
        found.text
    );
    let found = decidable(&[kernel(Some(4.0), 0.001), kernel(None, 0.2)]).unwrap();
    assert_eq!(found.state, State::Poor);
    assert!(!found.fix.is_empty() && found.text.contains("not by CPU time"), "{}", found.text);
    assert_eq!(decidable(&[]), None);
}

#[test]
fn a_machine_without_a_pmu_is_told_with_the_fix() {
    let lack = Unavailable {
        metrics: vec!["cycles".to_owned(), "instructions".to_owned()],
        source: Source::Hardware,
        errno: Some(2),
        reason: "this machine shows no such counter (ENOENT)".to_owned(),
        remedy: "use bare metal".to_owned(),
    };
    let counted = Counted {
        source: Source::Software,
        metrics: vec!["cpu_time".to_owned(), "page_faults".to_owned()],
        user_only: vec!["page_faults".to_owned()],
    };
    let found = counting(&[counted], &[lack]);
    let states: Vec<_> = found.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Lacking, State::Good, State::Poor]);
    assert_eq!(found[0].fix, "use bare metal");
    assert!(found[0].text.starts_with("no cycles, instructions: this machine"));
    assert!(found[2].fix.contains("perf_event_paranoid=1"), "{}", found[2].fix);
}

#[test]
fn profiles_without_the_kernel_are_told_with_the_fix() {
    let [whole, part] = [true, false].map(|kernel| profiling(&Ok(kernel)));
    assert_eq!((whole.state, whole.fix.as_str()), (State::Good, ""));
    assert_eq!(part.state, State::Poor);
    assert!(part.text.contains("in user space alone"), "{}", part.text);
    assert!(part.fix.contains("perf_event_paranoid=1"), "{}", part.fix);
}

#[test]
fn what_is_missing_is_installed_or_permitted() {
    let found = simulation(&Err("`valgrind` cannot be started here".to_owned()));
    assert_eq!((found.state, found.fix.contains("apt install valgrind")), (State::Lacking, true));
    assert_eq!(simulation(&Ok("valgrind-3.24.0".to_owned())).state, State::Good);
    assert_eq!(profiling(&Ok(true)).state, State::Good);
}

#[test]
fn noise_is_told_as_shares_and_the_worst_of_it_gets_a_fix() {
    let time = Duration::from_secs(10);
    let noise = NoiseDelta {
        steal_ns: Some(600_000_000),
        cpu_pressure_ns: Some(500_000_000),
        ..NoiseDelta::default()
    };
    let found = noise_now(&(noise, time), 2);
    assert_eq!(
        found.text,
        "the hypervisor took 3.0 % of the CPU time, tasks waited for a CPU 5.0 % of the time"
    );
    assert_eq!(found.state, State::Poor);
    assert!(found.fix.contains("reject"), "{}", found.fix);
    let busy = NoiseDelta { cpu_pressure_ns: Some(5_000_000_000), ..NoiseDelta::default() };
    assert_eq!(noise_now(&(busy, time), 2).fix, "end what else runs");
    let quiet = NoiseDelta { steal_ns: Some(0), ..NoiseDelta::default() };
    assert_eq!(noise_now(&(quiet, time), 2).state, State::Good);
}

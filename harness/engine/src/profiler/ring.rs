//! The kernel's sampling buffers of one process tree: one ring per CPU, opened before its exec.
//!
//! An inherited event cannot be mapped for all CPUs at once (EINVAL), hence one ring for each. The
//! second and last file that knows the `perf-event2` crate. `drain.rs` empties the rings.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use std::{io, mem};

use perf_event::events::Software;
use perf_event::{Builder, Clock, Counter, ReadFormat, SampleFlag, Sampler};

use super::Settings;
use super::record::{self, Record};

/// Bytes of a sample without a copy of the stack, generously: 100 frames and a header.
const RECORD_BYTES: usize = 1 << 10;

/// Registers of x86-64 in a sample: frame pointer, stack pointer, instruction
/// (`enum perf_event_x86_regs`).
const REGISTERS: u64 = 1 << 6 | 1 << 7 | 1 << 8;

/// Sizes of a ring and of the copy of the stack in each sample, best first. The stacks of our own
/// pipeline are up to 35 KiB deep; the first ring holds them for 200 ms, while the thread that
/// empties it waits for a core. Larger rings than the last two need a limit on locked memory above
/// the 516 KiB a core that anybody may lock (`kernel.perf_event_mlock_kb`).
const SIZES: [(usize, u32); 4] =
    [(8 << 20, 40 << 10), (4 << 20, 40 << 10), (512 << 10, 16 << 10), (128 << 10, 0)];

/// Bytes of all rings together at most: they are locked in memory, and some machines have hundreds
/// of cores.
const RINGS_BYTES: usize = 512 << 20;

/// One ring per CPU.
pub(super) struct Rings {
    rings: Vec<Sampler>,
    /// Whether the kernel is sampled too.
    pub(super) kernel: bool,
    /// Losses that the rings have told of.
    told: u64,
    ring_bytes: usize,
    stack_bytes: u32,
}

/// What of the wishes the kernel may refuse.
#[derive(Clone, Copy)]
struct Wish {
    ring_bytes: usize,
    stack_bytes: u32,
    kernel: bool,
    /// Counting what was lost came with Linux 6.0.
    count_lost: bool,
}

impl Rings {
    /// Opens on a process that is held before its exec; every thread and child it will have is
    /// sampled too. Where the kernel may not be sampled, user space alone is.
    ///
    /// # Errors
    /// As `perf_event_open(2)`, and when the buffers may not be locked in memory.
    pub(super) fn open(pid: u32, settings: &Settings) -> io::Result<Self> {
        let mut refused = None;
        for (ring_bytes, stack_bytes) in sizes(settings) {
            match Self::open_sized(pid, settings, (ring_bytes, stack_bytes)) {
                Ok(rings) => return Ok(rings),
                // Kept is the last one, which asked for least.
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| io::ErrorKind::Unsupported.into()))
    }

    fn open_sized(
        pid: u32,
        settings: &Settings,
        (ring_bytes, stack_bytes): (usize, u32),
    ) -> io::Result<Self> {
        let mut wish = Wish { ring_bytes, stack_bytes, kernel: true, count_lost: true };
        loop {
            let error = match Self::open_as(pid, settings, wish) {
                Ok(rings) => return Ok(rings),
                Err(error) => error,
            };
            match error.raw_os_error() {
                Some(libc::EINVAL) if wish.count_lost => wish.count_lost = false,
                Some(libc::EACCES | libc::EPERM) if wish.kernel => {
                    wish = Wish { kernel: false, count_lost: true, ..wish };
                }
                _ => return Err(error),
            }
        }
    }

    fn open_as(pid: u32, settings: &Settings, wish: Wish) -> io::Result<Self> {
        let open = |cpu: &usize| -> io::Result<Sampler> {
            builder(pid, *cpu, settings, wish).build()?.sampled(wish.ring_bytes)
        };
        let rings = settings.cpus.iter().map(open).collect::<io::Result<_>>()?;
        Ok(Self {
            rings,
            kernel: wish.kernel,
            told: 0,
            ring_bytes: wish.ring_bytes,
            stack_bytes: wish.stack_bytes,
        })
    }

    /// How long a ring takes to become a quarter full at a rate.
    pub(super) fn quarter_full(&self, rate_hz: u64) -> Duration {
        let record = RECORD_BYTES + self.stack_bytes as usize;
        Duration::from_secs_f64((self.ring_bytes / 4) as f64 / record as f64 / rate_hz as f64)
    }

    /// Hands over what lies in the rings and is older than `before`, in the order of its time, each
    /// record as it lies there: stacks are large, and nothing of them is copied.
    pub(super) fn drain(&mut self, before: u64, mut take: impl FnMut(u64, Record<'_>)) {
        let stacks = self.stack_bytes > 0;
        let next = |ring: &mut Sampler, at: usize| Some(Reverse((next_time(ring)?, at)));
        let rings = self.rings.iter_mut().enumerate();
        let mut heads: BinaryHeap<_> = rings.filter_map(|(at, ring)| next(ring, at)).collect();
        while let Some(Reverse((time, at))) = heads.pop()
            && time < before
        {
            let ring = &mut self.rings[at];
            if let Some(raw) = ring.next_record() {
                match record::read(raw.ty(), raw.misc(), &raw.to_contiguous(), stacks) {
                    Some((_, Record::Lost(lost))) => self.told += lost,
                    Some((time, record)) => take(time, record),
                    None => {}
                }
            }
            heads.extend(next(ring, at));
        }
    }

    /// Records that did not fit into a ring so far. A ring tells of a loss only with the next
    /// record that fits; newer kernels count it at once.
    pub(super) fn lost(&mut self) -> u64 {
        let counted = self.rings.iter_mut().map(|ring| {
            let counter: &mut Counter = ring.as_counter_mut();
            counter.read_full().ok().and_then(|data| data.lost()).unwrap_or(0)
        });
        self.told.max(counted.sum())
    }
}

/// The sizes to try, on so many cores.
fn sizes(settings: &Settings) -> Vec<(usize, u32)> {
    let (least, most) = (SIZES[3].0, RINGS_BYTES / settings.cpus.len().max(1));
    // A ring has a power of two of pages.
    let most = 1 << most.max(least).ilog2();
    match settings.sizes {
        Some(sizes) => vec![sizes],
        None if cfg!(target_arch = "x86_64") => {
            SIZES.map(|(ring_bytes, stack_bytes)| (ring_bytes.min(most), stack_bytes)).to_vec()
        }
        None => vec![SIZES[3]],
    }
}

/// The time of the record that is next in a ring, and stays in it; such without one are passed over.
fn next_time(ring: &mut Sampler) -> Option<u64> {
    loop {
        let raw = ring.next_record()?;
        let time = record::time(raw.ty(), &raw.to_contiguous());
        if time.is_some() {
            // A record that is dropped has been taken out.
            mem::forget(raw);
            return time;
        }
    }
}

fn builder(pid: u32, cpu: usize, settings: &Settings, wish: Wish) -> Builder<'static> {
    let mut builder = Builder::new(Software::DUMMY);
    builder.attrs_mut().type_ = settings.event.kind;
    builder.attrs_mut().config = settings.event.config;
    builder
        .observe_pid(pid.cast_signed())
        .one_cpu(cpu)
        .inherit(true)
        .enable_on_exec(true)
        .exclude_kernel(!wish.kernel)
        .sample(SampleFlag::TID | SampleFlag::TIME | SampleFlag::PERIOD | SampleFlag::CALLCHAIN)
        .sample_frequency(settings.rate_hz)
        // The clock of the regions, so that samples can be told to lie in one.
        .clockid(Clock::MONOTONIC)
        .sample_id_all(true)
        .mmap(true)
        .mmap2(true)
        .comm(true)
        .comm_exec(true)
        .task(true)
        .read_format(if wish.count_lost { ReadFormat::LOST } else { ReadFormat::empty() });
    if wish.stack_bytes > 0 {
        builder.sample(SampleFlag::REGS_USER | SampleFlag::STACK_USER);
        builder.sample_regs_user(REGISTERS).sample_stack_user(wish.stack_bytes);
    }
    builder
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn rings_of_a_machine_with_many_cores_are_smaller_and_never_too_small_for_a_sample() {
        for (cores, largest) in [(1, 8 << 20), (64, 8 << 20), (100, 4 << 20), (8192, 128 << 10)] {
            let settings = Settings { cpus: (0..cores).collect(), ..Settings::default() };
            let tried = sizes(&settings);
            for (ring_bytes, stack_bytes) in &tried {
                assert!(ring_bytes.is_power_of_two() && ring_bytes / 2 > *stack_bytes as usize);
            }
            if cfg!(target_arch = "x86_64") {
                assert_eq!(tried.iter().map(|(ring_bytes, _)| *ring_bytes).max(), Some(largest));
            }
        }
    }

    /// Held in a `read` until its rings are open; its work begins with an exec. About a second.
    const WORK: &str = "read go; exec sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'";

    /// Nobody empties these rings while the program runs, so that they overflow on every machine.
    #[test]
    fn what_fits_into_a_ring_is_kept_and_the_rest_is_counted() {
        const RING_BYTES: usize = 8 << 10;
        let mut sh = Command::new("sh");
        let mut child = sh.args(["-c", WORK]).stdin(Stdio::piped()).spawn().unwrap();
        let settings = Settings { sizes: Some((RING_BYTES, 0)), ..Settings::default() };
        let rings = Rings::open(child.id(), &settings);
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        assert!(child.wait().unwrap().success());
        let Ok(mut rings) = rings else {
            assert!(std::env::var_os("CI").is_none(), "under CI this must not be skipped");
            return;
        };
        let (mut samples, mut mapped, mut last) = (0, 0, 0);
        rings.drain(u64::MAX, |time, record| match record {
            Record::Sample(_) => {
                assert!(last <= time, "{time} after {last}");
                (samples, last) = (samples + 1, time);
            }
            Record::Mapped { .. } => mapped += 1,
            _ => {}
        });
        assert!(samples >= 10 && mapped > 0, "{samples} samples, {mapped} mappings");
        assert!(rings.lost() > 0, "none lost, {samples} kept");
    }
}

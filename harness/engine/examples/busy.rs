//! A process that does what it is told, so that the tests of the counters know what to expect.
//!
//! Each line on standard input is one order; the answer is a line with the CPU time of this process
//! during it, in ns. Arguments are orders too, executed at once (`busy "spin 2 20"`). Not for use.

use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

const PAGE: usize = 4_096;

fn main() -> anyhow::Result<()> {
    let mut pool = Pool::default();
    let orders: Vec<String> = std::env::args().skip(1).collect();
    if !orders.is_empty() {
        for order in orders {
            obey(&order, &mut pool)?;
        }
        return Ok(());
    }
    for order in std::io::stdin().lock().lines() {
        let before = cpu_ns();
        obey(&order?, &mut pool)?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", cpu_ns() - before)?;
        out.flush()?;
    }
    pool.end();
    Ok(())
}

/// What outlives an order.
#[derive(Default)]
struct Pool {
    threads: Vec<Sender<Duration>>,
    done: Option<Receiver<()>>,
    children: Vec<Child>,
    rayon: Option<rayon::ThreadPool>,
}

impl Pool {
    fn grow(&mut self, threads: u64) {
        let (done, receiver) = channel();
        self.done = Some(receiver);
        for _ in 0..threads {
            let (sender, orders) = channel();
            let done = done.clone();
            self.threads.push(sender);
            thread::spawn(move || {
                for time in orders {
                    spin(time);
                    // The main thread has gone: so does this one.
                    if done.send(()).is_err() {
                        break;
                    }
                }
            });
        }
    }

    fn spin(&self, time: Duration) -> anyhow::Result<()> {
        for thread in &self.threads {
            thread.send(time)?;
        }
        for (_, done) in self.threads.iter().zip(self.done.iter().cycle()) {
            done.recv()?;
        }
        Ok(())
    }

    /// All threads of a rayon pool, which lives on after the first such order.
    fn spin_rayon(&mut self, threads: u64, time: Duration) -> anyhow::Result<()> {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(threads as usize);
        let pool = match self.rayon.take() {
            Some(pool) => pool,
            None => builder.build()?,
        };
        self.rayon.insert(pool).broadcast(|_| spin(time));
        Ok(())
    }

    fn end(&mut self) {
        for child in &mut self.children {
            // It may have ended by itself; then there is nothing to end.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn obey(order: &str, pool: &mut Pool) -> anyhow::Result<()> {
    let mut words = order.split_whitespace();
    let name = words.next().unwrap_or_default();
    let numbers = words.map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    match (name, numbers.as_slice()) {
        ("spin", &[threads, ms]) => spin_threads(threads, Duration::from_millis(ms)),
        ("burst", &[rounds, threads]) => {
            for _ in 0..rounds {
                spin_threads(threads, Duration::from_micros(500));
            }
        }
        ("pool", &[threads]) => pool.grow(threads),
        ("work", &[ms]) => pool.spin(Duration::from_millis(ms))?,
        ("rayon", &[threads, ms]) => pool.spin_rayon(threads, Duration::from_millis(ms))?,
        ("count", &[millions]) => count(millions * 1_000_000),
        ("touch", &[pages]) => drop(touched(pages as usize * PAGE)),
        ("sleep", &[ms]) => thread::sleep(Duration::from_millis(ms)),
        ("child", &[ms]) => {
            me(&format!("spin 1 {ms}"))?.wait()?;
        }
        ("hold", &[mib]) => pool.children.push(holder(mib)?),
        ("keep", &[mib, ms]) => {
            let memory = touched((mib as usize) << 20);
            let mut out = std::io::stdout();
            writeln!(out, "holding")?;
            out.flush()?;
            thread::sleep(Duration::from_millis(ms));
            drop(memory);
        }
        _ => anyhow::bail!("unknown order `{order}`"),
    }
    Ok(())
}

/// A child that holds memory until it is ended; returns when it does.
fn holder(mib: u64) -> anyhow::Result<Child> {
    let mut child = me(&format!("keep {mib} 60000"))?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no pipe"))?;
    std::io::BufReader::new(stdout).read_line(&mut line)?;
    Ok(child)
}

fn me(order: &str) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?).arg(order).stdout(Stdio::piped()).spawn()
}

fn spin_threads(threads: u64, time: Duration) {
    let all: Vec<_> = (0..threads).map(|_| thread::spawn(move || spin(time))).collect();
    for one in all {
        // OK because a spinning thread cannot panic.
        one.join().expect("a thread that spins");
    }
}

/// Spins until this thread has had this much CPU time, however busy the machine is.
fn spin(time: Duration) {
    let end = thread_ns() + time.as_nanos() as u64;
    while thread_ns() < end {
        for _ in 0..1_000 {
            std::hint::spin_loop();
        }
    }
}

/// The same instructions each time, some per turn.
fn count(turns: u64) {
    let mut number = 1_u64;
    for turn in 0..turns {
        number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005) ^ turn);
    }
}

/// Fresh memory with every page written once.
fn touched(bytes: usize) -> Vec<u8> {
    let mut memory = vec![0_u8; bytes];
    for page in memory.chunks_mut(PAGE) {
        page[0] = 1;
    }
    std::hint::black_box(memory)
}

fn cpu_ns() -> u64 {
    clock::ns(clock::PROCESS)
}

fn thread_ns() -> u64 {
    clock::ns(clock::THREAD)
}

#[cfg(target_os = "linux")]
mod clock {
    use rustix::time::{ClockId, clock_gettime};

    pub(crate) const PROCESS: ClockId = ClockId::ProcessCPUTime;
    pub(crate) const THREAD: ClockId = ClockId::ThreadCPUTime;

    pub(crate) fn ns(clock: ClockId) -> u64 {
        let time = clock_gettime(clock);
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }
}

/// The tests run on Linux alone; elsewhere this only has to build, and time on the clock will do.
#[cfg(not(target_os = "linux"))]
mod clock {
    pub(crate) const PROCESS: () = ();
    pub(crate) const THREAD: () = ();

    pub(crate) fn ns(_clock: ()) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |time| time.as_nanos() as u64)
    }
}

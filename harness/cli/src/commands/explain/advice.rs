//! What each metric is good for and where it misleads, one entry per metric of
//! `record::metrics::ALL` and `reports::derived::DERIVED`, in their order (a test compares).
//!
//! Read by `dyno explain`. The facts about sources are those of `docs/counters.md`.

/// Advice on one metric.
pub(super) struct Advice {
    /// Its name.
    pub(super) metric: &'static str,
    /// Where it comes from; empty for a derived metric, whose formula says it.
    source: &'static str,
    /// What it is good for.
    good_for: &'static str,
    /// Where it misleads.
    careful: &'static str,
}

impl Advice {
    pub(super) fn text(&self) -> String {
        let source = match self.source {
            "" => String::new(),
            source => format!("source:    {source}\n"),
        };
        format!("{source}good for:  {}\ncareful:   {}\n", self.good_for, self.careful)
    }
}

macro_rules! advice {
    ($($metric:literal: $source:literal, $good_for:literal, $careful:literal;)+) => {
        /// All of it.
        pub(super) const ADVICE: &[Advice] = &[$(Advice {
            metric: $metric,
            source: $source,
            good_for: $good_for,
            careful: $careful,
        }),+];
    };
}

advice! {
    "wall_time":
        "workload (a worker's own clock around the work) or harness (a command, from exec to its \
         last process)",
        "the verdict: it is what somebody waits for",
        "everything else on the machine is in it; a command's includes its start, a worker's does \
         not, so hold only like against like";
    "cpu_time": "software (perf task clock); process (wait4) for a command where perf is refused",
        "what the work costs when cores are shared; less touched by other programs than the time \
         on the clock",
        "waiting is not in it, so faster parallel code may show more of it; the last steps of a \
         thread's exit, some 30 us, are missing";
    "worker_cpu_time": "workload (the worker's process clock)",
        "CPU time where perf is refused, and a check of cpu_time",
        "child processes are not in it";
    "rows": "workload (what it reports, or a number picked from a command's output)",
        "the size of the work, and the base of every rate per row",
        "dyno checks that the answer has rows, not that the work counted them honestly; a row \
         means what the workload says it means";
    "bytes_in": "workload (what it reports, or a number picked from a command's output)",
        "the base of bytes_per_second, and the size of inputs",
        "logical bytes as the workload counts them; read_bytes says what went through system calls";
    "bytes_out": "workload (what it reports, or a number picked from a command's output)",
        "the size of what was produced: shows at once when an encoding or a compression changed",
        "logical bytes as the workload counts them; written_bytes says what went through system \
         calls";
    "peak_rss": "process (/proc with its peak reset before each sample; wait4 for commands)",
        "how much memory a machine needs for this work",
        "the kernel adds it up roughly, expect an error of some 100 KiB; of several processes \
         only the largest counts; memory that an allocator keeps from an earlier sample is in it";
    "peak_rss_sum": "process (/proc; workers only)",
        "memory of work that uses several processes",
        "an upper bound: the peaks need not fall together and shared pages count twice; a child \
         that ends inside the sample is missing";
    "page_faults": "software (perf)",
        "finds memory that is allocated and given back again and again, often the hidden cost of \
         large buffers",
        "most are minor and cheap; see major_faults for those that waited";
    "minor_faults": "software (perf) and process (/proc, wait4); two series, never mixed",
        "first touches of fresh memory: reusing buffers makes them vanish",
        "their price differs with the page size: huge pages give few and expensive ones";
    "major_faults": "software (perf) and process (/proc, wait4); two series, never mixed",
        "says that a sample waited for storage: a cold page cache, or swapping",
        "memory-mapped input counts here on its first pass only; warm-ups hide it";
    "context_switches": "software (perf)",
        "threads that wait for each other, locks, queues that are too short",
        "needs a kernel that may be counted; unavailable at kernel.perf_event_paranoid 2 and \
         above without the capability";
    "voluntary_switches": "process (/proc, wait4)",
        "how often the work waited: for a lock, a queue, or I/O",
        "for workers a lower bound: what a thread did between the last read and its end is missing";
    "involuntary_switches": "process (/proc, wait4)",
        "the first look when samples scatter: other programs wanted the core, or there are more \
         threads than cores",
        "for workers a lower bound, as voluntary_switches";
    "cpu_migrations": "software (perf)",
        "explains scatter on machines with several caches or sockets; --pin removes it",
        "needs a kernel that may be counted; a few per sample are normal";
    "read_bytes": "process (/proc/PID/io; workers only)",
        "what the work really reads, beside what it says it reads",
        "cached or not, and the worker's own protocol lines are in it; memory-mapped files are not";
    "written_bytes": "process (/proc/PID/io; workers only)",
        "what the work really writes: temporary files and rewrites show here",
        "bytes given to the kernel, not bytes on a disk; the worker's own protocol lines are in it";
    "storage_read_bytes": "process (/proc/PID/io, wait4)",
        "tells a warm page cache (0) from a cold one; output.evict makes it cold on purpose",
        "0 on tmpfs and on some network file systems";
    "storage_written_bytes": "process (/proc/PID/io, wait4)",
        "what will have to reach the storage because of this work",
        "counted when a page becomes dirty, so the writing itself may fall into a later moment; 0 \
         on tmpfs";
    "user_time": "process (/proc, wait4)",
        "with system_time: where the CPU time goes, into the program or into the kernel",
        "moves in ticks of 10 ms for workers; an explanation, never a verdict";
    "system_time": "process (/proc, wait4)",
        "large beside user_time: look at page faults, small reads and writes, and locks",
        "moves in ticks of 10 ms for workers; an explanation, never a verdict";
    "cycles": "hardware (perf)",
        "CPU work without the clock frequency in it: steadier than time on a machine that changes \
         its frequency",
        "needs a PMU, which most virtual machines hide; scaled, and thereby an estimate, where \
         counters take turns";
    "instructions": "hardware (perf)",
        "the steadiest number of all: finds a change of a thousandth that no clock shows",
        "fewer instructions are not less time: see cycles and ipc";
    "cache_references": "hardware (perf)",
        "the base of cache_miss_rate",
        "what counts as a reference differs between CPUs; never compare two machines by it";
    "cache_misses": "hardware (perf)",
        "work that waits for memory: layouts, batch sizes, tables that have outgrown the cache",
        "prefetched lines may be missing, and CPUs differ in what they count";
    "branches": "hardware (perf)",
        "the base of branch_miss_rate",
        "falls when loops are unrolled or vectorised, which says nothing about misprediction";
    "branch_misses": "hardware (perf)",
        "finds decisions on random data: sorting the input, or arithmetic in place of a branch, \
         removes them",
        "a worker that repeats the same input teaches the predictor; small inputs look better \
         than they are";
    "stalled_cycles_frontend": "hardware (perf), where the suite chooses it",
        "tells code that is too large or too branchy to be fetched in time",
        "CPUs count very different things under this name, and many have none";
    "stalled_cycles_backend": "hardware (perf), where the suite chooses it",
        "tells work that waits for memory or for a busy unit",
        "CPUs count very different things under this name, and many have none";
    "l1d_loads": "hardware (perf), where the suite chooses it",
        "the base of l1d_miss_rate",
        "what counts as a load differs between CPUs";
    "l1d_load_misses": "hardware (perf), where the suite chooses it",
        "data that lies too far apart: layouts, strides",
        "most are answered by the next level and cost little: see cache_misses";
    "llc_loads": "hardware (perf), where the suite chooses it",
        "the base of llc_miss_rate",
        "loads alone, where cache_references counts more";
    "llc_load_misses": "hardware (perf), where the suite chooses it",
        "loads that waited for memory",
        "prefetched lines are missing, and some CPUs have no such event";
    "dtlb_loads": "hardware (perf), where the suite chooses it",
        "the base of dtlb_miss_rate",
        "on many CPUs the same as l1d_loads, or not there";
    "dtlb_load_misses": "hardware (perf), where the suite chooses it",
        "random access over much memory: huge pages make them vanish",
        "some CPUs count those alone that the second TLB did not know either";
    "l1i_misses": "simulated",
        "tells code that is too large for its cache: many generics, much inlining",
        "the simulated CPU prefetches nothing";
    "l1d_references": "simulated",
        "how much data the work touches, whatever the cache",
        "one wide access and one narrow access count the same";
    "l1d_misses": "simulated",
        "data that lies too far apart",
        "depends on the cache sizes that the suite states; the simulated CPU prefetches nothing";
    "estimated_cycles": "simulated",
        "one number for instructions, caches and branches, the same on every machine",
        "a formula and no measurement: no parallelism inside the CPU, no waiting, no kernel";
    "allocations": "allocation (the counting allocator of the worker)",
        "the cheapest way to less work; nearly exact, so small changes show",
        "memory that C libraries take for themselves is not in it";
    "reallocations": "allocation (the counting allocator of the worker)",
        "tells buffers that grow step by step: reserve what they will hold",
        "a resize in place is cheap, one that moves the block copies it";
    "allocated_bytes": "allocation (the counting allocator of the worker)",
        "how much memory goes through the allocator, however short it lives",
        "bytes asked for: the allocator may take more";
    "peak_heap": "allocation (the counting allocator of the worker)",
        "what the work needs at its largest moment, without code, stacks and caches",
        "with several threads it depends on which of them are busy together";
    "cpu_pressure": "machine (/proc/pressure/cpu, before and after)",
        "says that somebody waited for a core: other load, or more threads than cores",
        "the measured work's own threads that wait are in it, and so is everything else that runs";
    "memory_pressure": "machine (/proc/pressure/memory, before and after)",
        "says that the machine was short of memory, so that times are those of reclaiming",
        "of the whole machine, not of the work alone";
    "io_pressure": "machine (/proc/pressure/io, before and after)",
        "says that somebody waited for storage, for instance writeback of an earlier sample",
        "work that does I/O waits itself: hold it against the other samples of the case";
    "steal": "machine (/proc/stat, before and after, mean over the cores)",
        "the first thing to reject samples by on a shared host: `reject = \"steal > 1%\"`",
        "moves in ticks of 10 ms by the number of cores, so a short sample has 0 or much; 0 on \
         bare metal, and where the host does not tell";
    "frequency": "machine (cpufreq, after the work)",
        "explains samples that are all a little faster or slower",
        "one look at the end, at the fastest core; virtual machines rarely show it";
    "exit_code": "process (wait4; commands with ignore_failure only)",
        "tells samples that ended well from those that did not, where both are counted",
        "a sample that gave up early is short: compare times only among equal exit codes";
    "rows_per_second": "",
        "the throughput that people quote",
        "rows of two workloads are two things; say the row's width beside it";
    "bytes_per_second": "",
        "throughput against what memory or a disk could do",
        "logical bytes by time on the clock: with a warm page cache it says nothing about a disk";
    "time_per_row": "",
        "the price of one row: costs of stages add up, throughputs do not",
        "on the clock, so more threads make it smaller without making a row cheaper";
    "cores_busy": "",
        "whether more threads could help: near the number of cores, no; near 1, something is \
         serial",
        "spinning counts as work";
    "ipc": "",
        "tells waiting for memory (well below 1) from computing (2 and more)",
        "higher is not faster: a vectorised loop may have fewer instructions per cycle and be \
         done earlier";
    "ghz": "",
        "whether the CPU was throttled or boosted while the work ran",
        "needs a kernel that may be counted; turbo makes it differ between cases that use one core \
         and cases that use all";
    "cache_miss_rate": "",
        "whether a working set fits the last-level cache",
        "a rate of few references is no problem: look at cache_misses too";
    "branch_miss_rate": "",
        "whether the CPU can guess where the work goes next",
        "a rate of few branches is no problem: look at branch_misses too";
    "l1d_miss_rate": "",
        "whether what is used together lies together",
        "a rate of few loads is no problem: look at l1d_load_misses too";
    "llc_miss_rate": "",
        "whether a working set fits the last-level cache, by loads alone",
        "prefetching hides misses: see cache_miss_rate";
    "dtlb_miss_rate": "",
        "whether the work jumps over more memory than the TLB covers",
        "a rate of few loads is no problem: look at dtlb_load_misses too";
    "frontend_stalls": "",
        "how much of the time the CPU had nothing to start",
        "counted differently by each CPU: hold cases of one machine against each other";
    "backend_stalls": "",
        "how much of the time the CPU waited for data or for a unit",
        "counted differently by each CPU: hold cases of one machine against each other";
    "cpu_time_per_row": "",
        "the price of one row in CPU time, whatever the number of threads",
        "waiting is not in it";
    "instructions_per_row": "",
        "compares cases of different sizes; where simulated, it hardly moves between runs",
        "fewer instructions can be slower ones";
    "cycles_per_row": "",
        "the price of one row without the clock frequency in it",
        "needs a PMU";
    "estimated_cycles_per_row": "",
        "one number per row for instructions, caches and branches of a simulated CPU",
        "a formula and no measurement";
    "l1d_misses_per_row": "",
        "data that lies too far apart",
        "depends on the size of the case: small inputs fit the cache";
    "cache_misses_per_row": "",
        "tells work that waits for memory",
        "depends on the size of the case: small inputs fit the cache";
    "branch_misses_per_row": "",
        "tells decisions that the CPU cannot foresee",
        "small inputs are learnt by heart";
    "page_faults_per_row": "",
        "memory that is taken from the kernel again and again, by rows",
        "what is touched once per run is in it too, spread over the rows";
    "allocations_per_row": "",
        "what one row costs the allocator; a buffer that is reused shows as the allocations it saves",
        "what is allocated once per run is in it too, spread over the rows";
    "reallocations_per_row": "",
        "buffers that grow while a row is made",
        "what is resized once per run is in it too, spread over the rows";
    "allocated_bytes_per_row": "",
        "how much memory one row takes on its way",
        "bytes asked for, however short they live";
    "peak_heap_per_row": "",
        "whether the work holds its rows: the same at every size where it does, falling where it streams",
        "what is held once per run is in it too, spread over the rows";
    "written_bytes_per_row": "",
        "what one row takes on its way out, temporary files and rewrites included",
        "the worker's own protocol lines are in it: small inputs look fatter than they are";
    "time_per_byte": "",
        "the price of one byte: compares work on rows of different widths",
        "of the bytes that the work says it read, or wrote where it reads none";
    "cpu_time_per_byte": "",
        "the price of one byte in CPU time, whatever the number of threads",
        "waiting is not in it";
    "instructions_per_byte": "",
        "parsers and codecs are compared by it",
        "wide instructions do more bytes each: see cycles_per_byte";
    "cycles_per_byte": "",
        "the number that codecs are quoted by",
        "needs a PMU";
    "cache_misses_per_byte": "",
        "near 1/64 every line is fetched from memory once; far above, more than once",
        "prefetched lines may be missing";
    "allocations_per_byte": "",
        "allocations of work whose rows differ in width",
        "of the bytes that the work says it read, or wrote where it reads none";
}

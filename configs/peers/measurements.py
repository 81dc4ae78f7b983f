#!/usr/bin/env python3
"""Peers of the workload `aggregation`: the same file, the same answer, other programs.

Engines, and the three programs of the study "Optimising Parallel Python and the Billion Row
Challenge", written anew from its description. Every engine computes smallest, largest, sum and
count; the mean is rounded here, for a few hundred rows, by the challenge's rule and not by how a
language prints floats. Engines and pools are started in `prepare`.

`input` says what an engine reads: the text, a Parquet file that Polars makes of it, or a table in
memory. `work` tells loading and querying apart: what is not measured happens in `prepare` or `check`.
`profiler` runs the work under Python's own profiler, as the study did with its programs. That sees the
calling thread alone; with `workers = 1` the third program has no other, as where the study profiled it.
"""

import cProfile
import math
import multiprocessing
import os
import shutil
import tempfile

import serve
import xxhash

ENGINES = {
    "polars": "scan_csv, group_by, the streaming engine",
    "duckdb": "read_csv, group by",
    "datafusion": "the wheel, read_csv, group by",
    "sqlite": "a table of Python's own module, group by",
    "loop": "the study's first program: one loop",
    "batches": "its second: lists of lines for a pool of processes",
    "parts": "its third: byte ranges, one after the other or for a pool of processes",
}
PROGRAMS = ("loop", "batches", "parts")
PROFILERS = {"none": "as it is", "cProfile": "under Python's profiler; for the three programs"}

INPUTS = {
    "text": "the file of measurements",
    "parquet": "Parquet without statistics, made of it by Polars",
    "parquet_statistics": "Parquet with statistics, made of it by Polars",
    "table": "a table in memory; engine = duckdb and sqlite",
}
QUERY = "select s, min(v), max(v), sum(v), count(*) from {} group by s"
WORKS = {
    "query": "the aggregation alone",
    "load": "making the input of the text alone",
}


class Measurements:
    SPEC = {
        "name": "measurements-peer",
        "about": "aggregates the file of measurements with another program",
        "params": [
            serve.choice("engine", "which program", ENGINES, "polars"),
            serve.choice("input", "what it reads; text alone for the three programs", INPUTS, "text"),
            serve.choice("work", "what is measured", WORKS, "query"),
            serve.integer("rows", "lines of the file", 1, 1_000_000_000, 1_000_000),
            serve.integer("stations", "stations in it", 1, 10_000, 413),
            serve.integer("workers", "threads or processes", 1, 1024, os.cpu_count()),
            serve.integer(
                "splits", "byte ranges of engine = parts; not stated: as long as the study's",
                1, 1_000_000, None,
            ),
            serve.integer("take", "ranges that a process takes at a time; the study: 10", 1, 10_000, 1),
            serve.choice("profiler", "whether the work is profiled", PROFILERS, "none"),
        ],
    }

    def __init__(self, params, seed):
        rows, stations = params["rows"], params["stations"]
        data = os.environ.get("DYNO_DATA") or os.path.join(tempfile.gettempdir(), "dyno-data")
        name = f"measurements-v2-rows{rows}-seed{seed}-stations{stations}.txt"
        self.path = os.path.join(data, name)
        if not os.path.exists(self.path + ".xxh3"):
            hint = f"dyno data build measurements --seed {seed} --set rows={rows}"
            raise FileNotFoundError(f"{self.path}; `{hint} --set stations={stations}` makes it")
        self.rows, self.bytes = rows, os.path.getsize(self.path)
        self.group = f"measurements rows={rows} seed={seed} stations={stations}"
        self.pool = self.folder = None
        self.input, self.work, engine = params["input"], params["work"], params["engine"]
        known = {
            "polars": ("text", "parquet", "parquet_statistics"),
            "duckdb": tuple(INPUTS),
            "sqlite": ("table",),
        }
        if self.input not in known.get(engine, ("text",)):
            raise ValueError(f"engine = {engine} does not read input = {self.input}")
        if self.work == "load" and self.input == "text":
            raise ValueError("work = load needs another input than text")
        if params["profiler"] != "none" and engine not in PROGRAMS:
            raise ValueError(f"engine = {engine} is not profiled; {', '.join(PROGRAMS)} are")
        self.workers = params["workers"]
        os.environ["POLARS_MAX_THREADS"] = str(self.workers)
        if self.input.startswith("parquet"):
            self.folder = tempfile.mkdtemp(prefix="measurements-peer-")
            self.parquet = os.path.join(self.folder, "measurements.parquet")
            if self.work == "query":
                self.make_parquet()
        # The study has 5,000 ranges of a billion rows.
        self.splits = params["splits"] or max(1, rows // 200_000)
        self.take = params["take"]
        self.aggregate = getattr(self, engine)(self.workers)
        if params["profiler"] == "cProfile":
            self.aggregate = profiled(self.aggregate)
        if self.input == "table" and self.work == "query":
            self.make_table()

    def make_parquet(self):
        import polars

        schema = {"s": polars.String, "v": polars.Float64}
        lines = polars.scan_csv(
            self.path, separator=";", has_header=False, schema=schema, quote_char=None
        )
        lines.sink_parquet(self.parquet, statistics=self.input == "parquet_statistics")

    def run(self):
        if self.work == "load":
            self.make_table() if self.input == "table" else self.make_parquet()
        else:
            self.result = self.aggregate()
        return {"rows": self.rows, "bytes_in": self.bytes}

    def check(self):
        if self.work == "load":
            self.result = self.aggregate()
        counted = sum(count for *_, count in self.result)
        if counted != self.rows:
            raise ValueError(f"{self.rows} rows asked for, {counted} aggregated")
        lines = []
        for name, low, high, total, count in sorted(self.result, key=lambda row: row[0].encode()):
            # Tenths are whole numbers; a sum of floats is off by far less than half of one.
            tenths = [round(10 * low), (2 * round(10 * total) + count) // (2 * count), round(10 * high)]
            lines.append(f"{name}=" + "/".join(map(decimal, tenths)))
        text = "{" + ", ".join(lines) + "}"
        digest = f"text={xxhash.xxh3_64_hexdigest(text.encode())}"
        return {"rows": len(lines), "digest": digest, "group": self.group}

    def close(self):
        if self.pool:
            self.pool.terminate()
        if self.folder:
            shutil.rmtree(self.folder)

    def polars(self, _):
        import polars

        schema = {"s": polars.String, "v": polars.Float64}
        value = polars.col("v")

        def aggregate():
            if self.input == "text":
                lines = polars.scan_csv(
                    self.path, separator=";", has_header=False, schema=schema, quote_char=None
                )
            else:
                lines = polars.scan_parquet(self.parquet)
            total = value.sum().alias("t"), polars.len().alias("n")
            query = lines.group_by("s").agg(value.min().alias("l"), value.max().alias("h"), *total)
            return query.collect(engine="streaming").rows()

        return aggregate

    def duckdb(self, workers):
        import duckdb

        connection = duckdb.connect(config={"threads": workers})
        text = f"""read_csv('{self.path}', delim = ';', header = false, quote = '', escape = '',
            auto_detect = false, columns = {{'s': 'VARCHAR', 'v': 'DOUBLE'}})"""
        load = f"create or replace table lines as select * from {text}"
        self.make_table = lambda: connection.sql(load)
        lines = {"text": text, "table": "lines"}.get(self.input) or f"'{self.parquet}'"
        return lambda: connection.sql(QUERY.format(lines)).fetchall()

    def sqlite(self, _):
        import sqlite3

        connection = sqlite3.connect(":memory:")

        def make_table():
            connection.execute("drop table if exists lines")
            connection.execute("create table lines (s text, v real)")
            with open(self.path, encoding="utf-8", newline="\n") as lines:
                rows = (line.rstrip("\n").split(";") for line in lines)
                connection.executemany("insert into lines values (?, ?)", rows)
            connection.commit()

        self.make_table = make_table
        return lambda: connection.execute(QUERY.format("lines")).fetchall()

    def datafusion(self, workers):
        import datafusion
        import pyarrow

        config = datafusion.SessionConfig().with_target_partitions(workers)
        context = datafusion.SessionContext(config)
        schema = pyarrow.schema([("s", pyarrow.string()), ("v", pyarrow.float64())])
        context.register_csv(
            "lines", self.path, schema=schema, has_header=False, delimiter=";",
            file_extension=".txt",
        )
        def aggregate():
            batches = context.sql(QUERY.format("lines")).collect()
            table = pyarrow.Table.from_batches(batches)
            return list(zip(*(column.to_pylist() for column in table.columns)))

        return aggregate

    def loop(self, _):
        def aggregate():
            with open(self.path, encoding="utf-8", newline="\n") as lines:
                return rows_of(add_lines(lines))

        return aggregate

    def batches(self, workers):
        self.pool = multiprocessing.Pool(workers)

        def batched():
            with open(self.path, encoding="utf-8", newline="\n") as lines:
                batch = []
                for line in lines:
                    batch.append(line)
                    if len(batch) == 250_000:
                        yield batch
                        batch = []
                yield batch

        return lambda: rows_of(combine(self.pool.imap_unordered(add_lines, batched())))

    def parts(self, workers):
        splits, take = self.splits, self.take
        edges = [self.bytes * split // splits for split in range(splits + 1)]
        jobs = [(self.path, start, end) for start, end in zip(edges, edges[1:])]
        if workers == 1:
            return lambda: rows_of(combine(map(add_part, jobs)))
        self.pool = multiprocessing.Pool(workers)
        return lambda: rows_of(combine(self.pool.imap_unordered(add_part, jobs, chunksize=take)))


def profiled(work):
    """The work under a profiler of its own each time; what it found is dropped."""
    return lambda: cProfile.Profile().runcall(work)


def add_lines(lines):
    """The slow bit: a list of smallest, largest, sum and count per name."""
    stations = {}
    for line in lines:
        name, value = line.split(";")
        value = float(value)
        known = stations.get(name)
        if known is None:
            stations[name] = [value, value, value, 1]
        else:
            known[0] = min(known[0], value)
            known[1] = max(known[1], value)
            known[2] += value
            known[3] += 1
    return stations


def add_part(job):
    """The lines that begin in a range of bytes: all values of a name in a list, then the numbers."""
    path, start, end = job
    with open(path, "rb") as file:
        if start > 0:
            # Behind the line that holds the byte before.
            file.seek(start - 1)
            file.readline()
        start = file.tell()
        if start >= end:
            return {}
        text = file.read(end - start)
        if not text.endswith(b"\n"):
            text += file.readline()
    values = {}
    for line in text.removesuffix(b"\n").split(b"\n"):
        name, value = line.split(b";")
        values.setdefault(name, []).append(value)
    stations = {}
    for name, texts in values.items():
        floats = list(map(float, texts))
        stations[name.decode()] = [min(floats), max(floats), math.fsum(floats), len(floats)]
    return stations


def combine(parts):
    stations = {}
    for part in parts:
        for name, (low, high, total, count) in part.items():
            known = stations.setdefault(name, [low, high, 0.0, 0])
            known[0] = min(known[0], low)
            known[1] = max(known[1], high)
            known[2] += total
            known[3] += count
    return stations


def rows_of(stations):
    return [(name, *numbers) for name, numbers in stations.items()]


def decimal(tenths):
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


if __name__ == "__main__":
    serve.serve([Measurements])

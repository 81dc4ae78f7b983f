#!/usr/bin/env python3
"""A peer of the workload `scan`: pyarrow's client of Arrow Flight fetches the same tasks.

The argument is the program `scan`, which serves: planner and workers are those of the workload with
the same parameters. They are started in `prepare`. Clients are started for the query, as the
workload's are; each takes tasks from one queue and fetches a task over a connection of its own.
The digest is computed here from its description in `workloads/scan/src/data.rs`.
"""

import concurrent.futures
import functools
import json
import multiprocessing
import os
import subprocess
import sys

import numpy
import pyarrow
import pyarrow.flight
import serve

# gRPC does not survive a fork, so processes are forked from one that has imported all this and
# nothing more.
FORKS = multiprocessing.get_context("forkserver")
MODES = {
    "threads": "clients are threads",
    "processes": "clients are processes; their rows come back through a pipe",
}
POOLS = {
    "threads": concurrent.futures.ThreadPoolExecutor,
    "processes": functools.partial(concurrent.futures.ProcessPoolExecutor, mp_context=FORKS),
}
TIMEOUT = pyarrow.flight.FlightCallOptions(timeout=10)
ROW_BYTES = 100
WORD = numpy.uint64


def connect(location):
    # Channels of one process to one server would share a connection.
    options = [("grpc.use_local_subchannel_pool", 1)]
    return pyarrow.flight.connect(location, generic_options=options)


def fetch(task):
    """The rows of a task."""
    ticket, location = task
    with connect(location) as worker:
        return worker.do_get(pyarrow.flight.Ticket(ticket), TIMEOUT).read_all()


def mix(bits):
    bits = bits + WORD(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> WORD(30))) * WORD(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> WORD(27))) * WORD(0x94D049BB133111EB)
    return bits ^ (bits >> WORD(31))


def digest(table):
    """The wrapping sum of a hash of each row; all notes have one length."""
    ids, amounts = (table[name].to_numpy().view(WORD) for name in ("id", "amount"))
    hashes = mix(mix(ids) ^ amounts)
    notes = [note.encode() for note in table["note"].to_pylist()]
    (length,) = {len(note) for note in notes}
    for words in numpy.frombuffer(b"".join(notes), WORD).reshape(len(notes), length // 8).T:
        hashes = mix(hashes ^ words)
    return f"rows={int(numpy.add.reduce(mix(hashes ^ WORD(length)))):016x}"


class Scan:
    SPEC = {
        "name": "scan-peer",
        "about": "scans the table through the same servers with pyarrow's client",
        "params": [
            serve.integer("rows", "rows of the table", 1, 1_000_000_000, 320_000),
            serve.integer("split_rows", "rows of a task", 1, 1_000_000_000, 2_500),
            serve.integer("clients", "that fetch tasks at once", 1, 1024, 2 * os.cpu_count()),
            serve.choice("mode", "what a client is", MODES, "threads"),
            serve.integer("workers", "of the cluster", 1, 64, 4),
            serve.integer("slots", "tasks that a worker runs at once", 1, 1024, 16),
            serve.duration("latency", "what a task waits", 0, 60_000_000_000, 46_000_000),
            serve.size("bandwidth", "of the link, a second", 1_000, 1_000_000_000_000, 125_000_000),
        ],
    }
    program = None

    def __init__(self, params, seed):
        self.clients, self.mode = params["clients"], params["mode"]
        self.rows, self.group = params["rows"], f"scan seed={seed} rows={params['rows']}"
        query = {"seed": seed, "rows": self.rows, "split_rows": params["split_rows"]}
        command = json.dumps(query | {"max_task_count": None})
        self.query = pyarrow.flight.FlightDescriptor.for_command(command)
        self.servers = subprocess.Popen(
            [self.program, "serve", json.dumps(params)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.planner = self.servers.stdout.readline().strip()
        if not self.planner:
            raise ValueError(f"{self.program} serves nothing; its errors are in the output")
        if self.mode == "processes":
            FORKS.set_forkserver_preload(["numpy", "pyarrow.flight", "serve"])
            with self.pool(1) as pool:
                pool.submit(abs, 1).result()

    def pool(self, clients):
        return POOLS[self.mode](clients)

    def run(self):
        self.tables = []
        with connect(self.planner) as planner:
            self.plan = planner.get_flight_info(self.query, TIMEOUT)
        tasks = [(task.ticket.ticket, task.locations[0].uri) for task in self.plan.endpoints]
        with self.pool(min(self.clients, len(tasks))) as pool:
            self.tables.extend(pool.map(fetch, tasks))
        rows = sum(table.num_rows for table in self.tables)
        return {"rows": rows, "bytes_in": rows * ROW_BYTES}

    def check(self):
        table = pyarrow.concat_tables(self.tables)
        if table.num_rows != self.rows or table.schema != self.plan.schema:
            found = f"{table.num_rows} rows of {table.schema}"
            raise ValueError(f"{self.rows} rows of {self.plan.schema} asked for, {found} received")
        return {"rows": table.num_rows, "digest": digest(table), "group": self.group}

    def close(self):
        """Ends the servers, which serve until their input ends."""
        self.servers.communicate()


if __name__ == "__main__":
    (Scan.program,) = sys.argv[1:]
    serve.serve([Scan])

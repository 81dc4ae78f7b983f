#!/usr/bin/env python3
"""Serves work of this project to dyno: `dyno run dyno-worker.toml` measures it.

The work here sorts numbers. Put yours in its place: what must not be measured goes into
`prepare`, the work into `run`, a look at the result into `check`.
"""
import hashlib
import heapq
import json
import random
import time

# Name and parameters. dyno checks every suite against them before it runs anything.
SPEC = {
    "name": "sort",
    "about": "sorts random numbers",
    "params": [
        {
            "name": "rows",
            "about": "numbers to sort",
            "kind": {"type": "integer", "min": 1, "max": 10_000_000},
            "default": 100_000,
        },
        {
            "name": "algorithm",
            "about": "how they are sorted",
            "kind": {"type": "choice", "values": [{"value": "sorted"}, {"value": "heap"}]},
            "default": "sorted",
        },
    ],
}


def prepare(params, seed):
    """Everything that must not be measured: make or read the input."""
    rng = random.Random(seed)
    numbers = [rng.getrandbits(32) for _ in range(params.get("rows", 100_000))]
    return numbers, params.get("algorithm", "sorted")


def run(numbers, algorithm):
    """The measured region, and nothing else."""
    if algorithm == "sorted":
        return sorted(numbers)
    heap = numbers.copy()
    heapq.heapify(heap)
    return [heapq.heappop(heap) for _ in range(len(heap))]


def check(result):
    """Looks at the result, not at the input: what was lost or is out of order must show."""
    if any(one > other for one, other in zip(result, result[1:])):
        raise ValueError("the numbers are not in order")
    digest = hashlib.sha256(repr(result).encode()).hexdigest()[:16]
    # Cases of one group have to give the same digest.
    return {"rows": len(result), "digest": f"numbers={digest}", "group": f"sort of {len(result)}"}


def timed(job, iterations):
    """The work between two looks at the clocks, as often as dyno asks for it."""
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(iterations):
        result = run(*job)
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    return result, {"wall_ns": wall, "cpu_ns": cpu, "work": {"rows": len(result) * iterations}}


# Requests come on descriptor 3, replies go to descriptor 4, one JSON object per line each.
requests, replies = open(3), open(4, "w", buffering=1)
reply = {"hello": {"protocol": 1, "workloads": [SPEC]}}
print(json.dumps(reply), file=replies)
for line in requests:
    ((kind, request),) = json.loads(line).items()
    try:
        if kind == "prepare":
            job = prepare(request["params"], request["seed"])
            reply = {"ready": {}}
        elif kind == "run":
            result, done = timed(job, request["iterations"])
            reply = {"done": done}
        elif kind == "check":
            reply = {"answer": check(result)}
        elif kind == "bye":
            break
    except Exception as error:
        reply = {"failed": {"kind": kind, "message": repr(error)}}
    print(json.dumps(reply), file=replies)

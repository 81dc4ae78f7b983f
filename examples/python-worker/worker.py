#!/usr/bin/env python3
"""A dyno worker in Python that counts words; docs/protocol.md explains the lines.

Requests come on descriptor 3, replies go to descriptor 4, one JSON object per line each.
"""
import hashlib, json, random, time
from collections import Counter

WORDS = ["rose", "thorn", "leaf", "root", "seed", "stem", "bud", "petal"]
WORDS_PER_LINE = 8
ROWS = {"type": "integer", "min": 1, "max": 10_000_000}
SPEC = {
    "name": "word-count",
    "about": "counts the words of generated lines",
    "params": [{"name": "rows", "about": "lines", "kind": ROWS, "default": 100_000}],
}


def prepare(params, seed):
    """Everything that must not be measured."""
    rng = random.Random(seed)
    rows = params.get("rows", 100_000)
    return [" ".join(rng.choices(WORDS, k=WORDS_PER_LINE)) for _ in range(rows)]


def run(lines, iterations):
    """The work between two looks at the clocks, and nothing else."""
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(iterations):
        counts = Counter(word for line in lines for word in line.split())
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    work = {"rows": len(lines) * iterations, "bytes_in": sum(map(len, lines)) * iterations}
    return counts, {"wall_ns": wall, "cpu_ns": cpu, "work": work}


def check(counts):
    """What the work really produced: rows that are found in it, and a digest of it."""
    digest = hashlib.sha256(repr(sorted(counts.items())).encode()).hexdigest()[:16]
    return {"rows": sum(counts.values()) // WORDS_PER_LINE, "digest": f"counts={digest}"}


requests, replies = open(3), open(4, "w", buffering=1)
reply = {"hello": {"protocol": 1, "workloads": [SPEC]}}
print(json.dumps(reply), file=replies)
for line in requests:
    ((kind, request),) = json.loads(line).items()
    try:
        if kind == "prepare":
            lines = prepare(request["params"], request["seed"])
            reply = {"ready": {}}
        elif kind == "run":
            counts, done = run(lines, request["iterations"])
            reply = {"done": done}
        elif kind == "check":
            reply = {"answer": check(counts)}
        elif kind == "bye":
            break
    except Exception as error:
        reply = {"failed": {"kind": kind, "message": repr(error)}}
    print(json.dumps(reply), file=replies)

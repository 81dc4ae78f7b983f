"""The worker's side of dyno's protocol (docs/protocol.md), for the peers in this folder.

A peer is a class with a SPEC, made from the parameters and the seed of a `prepare`, with `run()`,
which is measured and returns what is to be reported of the work, and `check()`, which is not.
"""

import json
import time


def serve(peers):
    """Answers requests until the harness says bye."""
    requests, replies = open(3), open(4, "w", buffering=1)
    reply = {"hello": {"protocol": 1, "workloads": [peer.SPEC for peer in peers]}}
    print(json.dumps(reply), file=replies)
    prepared = None
    for line in requests:
        ((kind, request),) = json.loads(line).items()
        try:
            if kind == "bye":
                break
            if kind == "prepare":
                prepared = close(prepared)
                name = request["workload"]
                peer = next(peer for peer in peers if peer.SPEC["name"] == name)
                prepared = peer(with_defaults(peer.SPEC, request["params"]), request["seed"])
                reply = {"ready": {}}
            elif kind == "run":
                reply = {"done": measure(prepared, request["iterations"])}
            elif kind == "check":
                reply = {"answer": prepared.check()}
        except Exception as error:
            reply = {"failed": {"kind": kind, "message": f"{type(error).__name__}: {error}"}}
        print(json.dumps(reply), file=replies)
    close(prepared)


def close(prepared):
    """Ends what a peer has started."""
    if hasattr(prepared, "close"):
        prepared.close()


def with_defaults(spec, params):
    """The parameters, with the declared values where the suite says nothing."""
    defaults = {param["name"]: param["default"] for param in spec["params"] if "default" in param}
    return defaults | params


def measure(prepared, iterations):
    """The work between two looks at the clocks, and nothing else."""
    total = {"rows": 0, "bytes_in": 0}
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(iterations):
        work = prepared.run()
        total = {key: total[key] + work[key] for key in total}
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    return {"wall_ns": wall, "cpu_ns": cpu, "work": total}


def integer(name, about, low, high, default):
    return param(name, about, default, type="integer", min=low, max=high)


def duration(name, about, low, high, default):
    """In nanoseconds."""
    return param(name, about, default, type="duration", min=low, max=high)


def size(name, about, low, high, default):
    """In bytes."""
    return param(name, about, default, type="bytes", min=low, max=high)


def choice(name, about, values, default):
    values = [{"value": v, "about": a} for v, a in values.items()]
    return param(name, about, default, type="choice", values=values)


def param(name, about, default, **kind):
    return {"name": name, "about": about, "kind": kind, "default": default}

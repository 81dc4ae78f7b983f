#!/usr/bin/env python3
"""What the reference (egate.py beside this file) says to known pairs, as CSV on standard output.

    python3 trace.py > trace.csv

One row for each pair: its log ratio, the logarithms of the four e-values after it, and what the
reference with red at 100 and pass at 20 has decided by then in either direction. Needs numpy.
"""
import csv, math, pathlib, sys
import numpy as np
from egate import egate

HERE = pathlib.Path(__file__).parent
UNITS = HERE / "../../fixtures/noise/units_k12.csv"
RED, PASS = 100.0, 20.0


def recorded(source, pin, kernel, metric):
    with open(UNITS) as rows:
        return np.array([float(row["log_ratio_minus_injected"]) for row in csv.DictReader(rows)
                         if (row["source"], row["pin"], row["kernel"], row["metric"])
                         == (source, pin, kernel, metric)])


def series():
    """Name, lo, hi and log ratios."""
    rng = np.random.default_rng(20261125)
    one, three = math.log1p(0.01), math.log1p(0.03)
    signs = lambda n: rng.choice([-1.0, 1.0], n)
    units = recorded("pp1.csv", "free", "parse", "cpu")
    yield "recorded CPU time, identical", one, three, units * signs(units.size)
    yield "recorded CPU time, 3 % more", one, three, units * signs(units.size) + three
    units = recorded("pp2.csv", "free", "hash", "wall")
    yield "recorded wall time, identical", one, three, units * signs(units.size)
    yield "recorded wall time, 5 % less", one, three, units * signs(units.size) - math.log1p(0.05)
    # Longer than the memory of the bets (160) and past the pairs with a new choice each (24).
    yield "heavy tails", one, three, 0.01 + 0.01 * rng.standard_t(2, 200)
    yield "two modes, wide thresholds", 0.0, 0.2, 0.15 * signs(60) + 0.01 * rng.normal(size=60)
    yield "equal pairs", one, three, np.zeros(30)


def traced(x, lo, hi):
    trace, endless = [], np.full((1, x.size), 1.0)
    egate(x[None, :], endless, lo, hi, np.inf, np.inf, np.inf, trace=trace)
    # The reference begins to write when it begins to bet.
    trace = [(np.zeros(1), np.zeros(1))] * (x.size - len(trace)) + trace
    verdict, _, used = egate(x[None, :], endless, lo, hi, RED, PASS, np.inf)
    decided = [verdict[0] if i + 1 >= used[0] else "und" for i in range(x.size)]
    return [(r[0], p[0], d) for (r, p), d in zip(trace, decided)]


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow("series,lo,hi,log_ratio,regressed,not_regressed,decided,"
                 "improved,not_improved,decided_mirrored".split(","))
    for name, lo, hi, x in series():
        for value, up, down in zip(x, traced(x, lo, hi), traced(-x, lo, hi)):
            numbers = [repr(float(n)) for n in (lo, hi, value, up[0], up[1])]
            mirrored = [repr(float(n)) for n in (down[0], down[1])]
            out.writerow([name.replace(",", ";"), *numbers, up[2], *mirrored, down[2]])


main()

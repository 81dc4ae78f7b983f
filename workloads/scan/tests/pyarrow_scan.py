"""A scan by another client of Arrow Flight: plans a query, fetches every task, digests the rows.

Arguments: the planner's location and the query as JSON. Prints the rows and their digest, which is
computed here from its description in `src/data.rs`.
"""

import sys

import numpy
import pyarrow
import pyarrow.flight

WORD = numpy.uint64


def mix(bits):
    bits = bits + WORD(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> WORD(30))) * WORD(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> WORD(27))) * WORD(0x94D049BB133111EB)
    return bits ^ (bits >> WORD(31))


def digest(table):
    words = [table[name].to_numpy().astype(numpy.int64).view(WORD) for name in ("id", "amount")]
    hashes = mix(mix(words[0]) ^ words[1])
    notes = [note.encode() for note in table["note"].to_pylist()]
    (length,) = {len(note) for note in notes}
    for column in numpy.frombuffer(b"".join(notes), WORD).reshape(len(notes), length // 8).T:
        hashes = mix(hashes ^ column)
    return int(numpy.add.reduce(mix(hashes ^ WORD(length))))


def main(planner, query):
    client = pyarrow.flight.connect(planner)
    info = client.get_flight_info(pyarrow.flight.FlightDescriptor.for_command(query))
    tasks = []
    for endpoint in info.endpoints:
        worker = pyarrow.flight.connect(endpoint.locations[0])
        tasks.append(worker.do_get(endpoint.ticket).read_all())
    # In another order than they were planned.
    table = pyarrow.concat_tables(reversed(tasks))
    if table.schema != info.schema or table.num_rows != info.total_records:
        sys.exit(f"the plan promised {info.total_records} rows of {info.schema}")
    print(table.num_rows, f"rows={digest(table):016x}")


with numpy.errstate(over="ignore"):
    main(*sys.argv[1:])

"""A scan by pyarrow's client of Arrow Flight, that of the peers.

Arguments: the folder of the peers and the program `scan`. Prints the answer of each mode.
"""

import sys


def main(peers, program):
    sys.path.insert(0, peers)
    import scan

    scan.Scan.program = program
    query = {"rows": 1_000, "split_rows": 90, "clients": 3}
    cluster = {"workers": 3, "slots": 2, "latency": 1_000_000}
    for mode in scan.MODES:
        peer = scan.Scan(query | cluster | {"mode": mode}, 5)
        work = peer.run()
        answer = peer.check()
        peer.close()
        print(mode, work["rows"], answer["rows"], answer["digest"])


if __name__ == "__main__":
    main(*sys.argv[1:])

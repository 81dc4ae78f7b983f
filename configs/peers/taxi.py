#!/usr/bin/env python3
"""Peers of the workload `taxi`: the same files, the same answer, other programs.

Each engine runs one query over all twelve files: smallest, largest and sum of the fares and the number
of trips, by passenger count. Sums are rounded to cents and averages computed here, for eleven rows.
Engines are started in `prepare`, with types said for every column so that nothing is guessed.
"""

import glob
import os
import tempfile

import serve
import xxhash

ENGINES = {
    "polars": "scan_csv or scan_parquet, group_by, the streaming engine",
    "duckdb": "read_csv or read_parquet, group by",
    "datafusion": "the wheel, read_csv or read_parquet, group by",
}

WHOLE = "VendorID passenger_count RatecodeID PULocationID DOLocationID payment_type".split()
TEXT = "tpep_pickup_datetime tpep_dropoff_datetime store_and_fwd_flag".split()
NAMES = """VendorID tpep_pickup_datetime tpep_dropoff_datetime passenger_count trip_distance RatecodeID
    store_and_fwd_flag PULocationID DOLocationID payment_type fare_amount extra mta_tax tip_amount
    tolls_amount improvement_surcharge total_amount congestion_surcharge""".split()
QUERY = """select passenger_count, min(fare_amount), max(fare_amount), sum(fare_amount),
    count(fare_amount) from {} group by passenger_count"""


def typed(whole, text, double):
    """The type of each column; times stay text, as nobody asks for them."""
    return {n: whole if n in WHOLE else text if n in TEXT else double for n in NAMES}


class Taxi:
    SPEC = {
        "name": "taxi-peer",
        "about": "fares by passenger count from the twelve files, with another program",
        "params": [
            serve.choice("engine", "which program", ENGINES, "polars"),
            serve.choice("format", "of the files", {"csv": "text", "parquet": "Parquet"}, "csv"),
            serve.integer("rows", "trips of all months", 12, 1_000_000_000, 1_200_000),
            serve.integer("quoted", "trips of a thousand with a text in quotes", 0, 1000, 0),
            serve.integer("workers", "threads", 1, 1024, os.cpu_count()),
        ],
    }

    def __init__(self, params, seed):
        rows, quoted, self.format = params["rows"], params["quoted"], params["format"]
        data = os.environ.get("DYNO_DATA") or os.path.join(tempfile.gettempdir(), "dyno-data")
        folder = os.path.join(data, f"taxi-v1-rows{rows}-seed{seed}-quoted{quoted}-{self.format}")
        if not os.path.exists(folder + ".xxh3"):
            hint = f"dyno data build taxi --seed {seed} --set rows={rows} --set quoted={quoted}"
            raise FileNotFoundError(f"{folder}; `{hint} --set format={self.format}` makes it")
        self.files = sorted(glob.glob(f"{folder}/*/*/tripdata.{self.format}"))
        self.rows, self.bytes = rows, sum(map(os.path.getsize, self.files))
        self.group = f"taxi rows={rows} seed={seed} quoted={quoted} months=1-12"
        self.query = getattr(self, params["engine"])(params["workers"])

    def run(self):
        self.result = self.query()
        return {"rows": self.rows, "bytes_in": self.bytes}

    def check(self):
        lines = []
        for key, low, high, total, count in sorted(self.result, key=lambda r: (r[0] is None, r[0])):
            low, high, total = (round(100 * value) for value in (low, high, total))
            average = (200 * total + count) // (2 * count)
            key = "null" if key is None else int(key)
            lines.append(f"{key} min={low} max={high} sum={total} count={count} avg={average}\n")
        counted = sum(row[4] for row in self.result)
        if counted != self.rows:
            raise ValueError(f"{self.rows} trips asked for, {counted} aggregated")
        digest = f"text={xxhash.xxh3_64_hexdigest(''.join(lines).encode())}"
        return {"rows": len(lines), "digest": digest, "group": self.group}

    def polars(self, workers):
        os.environ["POLARS_MAX_THREADS"] = str(workers)
        import polars

        fare = polars.col("fare_amount")
        parts = fare.min().alias("l"), fare.max().alias("h"), fare.sum().alias("t"), fare.len().alias("n")

        def query():
            if self.format == "csv":
                schema = typed(polars.Int64, polars.String, polars.Float64)
                trips = polars.scan_csv(self.files, schema=schema)
            else:
                trips = polars.scan_parquet(self.files)
            return trips.group_by("passenger_count").agg(*parts).collect(engine="streaming").rows()

        return query

    def duckdb(self, workers):
        import duckdb

        connection = duckdb.connect(config={"threads": workers})
        trips = f"read_parquet({self.files})"
        if self.format == "csv":
            columns = typed("BIGINT", "VARCHAR", "DOUBLE")
            trips = f"""read_csv({self.files}, header = true, delim = ',', quote = '"', escape = '"',
                auto_detect = false, columns = {columns})"""
        return lambda: connection.sql(QUERY.format(trips)).fetchall()

    def datafusion(self, workers):
        import datafusion
        import pyarrow

        config = datafusion.SessionConfig().with_target_partitions(workers)
        context = datafusion.SessionContext(config)
        folder = os.path.commonpath(self.files)
        if self.format == "csv":
            types = typed(pyarrow.int64(), pyarrow.string(), pyarrow.float64())
            schema = pyarrow.schema(list(types.items()))
            # Newlines in quotes are only safe when a file is read by one thread.
            context.sql("set datafusion.catalog.newlines_in_values = true")
            context.register_csv("trips", folder, schema=schema, has_header=True)
        else:
            context.register_parquet("trips", folder)

        def query():
            table = pyarrow.Table.from_batches(context.sql(QUERY.format("trips")).collect())
            return list(zip(*(column.to_pylist() for column in table.columns)))

        return query


if __name__ == "__main__":
    serve.serve([Taxi])

#!/usr/bin/env python3
"""Peers of the workload `decoder`: the same segments, decoded by Python.

`trino` is the real client's decoder; what differs is who runs it: the calling thread, a pool of threads
or a pool of processes, as the study of the client proposes. Pools are started in `prepare`.
Decoded rows are turned back into JSON and compared with the segment's, value by value, so a decoder that
drops or changes a value fails.
"""

import concurrent.futures
import datetime
import decimal
import json
import math
import multiprocessing
import os
import tempfile

import lz4.block
import orjson
import serve
import simdjson
import trino.client
import trino.mapper
import zstandard

WAYS = {
    "sequential": "one segment after another",
    "threads": "a pool of threads, all segments submitted at once",
    "processes_wait": "a pool of processes; each segment is submitted and waited for: the study's flow",
    "processes_all": "a pool of processes, all segments submitted at once, rows come back",
    "processes_in_place": "the same, but rows stay there and only their number comes back",
}
PARSERS = {
    "trino": "the client's decoder with its value mapping",
    "trino_raw": "the client's decoder without value mapping",
    "orjson": "zstandard or lz4, and orjson.loads",
    "pysimdjson": "zstandard or lz4, and pysimdjson to Python objects",
    "unpack": "zstandard or lz4 alone: nothing is parsed",
}
CODECS = {"none": "json", "zstd": "json+zstd", "lz4": "json+lz4"}


def plain(kind, *arguments):
    """A type as the server describes it to its clients."""
    return {"rawType": kind, "arguments": [{"kind": "LONG", "value": value} for value in arguments]}


def array(of):
    return {"rawType": "array", "arguments": [{"kind": "TYPE", "value": of}]}


def row(**fields):
    named = [{"fieldName": {"name": name}, "typeSignature": of} for name, of in fields.items()]
    return {"rawType": "row", "arguments": [{"kind": "NAMED_TYPE", "value": of} for of in named]}


WHOLE, DOUBLE, DATE, TEXT = plain("bigint"), plain("double"), plain("date"), plain("varchar")
PLACE = row(latitude=DOUBLE, longitude=DOUBLE)
LINE = row(article=TEXT, quantity=WHOLE, price=plain("decimal", 12, 2))
SHAPES = {
    "lineitem": [WHOLE] * 4 + [plain("decimal", 18, 2)] * 4 + [TEXT] * 2 + [DATE] * 3 + [TEXT] * 3,
    "nested": [
        WHOLE,
        plain("timestamp", 6),
        DATE,
        plain("boolean"),
        DOUBLE,
        plain("decimal", 38, 9),
        row(name=TEXT, place=PLACE),
        array(TEXT),
        array(LINE),
        array(DOUBLE),
    ],
}


def decoder(parser, codec, shape):
    """A function from a segment's bytes and metadata to its rows."""
    if parser.startswith("trino"):
        columns = [{"typeSignature": of} for of in SHAPES[shape]]
        mapper = trino.mapper.RowMapperFactory().create(columns, parser == "trino_raw")
        factory = trino.client.CompressedQueryDataDecoderFactory(mapper)
        return factory.create(CODECS[codec]).decode
    if parser == "unpack":
        return unpacker(codec)
    parse, unpack = orjson.loads if parser == "orjson" else simdjson.loads, unpacker(codec)
    return lambda data, metadata: parse(unpack(data, metadata).text)


class Unpacked:
    """The JSON of a segment: as many rows as were declared, none of which was looked at."""

    def __init__(self, text, metadata):
        self.text, self.rows = text, metadata["rowsCount"]

    def __len__(self):
        return self.rows


def unpacker(codec):
    """A function from a segment's bytes and metadata to its JSON."""
    if codec == "zstd":
        unpack = zstandard.ZstdDecompressor().decompress
        return lambda data, metadata: Unpacked(unpack(data), metadata)
    if codec == "lz4":
        unpack = lz4.block.decompress
        size = "uncompressedSize"
        return lambda data, metadata: Unpacked(unpack(data, uncompressed_size=metadata[size]), metadata)
    return Unpacked


def as_sent(value, of):
    """A value as it stands in JSON: the other way round than the client's value mapping."""
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (list, tuple)):
        if of["rawType"] == "array":
            return [as_sent(item, of["arguments"][0]["value"]) for item in value]
        fields = (argument["value"]["typeSignature"] for argument in of["arguments"])
        return [as_sent(item, field) for item, field in zip(value, fields, strict=True)]
    return value


def start_process(*chosen):
    global decode
    decode = decoder(*chosen)


def decode_there(data, metadata):
    return decode(data, metadata)


def count_there(data, metadata):
    return len(decode(data, metadata))


class Decoder:
    SPEC = {
        "name": "decoder-peer",
        "about": "decodes the segments of a result with Python",
        "params": [
            serve.choice("parser", "which decoder", PARSERS, "trino"),
            serve.choice("way", "who runs it", WAYS, "sequential"),
            serve.choice("keep", "rows of a segment, once decoded", {
                "all": "are kept until the last segment is decoded",
                "none": "are dropped before the next segment; the last ones stay to be checked",
            }, "none"),
            serve.choice("codec", "of the segments", {name: name for name in CODECS}, "zstd"),
            serve.choice("shape", "what the rows hold", {name: name for name in SHAPES}, "lineitem"),
            serve.integer("segments", "segments of the result", 1, 10_000, 8),
            serve.integer("rows_per_segment", "rows of each", 1, 1_000_000, 10_000),
            serve.integer("workers", "threads or processes", 1, 1024, os.cpu_count()),
        ],
    }

    def __init__(self, params, seed):
        data = os.environ.get("DYNO_DATA") or os.path.join(tempfile.gettempdir(), "dyno-data")
        codec, segments, rows = (params[name] for name in ("codec", "segments", "rows_per_segment"))
        shape = "" if params["shape"] == "lineitem" else f"-{params['shape']}"
        self.folder = f"{data}/segments-v1-{codec}{shape}-segments{segments}-rows{rows}-seed{seed}"
        if not os.path.exists(self.folder + ".xxh3"):
            hint = f"dyno data build segments --seed {seed} --set codec={codec}"
            hint = f"{hint} --set segments={segments} --set rows_per_segment={rows}"
            hint = f"{hint} --set shape={params['shape']}"
            raise FileNotFoundError(f"{self.folder}; `{hint}` makes it")
        with open(f"{self.folder}/metadata.json") as file:
            self.answer = json.load(file)
        self.segments = []
        for number, metadata in enumerate(self.answer["segments"]):
            metadata = {key: value for key, value in metadata.items() if value is not None}
            with open(f"{self.folder}/segment-{number:05}", "rb") as file:
                self.segments.append((file.read(), metadata))
        self.bytes = sum(len(data) for data, _ in self.segments)
        self.types = SHAPES[params["shape"]]
        self.chosen, self.keep = (params["parser"], codec, params["shape"]), params["keep"] == "all"
        self.pool = None
        self.run_all = getattr(self, params["way"])(params["workers"])

    def run(self):
        self.rows, self.last = 0, []
        self.run_all()
        return {"rows": self.rows, "bytes_in": self.bytes}

    def take(self, rows):
        """What the consumer does with the rows of a segment."""
        if not self.keep:
            self.last.clear()
        self.last.append(rows)
        self.rows += len(rows)

    def sequential(self, _):
        decode = decoder(*self.chosen)

        def run():
            for segment in self.segments:
                self.take(decode(*segment))

        return run

    def threads(self, workers):
        # A decompressor must not be shared, so each thread has a decoder of its own.
        self.pool = concurrent.futures.ThreadPoolExecutor(
            workers, initializer=self.start_thread, initargs=()
        )

        def run():
            tasks = [self.pool.submit(self.decode_in_thread, *segment) for segment in self.segments]
            while tasks:
                # A task holds its rows until it is forgotten.
                self.take(tasks.pop(0).result())

        return run

    def start_thread(self):
        import threading

        self.local = getattr(self, "local", None) or threading.local()

    def decode_in_thread(self, data, metadata):
        if not hasattr(self.local, "decode"):
            self.local.decode = decoder(*self.chosen)
        return self.local.decode(data, metadata)

    def processes(self, workers):
        self.pool = concurrent.futures.ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("fork"),
            initializer=start_process,
            initargs=self.chosen,
        )
        # The pool starts its processes with the first tasks.
        list(self.pool.map(abs, range(4 * workers)))

    def processes_wait(self, workers):
        self.processes(workers)

        def run():
            for segment in self.segments:
                self.take(self.pool.submit(decode_there, *segment).result())

        return run

    def processes_all(self, workers):
        self.processes(workers)

        def run():
            tasks = [self.pool.submit(decode_there, *segment) for segment in self.segments]
            while tasks:
                self.take(tasks.pop(0).result())

        return run

    def processes_in_place(self, workers):
        self.processes(workers)

        def run():
            tasks = [self.pool.submit(count_there, *segment) for segment in self.segments]
            self.rows = sum(task.result() for task in tasks)

        return run

    def check(self):
        if self.rows != self.answer["rows"]:
            raise ValueError(f"{self.answer['rows']} rows asked for, {self.rows} decoded")
        if not self.last:
            # The rows never came here; no more than their number is known.
            return {"rows": self.rows, "digest": f"rows={self.rows}"}
        first = len(self.segments) - len(self.last)
        for number, rows in enumerate(self.last, first):
            with open(f"{self.folder}/segment-{number:05}.json", "rb") as file:
                text = file.read()
            if isinstance(rows, Unpacked):
                rows, sent = rows.text, text
            else:
                rows, sent = self.as_sent(rows), json.loads(text)
            if rows != sent:
                raise ValueError(f"segment {number} is decoded to other rows")
        return {key: self.answer[key] for key in ("rows", "digest", "group")}

    def as_sent(self, rows):
        """Decoded rows as they stand in JSON."""
        fields = [{"value": {"typeSignature": of}} for of in self.types]
        whole = {"rawType": "row", "arguments": fields}
        return [as_sent(row, whole) for row in rows]

    def close(self):
        if self.pool:
            self.pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    serve.serve([Decoder])

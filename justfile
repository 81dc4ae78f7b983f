# List the recipes.
default:
    @just --list --unsorted

# Measure a suite and write its report.
bench suite="configs/quick.toml" *args:
    cargo dyno run {{suite}} {{args}}

# All tests.
test *args:
    cargo test --workspace {{args}}

# Every parser against damaged and hostile input, each fuzz for so many seconds.
fuzz seconds="60" *args:
    DYNO_FUZZ_SECONDS={{seconds}} cargo test --package workloads --package engine --package record --package dyno fuzz:: -- --nocapture {{args}}

# Format, lints, spelling and licences: what CI checks before the tests.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    typos
    cargo test --package dyno --test licences

# Hold the working tree against a revision: regressed, or not.
gate base="HEAD~1" *args:
    cargo dyno gate configs/gate.toml --base {{base}} {{args}}

# This repository from revision to revision, for instance `just history HEAD~5..HEAD`.
history revs *args:
    cargo dyno history configs/history.toml --revs {{revs}} {{args}}

# The report of the last run, or of RUN...
report *runs:
    cargo dyno report {{runs}}

# The One Billion Row Challenge at ROWS rows: naive to the limit, all settings, and what loading costs in other engines.
measurements rows="10M" *args: venv
    cargo dyno data build measurements --set rows={{rows}}
    cargo dyno run configs/measurements.toml --set rows={{rows}} --set sampling.timeout=30m {{args}}
    cargo dyno run configs/measurements-grid.toml --set rows={{rows}} {{args}}
    cargo dyno run configs/peers/python.toml --set rows={{rows}} --set sampling.timeout=30m {{args}}
    cargo dyno run configs/peers/load.toml --set rows={{rows}} {{args}}
    cargo dyno data build measurements
    cargo dyno run configs/peers/sqlite.toml {{args}}

# The shredding study, thirteen steps, and the limit, at ROWS rows.
shredding rows="10M" *args:
    cargo dyno run configs/shredding.toml --set rows={{rows}} {{args}}
    cargo dyno run configs/pipeline-limit.toml --set rows={{rows}} {{args}}

# One query over the twelve files of a year, by schedule and beside other engines, and joins, at ROWS trips.
taxi rows="12M" *args: venv
    cargo dyno data build taxi --set rows={{rows}}
    cargo dyno data build taxi --set rows={{rows}} --set format=parquet
    cargo dyno run configs/taxi.toml --set rows={{rows}} {{args}}
    cargo dyno run configs/peers/taxi.toml --set rows={{rows}} {{args}}
    cargo dyno run configs/join.toml --set rows={{rows}} {{args}}

# Segments of compressed JSON, and Trino's Python client on the same ones.
decoder *args: venv
    cargo dyno data build segments
    cargo dyno data build segments --set shape=nested
    cargo dyno run configs/decoder.toml {{args}}
    cargo dyno run configs/peers/decoder.toml {{args}}

# A planner and its workers over Arrow Flight: where more clients stop paying, many users at once, and pyarrow's client.
scan *args: venv
    cargo build --release --package scan
    cargo dyno run configs/scan.toml {{args}}
    cargo dyno run configs/scan-users.toml {{args}}
    cargo dyno run configs/peers/scan.toml {{args}}

# What the limits hold in memory, at some rows and at ten times as many.
limit-memory *args:
    for rows in 3M 30M; do for format in text parquet; do cargo dyno data build measurements --set rows=$rows --set format=$format; done; done
    for rows in 1.2M 12M; do for format in csv parquet; do cargo dyno data build taxi --set rows=$rows --set format=$format; done; done
    cargo dyno run configs/limit-memory.toml {{args}}
    cargo dyno show --metric peak_rss

# Ours beside the programs that people would pick, in one table; the loops in Python among them take minutes (Python 3.11 or later, and a package index).
peers rows="10M" *args: venv
    cargo dyno data build measurements --set rows={{rows}}
    cargo dyno run configs/peers/measurements.toml --set rows={{rows}} {{args}}

# The peers' virtual environment.
[private]
venv:
    python3 -m venv target/peers
    target/peers/bin/pip install --quiet --requirement configs/peers/requirements.txt

# Cost of the harness itself, beside hyperfine.
overhead:
    cargo run --release --package dyno --example overhead

# Draw the pictures of docs/charts.md anew.
charts:
    DYNO_DRAW_CHARTS=1 cargo test --package reports --test it the_pictures_of_docs_charts_md

# Take the screenshots of the docs anew (chromium, and playwright-core as .ci/run installs it); STUDY is the folder of the shredding study's own files.
screenshots study="":
    cargo test --package reports --test it pages_open_without
    node reports/tests/browser/screens.mjs light,dark docs/screens target/tmp/history.html
    {{ if study == "" { "" } else { "just study-screenshot " + quote(study) } }}

[private]
study-screenshot study:
    rm -rf target/tmp/study
    cargo run --quiet --package dyno -- import auto {{quote(study)}} --steps configs/steps/shredding-study.toml --store target/tmp/study
    cargo run --quiet --package dyno -- report --history --store target/tmp/study --output target/tmp/shredding-study.html
    node reports/tests/browser/screens.mjs light docs/screens target/tmp/shredding-study.html

# How long large pages take until they are ready in a browser, and how large they are (needs what `screenshots` needs).
ready:
    DYNO_READY_TIMES=21 cargo test --package reports --test it pages_say_when_they_are_ready -- --nocapture

# Accept changed snapshots after looking at them.
bless:
    INSTA_UPDATE=always cargo test --workspace
    cargo dyno schema > docs/suite.schema.json
    cargo dyno __reference > docs/cli.md

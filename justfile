# List the recipes.
default:
    @just --list --unsorted

# Measure a suite and write its report.
bench suite="configs/quick.toml" *args:
    cargo dyno run {{suite}} {{args}}

# All tests.
test *args:
    cargo test --workspace {{args}}

# Format, lints, spelling and licences: what CI checks before the tests.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    typos
    cargo test --package dyno --test licences

# Hold the working tree against a revision: regressed, or not.
gate base="HEAD~1" *args:
    cargo dyno gate configs/gate.toml --base {{base}} {{args}}

# The report of the last run, or of RUN...
report *runs:
    cargo dyno report {{runs}}

# Cost of the harness itself, beside hyperfine.
overhead:
    cargo run --release --package dyno --example overhead

# Accept changed snapshots after looking at them.
bless:
    INSTA_UPDATE=always cargo test --workspace
    cargo dyno schema > docs/suite.schema.json
    cargo dyno __reference > docs/cli.md

# The commands of the house; `just` lists them.

default:
    @just --list

# Serve the sample, or whatever is in ./broadsheet-data
serve *ARGS:
    cargo run --release -- serve {{ARGS}}

# All tests on SQLite (and on PostgreSQL where BROADSHEET_TEST_POSTGRES is set)
test:
    cargo test --workspace

# Formatting and lints as the gate runs them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Everything that a change must pass (Debian, as root)
gate:
    bash .ci/run

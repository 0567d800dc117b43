#!/bin/sh
# Foreign clients against the fake arXiv. Needs python3 with venv, and the packages of requirements.txt (once).
set -eu
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
venv="$target/clients-venv"
if ! "$venv/bin/python" -c 'import arxiv, feedparser, sickle' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement tests/clients/requirements.txt
fi
cargo build --quiet -p broadsheet-testkit --example fake_arxiv
"$venv/bin/python" tests/clients/fake_arxiv.py "$target/debug/examples/fake_arxiv"

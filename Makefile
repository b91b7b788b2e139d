# make demo      set up, run the report's study on a million simulated firm-years and on China's provinces
# make test      set up, run the tests          make test-full   the long ones too
# make check     format, lint, types, imports   make bench       the benchmarks
# make setup     the environment alone          make lock        renew the lock file (needs uv)
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full check bench lock clean

PY := .venv/bin/python
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib

help:
	@sed -n '1,4p' Makefile

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml tools/setup.sh
	@sh tools/setup.sh

demo: setup
	@.venv/bin/dualcarbon run cmri2024

test: setup
	$(PY) -m pytest -n 2 -m "not long"

test-full: setup
	$(PY) -m pytest -n 2

check: setup
	$(PY) -m ruff format --check src tests benchmarks tools
	$(PY) -m ruff check src tests benchmarks tools
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

bench: setup
	$(PY) benchmarks/run.py $(ONLY)

lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade -q -o requirements.lock

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache

# Two commands need nothing but Python >= 3.11, make and git: `make demo` and `make test`.
PY ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS = never
export DO_NOT_TRACK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check format lock sample benchmark benchmark-inference screenshots clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	$(PY) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with make PY=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PY) -m venv .tools && .tools/bin/pip install -q --disable-pip-version-check "uv==0.13.9"

.venv/.ok: $(UV) pyproject.toml requirements.lock
	$(UV) venv -q --allow-existing --python "$$($(PY) -c 'import sys; print(sys.executable)')" .venv
	$(UV) pip sync -q --python .venv --require-hashes requirements.lock
	$(UV) pip install -q --python .venv --no-deps -e .
	touch $@

demo: .venv/.ok  ## set everything up and run the main job on the sample data
	$(BIN)/journey demo --dir demo

test: .venv/.ok  ## set everything up and run all tests
	$(BIN)/pytest -q -n auto

check: .venv/.ok  ## format, lint, types: fast
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/sqruff lint sql
	$(BIN)/pyrefly check

format: .venv/.ok  ## rewrite the code in the house format
	$(BIN)/ruff format -q .
	$(BIN)/ruff check -q --fix .

lock: $(UV)  ## resolve the dependencies again, with hashes
	$(UV) pip compile -q --upgrade pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.lock

sample: .venv/.ok  ## make data/sample again: bit-identical
	rm -rf data/sample
	$(BIN)/python -m journey_analytics.simulate.sample data/sample

benchmark: .venv/.ok  ## 1,000,000 simulated events end to end, beside a hand-written DuckDB script
	$(BIN)/python benchmarks/end_to_end.py

benchmark-inference: .venv/.ok  ## score identity, journeys and stages on ten seeds, clean and dirty: takes an hour
	$(BIN)/python benchmarks/inference.py --seeds 1-10 --kinds clean,dirty

screenshots: .venv/.ok  ## pictures of every view of the dashboard, for docs/screenshots.md
	$(BIN)/journey demo --dir demo
	$(BIN)/python benchmarks/screenshots.py demo/journey.toml --out docs

clean:  ## remove environments and the demo workspace
	rm -rf .venv .tools demo .pytest_cache .ruff_cache

# Voltlake's everyday commands. Two are enough for a newcomer: `make demo` and `make test`.
# Everything runs in .venv, which is made from the hashed pins under requirements/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?=
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-browser test-faults test-watch lint format type-check \
        bench docs check lock setup-browser clean

help:  ## say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s '	'

# One environment; each stamp is one set of pins that was installed into it.
$(STAMPS)/environment:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Voltlake needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	mkdir -p $(STAMPS)
	touch $@

$(STAMPS)/%: requirements/%.txt $(STAMPS)/environment
	$(PIP) install --require-hashes -r requirements/$*.txt
	touch $@

$(STAMPS)/package: pyproject.toml hatch_build.py package-lock.json $(STAMPS)/environment
	$(PIP) install --no-deps --editable .
	touch $@

setup: $(STAMPS)/dev $(STAMPS)/package  ## make .venv with everything a developer needs

demo: $(STAMPS)/dashboard $(STAMPS)/package  ## example files -> checked lake -> dashboard (DEMO_ARGS=--no-serve)
	$(BIN)/voltlake demo --lake demo/lake $(DEMO_ARGS)

test: $(STAMPS)/test $(STAMPS)/package  ## the default suite, with the coverage gate
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report= $(TEST_ARGS)
	$(BIN)/python -m coverage report --fail-under=90 --include='*/canonical/*,*/readers/*,*/processing/*'

test-slow: $(STAMPS)/test $(STAMPS)/package  ## large files, memory limits, outside programs
	$(BIN)/python -m pytest -m slow $(TEST_ARGS)

test-browser: $(STAMPS)/test $(STAMPS)/package  ## the pages in a real Chromium
	$(BIN)/python -m pytest -m browser $(TEST_ARGS)

test-faults: $(STAMPS)/test $(STAMPS)/package  ## kill -9 inside an ingest, again and again
	$(BIN)/python -m pytest -m faults -s $(TEST_ARGS)

test-watch: $(STAMPS)/dev $(STAMPS)/package  ## rerun the tests at every change
	$(BIN)/python -m watchfiles '$(BIN)/python -m pytest -x -q $(TEST_ARGS)' src tests

lint: $(STAMPS)/dev $(STAMPS)/package  ## style, and the floors of the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(STAMPS)/dev  ## put style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type-check: $(STAMPS)/dev $(STAMPS)/package  ## mypy, strict
	$(BIN)/mypy

bench: $(STAMPS)/test $(STAMPS)/package  ## speed and memory beside other programs, in their own environments
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

docs: $(STAMPS)/docs $(STAMPS)/package  ## build the documentation into site/
	$(BIN)/python tools/reference_pages.py
	$(BIN)/mkdocs build --strict --quiet

check: lint type-check test  ## what CI runs

setup-browser:  ## install Chromium for test-browser (Debian)
	apt-get install -y chromium

lock:  ## renew the pins: hashes, but no host names
	$(PYTHON) tools/lock.py

clean:  ## remove everything that is made
	rm -rf $(VENV) demo site build dist test-results .mypy_cache .ruff_cache .hypothesis .coverage*

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := .stamps
FILES  := pyproject.toml
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PURE    := tests/parse tests/completeness tests/site tests/crawl/test_outcome.py tests/crawl/test_page_check.py \
           tests/crawl/test_options.py tests/test_characters.py tests/test_urls.py
export PURE

.DEFAULT_GOAL := help

.PHONY: help crawl test test-fast cover lint types check bench shots soak worlds layouts roads monitors mutants pythons resolutions installs docs clean

help:
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

crawl: $(STAMPS)/base ## set up, serve the sample site on this machine, crawl it, show what came of it
	@$(BIN)/yiqihui crawl --sample --show

test: $(STAMPS)/dev $(STAMPS)/pywb $(STAMPS)/debian $(STAMPS)/axe ## set up everything and run all tests; ARGS="tests/parse -k glued" for a part
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-fast: $(STAMPS)/dev ## the pure core alone, in under 30 seconds
	$(BIN)/python -m pytest -m "not thorough" $(PURE) $(ARGS)

cover: $(STAMPS)/dev ## what of the pure core those tests reach, with a floor
	$(BIN)/python -m pytest -n $(WORKERS) -m "not thorough" --cov --cov-report=term:skip-covered $(PURE) $(ARGS)

lint: $(STAMPS)/dev ## ruff: rules, complexity and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMPS)/dev ## mypy, strict
	$(BIN)/mypy

pythons: $(STAMPS)/dev ## the commands on the other Pythons that this machine has
	scripts/smoke-pythons $(BIN)/python

check: lint types test ## lint, types, test

bench: $(STAMPS)/bench ## what we claim about speed, beside its peers, into benchmarks/results.md; ARGS="html import" for a part
	.venv-bench/bin/python benchmarks/run.py $(ARGS)

shots: $(STAMPS)/dev $(STAMPS)/debian ## pictures of the reading room and the report, in shots/, for a person to look at
	PYTHONPATH=tests $(BIN)/python scripts/shots.py $(ARGS)

soak: $(STAMPS)/dev ## crawls of sites that will not hold still; ARGS="--count 1000 --seed 7"
	$(BIN)/python tests/soak_crawl.py $(ARGS)

worlds: $(STAMPS)/dev ## every small listing and whatever befalls it; ARGS="--events 3 --size 5"
	PYTHONPATH=tests $(BIN)/python -m support.worlds $(ARGS)

layouts: $(STAMPS)/dev ## made-up layouts of the sample site, learned and held against the truth, thirty crawled to a certificate; ARGS="--count 200 --seed 0" CRAWLS="--count 30"
	PYTHONPATH=tests $(BIN)/python -m support.layout_runs $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m support.layout_crawls $(CRAWLS)

roads: $(STAMPS)/dev ## every way into the archive at every size and charset; every fault at every place
	ROADS=all $(BIN)/python -m pytest tests/imports/test_roads.py tests/bulk tests/test_one_fault.py $(ARGS)

monitors: $(STAMPS)/dev ## quiet years and every kind of trouble, on many sites
	MONITORS=all $(BIN)/python -m pytest tests/watch/test_monitors.py tests/watch/test_monitors_crawled.py $(ARGS)

mutants: $(STAMPS)/dev ## what the tests do not notice; ARGS="completeness/certificate --count 40 --seed 7"
	$(BIN)/python scripts/mutants.py $(ARGS)

resolutions: $(STAMPS)/dev ## the oldest and the newest libraries that pyproject.toml allows, every extra
	scripts/resolutions $(BIN)/python

installs: $(STAMPS)/dev ## the ways to install, from a wheel: pip, pipx, uv; what an extra is missing for, and the page of the manual
	scripts/installs $(BIN)/python

docs: $(STAMPS)/dev ## write what the docs show of the code and of a real archive
	$(BIN)/python scripts/make_docs.py

clean: ## remove what make has set up
	rm -rf $(VENV) .venv-pywb .venv-bench .axe shots $(STAMPS) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis

# A plain environment: what a user needs, no more.
$(STAMPS)/base: $(FILES)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@mkdir -p $(STAMPS) && touch $@

# With every extra and the tools that tests, lint and types need.
$(STAMPS)/dev: $(FILES) requirements-dev.txt | $(STAMPS)/base
	@echo "setting up the development tools (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[all]" -r requirements-dev.txt
	@mkdir -p $(STAMPS) && touch $@

# pywb replays our WARC files in the tests; it wants older libraries, so it lives apart.
$(STAMPS)/pywb: requirements-pywb.txt
	@echo "setting up pywb for the replay tests (once) …"
	@test -x .venv-pywb/bin/python || $(PYTHON) -m venv .venv-pywb
	@.venv-pywb/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-pywb.txt
	@mkdir -p $(STAMPS) && touch $@

# What we compare ourselves with wants other libraries than our tests do, so it lives apart, too.
$(STAMPS)/bench: $(FILES)
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@echo "setting up the peers of the benchmarks (once) …"
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@.venv-bench/bin/python -m pip install --quiet -e ".[all,bench]"
	@mkdir -p $(STAMPS) && touch $@

# axe-core, from npm: the tests lay it over the reading room's pages.
$(STAMPS)/axe: scripts/axe-core
	@scripts/axe-core
	@mkdir -p $(STAMPS) && touch $@

# Debian's packages that tests use: installed where that is possible, else those tests say so and skip.
$(STAMPS)/debian: scripts/debian-packages
	@scripts/debian-packages
	@mkdir -p $(STAMPS) && touch $@

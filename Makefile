# make crawl   set up, serve the sample site on loopback, crawl it, show what came of it
# make test    set up everything and run all tests
# make lint types bench soak worlds roads mutants clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := .stamps
FILES  := pyproject.toml
WORKERS ?= auto

.PHONY: crawl test lint types check bench soak worlds roads mutants pythons docs clean

crawl: $(STAMPS)/base
	@$(BIN)/yiqihui crawl --sample

test: $(STAMPS)/dev $(STAMPS)/pywb $(STAMPS)/debian
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMPS)/dev
	$(BIN)/mypy

# The commands on the other Pythons that this machine has
pythons: $(STAMPS)/dev
	scripts/smoke-pythons $(BIN)/python

check: lint types test

bench: $(STAMPS)/dev
	$(BIN)/python benchmarks/bench_splitter.py
	$(BIN)/python benchmarks/bench_crawl.py
	$(BIN)/python benchmarks/bench_search.py

# Crawls of sites that will not hold still, until patience ends: make soak ARGS="--count 1000 --seed 7"
soak: $(STAMPS)/dev
	$(BIN)/python tests/soak_crawl.py $(ARGS)

# Every small listing and whatever befalls it: make worlds ARGS="--events 3 --size 5"
worlds: $(STAMPS)/dev
	PYTHONPATH=tests $(BIN)/python -m support.worlds $(ARGS)

# Every way into the archive, at every size and in every charset; every fault at every place
roads: $(STAMPS)/dev
	ROADS=all $(BIN)/python -m pytest tests/imports/test_roads.py tests/test_one_fault.py $(ARGS)

# What the tests don't notice: make mutants ARGS="completeness/certificate --count 40 --seed 7"
mutants: $(STAMPS)/dev
	$(BIN)/python scripts/mutants.py $(ARGS)

docs: $(STAMPS)/dev
	$(BIN)/python scripts/make_docs.py

clean:
	rm -rf $(VENV) .venv-pywb $(STAMPS) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis

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

# Debian's packages that tests use: installed where that is possible, else those tests say so and skip.
$(STAMPS)/debian: scripts/debian-packages
	@scripts/debian-packages
	@mkdir -p $(STAMPS) && touch $@

# The two commands of the README: `make grade` and `make test`. Each sets up what it needs.
# Make calls the command line, never the other way round.

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := $(or $(GRADER_VENV),.venv)
BIN := $(VENV)/bin
# An image comes with everything: nothing is set up in it.
READY := $(if $(wildcard $(VENV)/of-the-image),,$(VENV)/ready)

ASSIGNMENT ?= backprop_ninja
SUBMISSIONS ?= assignments/$(ASSIGNMENT)/examples
OUT ?= reports
JOBS ?=
FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help grade test check fuzz mutants bench starter dist image-check clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  make grade ASSIGNMENT=backprop_ninja SUBMISSIONS=path/ OUT=reports/ JOBS=2'

grade: $(READY) ## grade SUBMISSIONS (the bundled example class unless you name another)
	@test -e "$(SUBMISSIONS)" || { echo "nothing to grade at $(SUBMISSIONS): name a class with SUBMISSIONS=path/"; exit 2; }
	@$(BIN)/grader grade "$(SUBMISSIONS)" --assignment "$(ASSIGNMENT)" --out "$(OUT)" \
		$(if $(JOBS),--jobs $(JOBS)) $(FLAGS)

test: $(VENV)/ready-dev ## run the tests
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(VENV)/ready-dev ## lint, types and import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fuzz: $(VENV)/ready-dev ## try 10,000 notebooks, 200,000 frames, 5,000 class folders
	@$(BIN)/python tests/fuzz.py $(FLAGS)

mutants: $(READY) ## prove the marks: grade every mutant of the solution
	@$(BIN)/python -m grader.proof --assignment "$(ASSIGNMENT)" --out "$(OUT)/mutants.json"

bench: $(VENV)/ready-dev ## measure speed beside nbgrader, otter and nbconvert (QUICK=1: a trial)
	@$(BIN)/python tests/benchmarks/run.py $(if $(PEERS),--peers "$(PEERS)")

starter: $(READY) ## make ASSIGNMENT's starter from its solution
	@if [ -f solutions/$(ASSIGNMENT)/solution.ipynb ]; then \
		$(BIN)/grader starter solutions/$(ASSIGNMENT)/solution.ipynb assignments/$(ASSIGNMENT)/starter.ipynb; \
	else $(BIN)/grader starter solutions/$(ASSIGNMENT) assignments/$(ASSIGNMENT)/starter; fi

dist: $(VENV)/ready-dev ## build wheel and source distribution into dist/ and check them
	@rm -rf dist build *.egg-info/SOURCES.txt
	@$(BIN)/python -m build --outdir dist . >/dev/null 2>&1 || $(BIN)/python -m build --outdir dist .
	@$(BIN)/twine check --strict dist/*
	@$(BIN)/check-wheel-contents dist/*.whl

image-check: ## take the Dockerfile's steps in a fresh Debian and grade in it (root, mmdebstrap)
	@$(PYTHON) docker/check.py

clean: ## remove reports and everything that was set up, but no gradebook or benchmark
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache .coverage
	find reports -mindepth 1 ! -name .gitkeep ! -name 'gradebook.db*' \
		! -path reports/bench/results.json ! -path 'reports/bench/*.svg' \( ! -type d -o -empty \) -delete

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		v=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python's venv module is missing: install it with  sudo apt-get install python$$v-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# torch comes first and pinned: a range would pull another build with gigabytes of extras.
$(VENV)/ready: pyproject.toml constraints.txt | $(VENV)/bin/pip
	@echo "setting up $(VENV) (once; torch is large)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

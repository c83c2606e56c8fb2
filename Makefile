# `make` starts the dashboard. Everything is installed into .venv on demand; PYTHON chooses the interpreter for it.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --requirement

# Tests run one thread each, so that two of them keep two cores busy; more than four want too much memory.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadgroup

.PHONY: run test test-all check lint audit bench clean

run: .venv/.installed-run
	$(BIN)/streamlit run dashboard.py

test: lint  # what is thorough is left out: see tests/rounds.py
	$(PYTEST) -m "not thorough" --durations=10

test-all: lint
	$(PYTEST) --durations=30

check: lint  # the quick round: what takes long and what needs a browser is left out
	$(PYTEST) -m "not slow and not browser and not thorough"

audit: .venv/.installed-audit  # known vulnerabilities; needs a connection to PyPI, and passes without one
	PATH="$(BIN):$$PATH" $(BIN)/python -m tests.audit

lint: .venv/.installed-dev
	bash -n .ci/run
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv/.installed-run
	$(BIN)/python -m gancore bench

.venv/.installed-audit: requirements-audit.txt | $(BIN)/pip
	$(INSTALL) requirements-audit.txt
	@touch $@

clean:  # what can be made again; never runs/
	rm -rf .venv build *.egg-info .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/pip:  # a .venv that is there already stays as it is
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/.installed-run: requirements.txt constraints.txt | $(BIN)/pip
	$(INSTALL) requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed-run
	$(INSTALL) requirements-dev.txt
	@touch $@

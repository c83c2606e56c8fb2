# `make` starts the dashboard. Everything is installed into .venv on demand; PYTHON chooses the interpreter for it.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --requirement

# Tests run one thread each, so that two of them keep two cores busy; more than four want too much memory.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadgroup

.PHONY: run test check lint bench clean

run: .venv/.installed-run
	$(BIN)/streamlit run dashboard.py

test: lint
	$(PYTEST) --durations=10

check: lint  # the quick round: what takes long and what needs a browser is left out
	$(PYTEST) -m "not slow and not browser"

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv/.installed-run
	$(BIN)/python -m gancore bench

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

# Needs Python 3.11 or newer and make; everything else is installed into .venv by the target that needs it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
WORKERS ?= auto
GRID := $(wildcard $(addprefix roots_nb/widgets/grid/,package*.json build* src/*))

.PHONY: demo lab test test-all test-lowest lint format grid package binder bench scoreboard mutants soak clean

demo: .venv/.user
	$(BIN)/roots-nb report --demo --week last --out reports --force

lab: .venv/.user
	$(BIN)/roots-nb lab --demo

test: .venv/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

test-all: .venv/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m ''

test-lowest: .venv-lowest/.dev
	.venv-lowest/bin/python -m pytest -n $(WORKERS) --dist loadgroup --ignore tests/browser -W ignore::DeprecationWarning

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

grid: .venv/.user
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .

package: .venv/.dev
	$(BIN)/python -m pytest -m '' tests/test_packaging.py tests/test_readme.py

binder: .venv/.dev
	$(BIN)/python -m pytest -m '' tests/test_binder.py

bench: .venv/.dev
	$(BIN)/python -m tests.benchmarks

scoreboard: .venv/.dev
	$(BIN)/python -m tests.scoreboard -n $(WORKERS) --dist loadgroup

mutants: .venv/.dev
	$(BIN)/python -m tests.scoreboard.mutants $(ARGS)

soak: .venv/.dev
	$(BIN)/python -m tests.soak $(ARGS)

clean:
	rm -rf .venv .venv-lowest reports build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis roots_nb/widgets/grid/static roots_nb/widgets/grid/node_modules
	find roots_nb tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.user: pyproject.toml $(GRID) | .venv/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.dev: pyproject.toml $(GRID) | .venv/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/.user

# The oldest versions that pyproject.toml allows of what a user needs; the developers' tools are the newest.
.venv-lowest/.dev: pyproject.toml $(GRID) | .venv-lowest/bin/pip
	$(@D)/bin/python -c 'import tomllib; needs = tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]; \
		print("\n".join(needs).replace(">=", "=="))' > $(@D)/constraints.txt
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(@D)/constraints.txt --editable '.[dev]'
	@touch $@

# pip comes last into a virtual environment: one without it was interrupted, and is made anew.
%/bin/pip:
	@test -n "$(PYTHON)" || { echo "roots_nb needs Python 3.11 or newer: install one, or name it: make PYTHON=/path/to/python3"; exit 1; }
	"$(PYTHON)" -m venv --clear $*

# Everything runs in .venv, which is made on the first use and again when pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test bench exhaustive check fmt

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## run the demonstration
	$(BIN)/python examples/demo.py

test: check  ## all that continuous integration runs: the checks, then the tests
	$(BIN)/python -m pytest

bench: $(VENV)/.bench  ## compare with other libraries, and print ratios and growth
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/front_end.py
	$(BIN)/python benchmarks/growth.py --longest 100000

exhaustive: $(VENV)/.dev  ## check the theorems on every small program, further than the tests do
	$(BIN)/python tests/exhaustive.py --size 3

check: $(VENV)/.dev  ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: $(VENV)/.dev  ## format the code and repair what can be repaired mechanically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# $(VENV)/.EXTRA: the project is installed together with its optional dependencies EXTRA.
$(VENV)/.%: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

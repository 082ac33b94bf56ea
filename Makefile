# Every target does its own set-up: a fresh Debian 12 with Python 3.11 and make needs nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help run test lint types migration docs bench screenshots clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/production: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/development: $(VENV)/production requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(VENV)/production ## set up, migrate, seed the demo, serve on http://127.0.0.1:8080
	$(BIN)/python run.py

test: $(VENV)/development lint types ## everything that CI runs
	$(BIN)/pytest -n auto

lint: $(VENV)/development ## style, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/development ## mypy on the core and the operations
	$(BIN)/mypy

docs: $(VENV)/production ## write the pages that come from the declarations
	$(BIN)/flask --app run docs configuration

bench/.venv/ready: requirements.txt bench/requirements.txt
	$(PYTHON) -m venv bench/.venv
	bench/.venv/bin/pip install -q --disable-pip-version-check -r requirements.txt -r bench/requirements.txt
	@touch $@

bench: bench/.venv/ready ## compare with stock frameworks, side by side; FULL=--full for the big sizes
	for script in list_page mobile_list sheets_export sheets_import; do bench/.venv/bin/python -m bench.$$script $(FULL) || exit 1; done

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

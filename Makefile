# Every target does its own set-up: a fresh Debian 12 with Python 3.11 and make needs nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Debian packages: root gets them installed, everybody else is told how.
debian = { [ "$$(id -u)" = 0 ] && apt-get update -qq \
	&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; } \
	|| { echo "缺少系统软件包，请先执行：sudo apt install $(1)"; exit 1; }

.PHONY: help run h5 mp api-client test browser lint types migration audit drills docs manuals bench screenshots clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/production: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call debian,python3-venv)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/development: $(VENV)/production requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(VENV)/production ## set up, migrate, seed the demo, serve on http://127.0.0.1:8080
	@$(BIN)/python miniprogram/build.py h5 || echo "手机端未能构建，后台照常启动；稍后可执行 make h5"
	$(BIN)/python run.py

h5: $(VENV)/production ## build the phone's program for browsers, served at /m/
	$(BIN)/python miniprogram/build.py h5

mp: $(VENV)/production ## build the WeChat mini-program: make mp VITE_API_ORIGIN=https://wy.example.com
	VITE_API_ORIGIN=$(VITE_API_ORIGIN) $(BIN)/python miniprogram/build.py mp
	$(BIN)/python miniprogram/build.py check

api-client: $(VENV)/production ## write the phone's API types from the declarations
	$(BIN)/flask --app run docs api-client

browser:
	@command -v chromium >/dev/null || $(call debian,chromium)
	@fc-list 2>/dev/null | grep -q 'Noto Sans CJK' || $(call debian,fonts-noto-cjk fontconfig)

test: $(VENV)/development lint types browser ## everything that CI runs
	$(BIN)/pytest -n auto --dist loadgroup

lint: $(VENV)/development ## style, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/development ## mypy on the core and the operations
	$(BIN)/mypy

screenshots: $(VENV)/development browser ## make the pictures of docs/images
	$(BIN)/python docs/screenshots.py

migration: $(VENV)/development ## write a migration for what changed in the models: make migration M="what changed"
	$(BIN)/flask --app run db revision --autogenerate -m "$(M)"

clean: ## remove what the targets made; the data in var/ stays
	rm -rf $(VENV) bench/.venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

audit: $(VENV)/development ## known weaknesses of the packages (asks pypi.org); secrets in the files, as every test run
	$(BIN)/pip-audit --strict --progress-spinner off -r requirements.txt
	$(BIN)/pytest tests/house/test_security.py

drills: $(VENV)/development ## rehearse faults under load and write docs/drills.md; D="web database" for some
	$(BIN)/python -m deploy.drills $(D)

docs: $(VENV)/production ## write the pages that come from the declarations
	$(BIN)/flask --app run docs configuration

manuals: $(VENV)/production ## write every manual as a PDF into var/manuals
	$(BIN)/flask --app run docs manuals var/manuals

bench/.venv/ready: requirements.txt bench/requirements.txt
	$(PYTHON) -m venv bench/.venv
	bench/.venv/bin/pip install -q --disable-pip-version-check -r requirements.txt -r bench/requirements.txt
	@touch $@

bench: bench/.venv/ready ## compare with stock frameworks, side by side; FULL=--full for the big sizes
	for script in list_page mobile_list sheets_export sheets_import bill_run late_fees bills_list; do bench/.venv/bin/python -m bench.$$script $(FULL) || exit 1; done

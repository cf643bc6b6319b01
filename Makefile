# Every target works from a fresh clone: Python 3.11 or newer, git and make are all it takes.
.DEFAULT_GOAL := help
.PHONY: help install demo test check bench mutants lock fmt lint types imports templates migrations bill audit faults
SHELL := /bin/sh

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

install: .venv/runtime ## Make the environment in .venv, nothing else

demo: .venv/runtime ## Start a shop with demo data; RESET=1 starts over, PORT=8001 serves elsewhere
	@exec env DEBUG=1 $(BIN)/python manage.py demo --port $(PORT) $(if $(RESET),--reset)

test: .venv/dev ## The whole suite, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.engines

check: .venv/dev lint types imports templates migrations test ## Everything CI runs, cheapest first

bench: .venv/dev ## The benchmarks, one JSON line for each figure
	$(BIN)/python -m benchmarks

mutants: .venv/dev ## Break the rules one by one: does a test notice? OF='inventory.pool.*' chooses
	$(BIN)/python -m tests.mutants $(if $(OF),'$(OF)')

faults: .venv/dev ## The long trials: kills, cuts, races, back-ups; writes docs/reliability.md
	$(BIN)/python -m tests.faults

fmt: .venv/dev ## Rewrite code and templates in house style
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

lint: .venv/dev ## Style and likely bugs
	$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: .venv/dev ## Strict types
	$(BIN)/mypy inventory channels orders backoffice

imports: .venv/dev ## Apps point downwards
	$(BIN)/lint-imports

templates: .venv/dev ## Template tags in house style
	git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2 --check

migrations: .venv/dev ## Models and migrations agree, and a migration breaks no running program
	$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py lintmigrations --settings tests.migration_settings

lock: .venv/runtime ## Pin what pyproject.toml asks for, with hashes; UPGRADE=1 takes newer versions
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

bill: .venv/dev ## What the program is made of, with licences: docs/sbom.json, docs/dependencies.md
	$(BIN)/python -m tests.bill

audit: .venv/dev ## Ask the advisory databases about each dependency; needs the internet
	$(BIN)/uv tool run -q pip-audit --require-hashes --disable-pip -r requirements.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	@$(PIP) uv || true

.venv/runtime: .venv/bin/python requirements.txt
	@echo "Installing what the program needs …"
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt 2>/dev/null \
	  || $(PIP) --require-hashes -r requirements.txt
	@touch $@

.venv/dev: .venv/runtime requirements-dev.txt
	@echo "Installing what the tests need …"
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.txt 2>/dev/null \
	  || $(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

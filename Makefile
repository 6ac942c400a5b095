# Commands for people and for CI. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; exit; }; done; echo python3)
VENV := .venv/bin
ARGS ?=
export PYTHONDONTWRITEBYTECODE =

.PHONY: help run test check laws law-format law-lint law-imports law-types law-web setup setup-dev web browser contract reference format lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup web ## Install what is missing, build the web app, start everything with a demo night
	@exec $(VENV)/barback run --demo $(ARGS)

test: setup-dev web browser laws ## All tests, on SQLite, PostgreSQL and in a browser; what CI runs. ARGS="-k tabs" for a few
	@$(VENV)/pytest -n 2 -m "not slow and not journey" --durations=10 $(ARGS) || [ $$? -eq 5 ]
	@# Real processes and browsers, which wait for each other a lot.
	@$(VENV)/pytest -n 3 --maxschedchunk 1 -m "slow or journey" --durations=10 $(ARGS) || [ $$? -eq 5 ]

check: setup-dev laws ## The quick half of the tests: format, lint, types, import laws, house rules
	@$(VENV)/pytest -q tests/house

laws: setup-dev # two at a time, the longest first
	@$(MAKE) --no-print-directory -j 2 law-web law-types law-imports law-lint law-format

law-format:
	@echo "check: format"; $(VENV)/ruff format --check --output-format concise || { echo "Cure: make format"; exit 1; }

law-lint:
	@echo "check: lint"; $(VENV)/ruff check --quiet --output-format concise

law-imports:
	@echo "check: imports"; $(VENV)/lint-imports --no-logo > .cache/imports.txt 2>&1 || { cat .cache/imports.txt; exit 1; }

law-types:
	@echo "check: types"; $(VENV)/python tools/node.py pyright

law-web:
	@echo "check: web"; $(VENV)/python tools/webapp.py install && $(VENV)/python tools/node.py npm --silent --prefix web run check

setup: ## Install what running needs into .venv
	@$(PYTHON) tools/setup.py

setup-dev: ## Install what the tests need as well
	@$(PYTHON) tools/setup.py --dev

web: setup ## Build the web app, when its sources have changed
	@$(VENV)/python tools/webapp.py

browser: setup-dev ## Unpack the Chromium of the browser tests; prints its path
	@$(VENV)/python tools/chromium.py

contract: setup-dev ## Write openapi.json from the routes, and the web client's types from it
	@$(VENV)/barback openapi > .cache/openapi.json && mv .cache/openapi.json openapi.json
	@$(VENV)/python tools/webapp.py install && $(VENV)/python tools/node.py npm --silent --prefix web run contract

reference: setup-dev ## Write docs/reference from the code
	@$(VENV)/python tools/reference.py

format: setup-dev ## Format the source and put right what can be put right by itself
	@$(VENV)/ruff format --quiet; $(VENV)/ruff check --fix --quiet

lock: ## Choose dependencies anew (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --upgrade --quiet --output-file requirements-dev.lock
	@uv pip compile pyproject.toml --group build --constraints requirements-dev.lock --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command "make lock" --upgrade --quiet --output-file requirements.lock

clean: ## Remove what the tools made (not your data)
	rm -rf .venv .cache src/barback/server/static web/node_modules tools/npm/node_modules dist

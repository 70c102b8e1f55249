# Two commands begin everything: `make up` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LAYER := build/layer.zip
MODULES := backoffice/node_modules/.package-lock.json
PAGES := backoffice/dist/index.html
PAGES_SOURCE := $(shell find backoffice -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.gen.ts')
STACK ?= dev

.PHONY: help up down preview test lint types unit browser bench layer pages backoffice-dev schema docs mutation lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

up: $(READY) $(LAYER) $(PAGES) ## run the whole platform on this machine (STACK=dev), with a fleet
	@$(BIN)/ev up $(STACK)

down: $(READY) ## stop it, and leave nothing
	@$(BIN)/ev down $(STACK)

preview: $(READY) $(LAYER) $(PAGES) ## preview a stack (STACK=dev) and its policies: no CLI, no network
	@$(BIN)/ev preview $(STACK) --policy-pack policy

test: lint types unit ## lint, types and every test

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy .
	@$(BIN)/mypy policy/__main__.py

unit: $(READY) $(LAYER) $(PAGES) browser
	@cd backoffice && npm test --silent
	@$(BIN)/pytest -n auto --dist loadgroup

browser: $(READY) # the browser that the back office is tested in
	@command -v chromium chromium-browser google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || $(BIN)/playwright install chromium

bench: $(READY) $(LAYER) $(PAGES) ## measure speed against a reference of the same run
	@$(BIN)/python -m bench

mutation: $(READY) $(LAYER) $(PAGES) ## weaken all resources of all stacks: the policy pack must see it
	@PYTHONPATH=policy:functions $(BIN)/python -m tests.policy.mutation docs

layer: $(LAYER) ## build the functions' dependency layer (arm64) from its lock

pages: $(PAGES) ## build the back office's pages

backoffice-dev: $(READY) $(PAGES) ## serve the back office alone, over a generated fleet
	@PYTHONPATH=functions $(BIN)/python -m local.demo

schema: $(READY) ## write docs/config.schema.json from the settings
	@$(BIN)/python -m components.settings > docs/config.schema.json

docs: $(READY) ## write the generated pages of docs/, and the OpenAPI documents
	@PYTHONPATH=functions $(BIN)/python -m pages
	@cd policy && ../$(BIN)/python -m guardrails docs README.md
	@PYTHONPATH=policy $(BIN)/python -m tests.policy.coverage
	@$(BIN)/python -m cli.docs

lock: ## resolve the lock files anew (needs uv)
	@uv pip compile -q pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -o requirements-dev.txt
	@uv pip compile -q pyproject.toml --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header -c requirements-dev.txt -o requirements.txt
	@uv pip compile -q functions/requirements.in --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -c requirements-dev.txt \
	  -o functions/requirements.txt

clean: ## remove everything that was built
	@rm -rf .venv build .local backoffice/dist backoffice/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis ./*.egg-info

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version 2>&1) was found: set PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "Setting up .venv (once)" >&2
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing --python $(PYTHON) .venv; \
	  uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.txt; \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(PYTHON) -m venv .venv; \
	  $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt; \
	  $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

$(MODULES): backoffice/package.json backoffice/package-lock.json backoffice/.npmrc
	@command -v npm >/dev/null || { echo "Node 20 or newer is needed for the back office: install it, with npm" >&2; exit 2; }
	@echo "Installing the back office's packages (once)" >&2
	@cd backoffice && npm ci --silent
	@touch $@

$(PAGES): $(MODULES) $(PAGES_SOURCE) functions/staff_api/openapi.json
	@cd backoffice && npm run --silent build
	@touch $@

$(LAYER): functions/requirements.txt functions/build_layer.py | $(READY)
	@$(BIN)/python functions/build_layer.py $@

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
VERSION = $(shell $(BIN)/slipway --version)
SPEC ?= examples/churn/slipway.yaml

.PHONY: help install dev run down test lint types imports check compile lock images bench clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## .venv with the suite in it

.venv/installed: pyproject.toml requirements.in requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the suite into .venv (about a minute)"
	@sed -nE '/^(pip|setuptools)==/,/# via/p' requirements.lock > .venv/build.txt
	@$(PIP) install --requirement .venv/build.txt
	@$(PIP) install --constraint requirements.lock --requirement requirements.in
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

dev: .venv/dev ## the same with what development needs

.venv/dev: .venv/installed
	@$(PIP) install --constraint requirements.lock --group dev
	@touch $@

run: install ## from the example's table to a served model
	@$(BIN)/slipway run --spec $(SPEC)

down: install ## end the server that run started
	@$(BIN)/slipway down

test: dev ## every test that can run on this machine
	@$(BIN)/pytest -n 2

lint: dev ## style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: dev ## types
	@$(BIN)/mypy

imports: dev ## lower rooms never import higher ones
	@$(BIN)/lint-imports

check: lint types imports ## lint, types and the import contract

compile: dev ## the compiled pipelines and the components' READMEs
	@$(BIN)/slipway compile --output pipelines/compiled
	@$(BIN)/python -m slipway.orchestration.readme components

lock: ## the lock file, anew
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(PIP) install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
	  --group build --group dev --group server --no-emit-index-url --custom-compile-command 'make lock' \
	  pyproject.toml --output-file requirements.lock

images: install ## both images, with docker
	docker build --file images/components/Dockerfile --tag slipway/python-components:$(VERSION) .
	docker build --file images/server/Dockerfile --tag slipway/server:$(VERSION) .

bench: dev ## the pipeline's overhead
	@$(BIN)/python benchmarks/pipeline.py

clean: ## everything that was made here, but not what a run left in .slipway
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

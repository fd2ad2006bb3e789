PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' src/slipway/__init__.py)
SPEC ?= examples/churn/slipway.yaml

include versions.env

LOCK = $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command 'make lock'
# What onnxruntime, cffi and XGBoost name for tools and a Python interface that a server does not use.
NOT_IN_SERVER = flatbuffers mpmath protobuf pycparser scipy sympy

BASE ?= python:3.11-slim
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null)
SOURCE ?=
BUILD = docker build --build-arg BASE=$(BASE) --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
  --build-arg SOURCE=$(SOURCE)

KFP = github.com/kubeflow/pipelines/manifests/kustomize
GATEWAY_API = https://github.com/kubernetes-sigs/gateway-api/releases/download/$(GATEWAY_API_VERSION)/standard-install.yaml
KUBECTL = kubectl --context kind-slipway
CHURN = /api/v1/namespaces/slipway/services/churn:http/proxy

.PHONY: help install dev run down test lint types imports check compile lock images bench clean kind-cluster kind-up kind-images kind-test kind-e2e kind-down

help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

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
	@$(BIN)/hadolint images/*/Dockerfile

types: dev ## types
	@$(BIN)/mypy

imports: dev ## lower rooms never import higher ones
	@$(BIN)/lint-imports

check: lint types imports workflows ## lint, types, the import contract and the workflows

compile: dev ## the compiled pipelines, and each component's README and YAML
	@$(BIN)/slipway compile --output pipelines/compiled
	@$(BIN)/python -m slipway.orchestration.folders components

lock: ## the lock file, anew; UPGRADE=--upgrade takes the newest of everything
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(PIP) install uv
	@$(LOCK) --all-extras --group build --group dev --group server --group docs --group audit pyproject.toml \
	  --output-file requirements.lock
	@$(LOCK) --constraint requirements.lock --extra s3 --extra gs --extra az --extra sql pyproject.toml \
	  --output-file images/components/requirements.lock
	@$(LOCK) --constraint requirements.lock --group server $(NOT_IN_SERVER:%=--no-emit-package %) \
	  --output-file images/server/requirements.lock

images: install ## both images, with docker: BASE, REVISION and SOURCE can be given
	$(BUILD) --file images/components/Dockerfile --tag $(LOCAL_components) .
	$(BUILD) --file images/server/Dockerfile --tag $(LOCAL_server) .

kind-cluster: ## a kind cluster
	@kind get clusters | grep -qx slipway || kind create cluster --config kind-config.yaml --image $(KIND_NODE)

kind-up: kind-cluster ## a kind cluster with KFP and what slipway needs in it
	@$(KUBECTL) apply -k "$(KFP)/cluster-scoped-resources?ref=$(KFP_VERSION)"
	@$(KUBECTL) wait --for condition=established --timeout=60s crd/applications.app.k8s.io
	@$(KUBECTL) apply -k "$(KFP)/env/platform-agnostic?ref=$(KFP_VERSION)"
	@$(KUBECTL) apply -k manifests/overlays/kind
	@$(KUBECTL) wait --for condition=available --timeout=900s --namespace kubeflow deployment --all

kind-images: images ## both images, on the nodes of the kind cluster
	@kind load docker-image --name slipway $(LOCAL_server) $(LOCAL_components)

kind-test: dev kind-images ## the cluster tests, on kind
	@$(KUBECTL) apply --server-side --filename $(GATEWAY_API)
	@kind get kubeconfig --name slipway > .venv/kind.kubeconfig
	@SLIPWAY_TEST_KUBECONFIG=.venv/kind.kubeconfig SLIPWAY_TEST_IMAGE=$(LOCAL_server) $(BIN)/pytest tests/cluster

kind-e2e: dev kind-up kind-images ## the whole path on kind: submit to KFP, wait, ask the Service that it deployed
	@$(KUBECTL) --namespace kubeflow create secret generic churn-data --from-file=examples/churn/churn.csv \
	  --dry-run=client --output yaml | $(KUBECTL) apply --server-side -f -
	@$(BIN)/slipway submit examples/churn/kind.yaml --context kind-slipway --reason kind-e2e --timeout 1800
	@$(KUBECTL) get --raw $(CHURN)/ | $(BIN)/python -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["example"]))' \
	  | $(KUBECTL) create --raw $(CHURN)/predict -f -

kind-down: ## the end of the kind cluster
	@kind delete cluster --name slipway

bench: dev ## the pipeline's overhead
	@$(BIN)/python benchmarks/pipeline.py

clean: ## everything that was made here, but not what a run left in .slipway
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

include ci.mk

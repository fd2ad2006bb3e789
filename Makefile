PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' src/slipway/__init__.py)
SPEC ?= examples/churn/slipway.yaml

include versions.env

KFP = github.com/kubeflow/pipelines/manifests/kustomize
KUBECTL = kubectl --context kind-slipway

# Where images are pushed to, such as ghcr.io/you; with it sbom, scan and sign look at what was pushed, by digest.
REGISTRY ?=
TAG ?= $(VERSION)
SYFT ?= syft
GRYPE ?= grype
COSIGN ?= cosign
IMAGES = server components
LOCAL_server = slipway/server:$(VERSION)
LOCAL_components = slipway/python-components:$(VERSION)
pushed = $(REGISTRY)/$(firstword $(subst :, ,$(LOCAL_$1)))
image = $(if $(REGISTRY),$(pushed)@$$(cat build/$1.digest),$(LOCAL_$1))

.PHONY: help version install dev run down test lint types imports check actions docs audit compile lock dist publish \
  images push sbom scan sign submit bench clean kind-cluster kind-up kind-images kind-test kind-down

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

version: ## the version
	@echo $(VERSION)

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

lint: dev ## style, and what workflows must not do
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/zizmor --offline --quiet --pedantic --strict-collection .github

types: dev ## types
	@$(BIN)/mypy

imports: dev ## lower rooms never import higher ones
	@$(BIN)/lint-imports

check: lint types imports ## lint, types and the import contract

actions: ## what is wrong in workflows; needs go
	@set -a && . ./versions.env && go run github.com/rhysd/actionlint/cmd/actionlint@$$ACTIONLINT_VERSION

.venv/docs: .venv/dev
	@$(PIP) install --constraint requirements.lock --group docs
	@touch $@

docs: .venv/docs ## the documentation, in build/site
	@$(BIN)/python -m reference docs/reference
	@$(BIN)/zensical build --clean --strict

.venv/audit: .venv/installed
	@$(PIP) install --constraint requirements.lock --group audit
	@touch $@

audit: .venv/audit ## known vulnerabilities in the lock; asks the network
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

compile: dev ## the compiled pipelines and the components' READMEs
	@$(BIN)/slipway compile --output pipelines/compiled
	@$(BIN)/python -m slipway.orchestration.readme components

lock: ## the lock file, anew; UPGRADE=--upgrade takes the newest of everything
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(PIP) install uv
	@$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --all-extras \
	  --group build --group dev --group server --group docs --group audit --no-emit-index-url --custom-compile-command 'make lock' \
	  pyproject.toml --output-file requirements.lock

images: ## both images, with docker
	docker build --file images/components/Dockerfile --tag slipway/python-components:$(VERSION) .
	docker build --file images/server/Dockerfile --tag slipway/server:$(VERSION) .

dist: dev ## the source distribution and the wheel, in dist
	@rm -rf dist
	@$(BIN)/uv build --quiet --python $(BIN)/python --no-build-isolation

.venv/bin/uv: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@sed -nE '/^uv==/,/# via/p' requirements.lock > .venv/uv.txt
	@$(PIP) install --requirement .venv/uv.txt
	@touch $@

publish: .venv/bin/uv ## what is in dist, on PyPI; by trusted publishing where CI offers it
	@$(BIN)/uv publish dist/*

push: $(IMAGES:%=push-%) ## both images to REGISTRY, with provenance; their digests in build/*.digest
sbom: $(IMAGES:%=sbom-%) ## what is in both images, as CycloneDX, in build/*.cdx.json; needs syft
scan: $(IMAGES:%=scan-%) ## known vulnerabilities that have a fix, in both images; needs grype and sbom
sign: $(IMAGES:%=sign-%) ## signatures of what was pushed, without a key, and of its sbom; needs cosign

push-%:
	$(if $(REGISTRY),,$(error REGISTRY is empty: name where to push to, such as REGISTRY=ghcr.io/you))
	@mkdir -p build
	docker buildx build --file images/$*/Dockerfile --tag $(call pushed,$*):$(TAG) --provenance mode=max --push \
	  --metadata-file build/$*.json .
	@sed -nE 's/.*"containerimage.digest": *"([^"]*)".*/\1/p' build/$*.json > build/$*.digest

sbom-%:
	@mkdir -p build
	@$(SYFT) scan $(if $(REGISTRY),registry,docker):$(call image,$*) --quiet --output cyclonedx-json=build/$*.cdx.json

scan-%:
	@$(GRYPE) sbom:build/$*.cdx.json --fail-on high --only-fixed

sign-%:
	$(if $(REGISTRY),,$(error REGISTRY is empty: only what was pushed can be signed))
	$(COSIGN) sign --yes $(call image,$*)
	$(COSIGN) attest --yes --type cyclonedx --predicate build/$*.cdx.json $(call image,$*)

submit: install ## a run of SPEC with IMAGE on the KFP at KF_PIPELINES_ENDPOINT, followed to its end
	@$(BIN)/slipway submit --spec $(SPEC) $(if $(IMAGE),--image $(IMAGE))

kind-cluster: ## a kind cluster
	@kind get clusters | grep -qx slipway || kind create cluster --config kind-config.yaml --image $(KIND_NODE)

kind-up: kind-cluster ## a kind cluster with KFP and what slipway needs in it
	@$(KUBECTL) apply -k "$(KFP)/cluster-scoped-resources?ref=$(KFP_VERSION)"
	@$(KUBECTL) wait --for condition=established --timeout=60s crd/applications.app.k8s.io
	@$(KUBECTL) apply -k "$(KFP)/env/platform-agnostic?ref=$(KFP_VERSION)"
	@$(KUBECTL) apply -k manifests/overlays/kind
	@$(KUBECTL) wait --for condition=available --timeout=900s --namespace kubeflow deployment --all

kind-images: images ## both images, on the nodes of the kind cluster
	@kind load docker-image --name slipway slipway/server:$(VERSION) slipway/python-components:$(VERSION)

kind-test: dev kind-images ## the cluster tests, on kind
	@kind get kubeconfig --name slipway > .venv/kind.kubeconfig
	@SLIPWAY_TEST_KUBECONFIG=.venv/kind.kubeconfig SLIPWAY_TEST_IMAGE=slipway/server:$(VERSION) $(BIN)/pytest tests/cluster

kind-down: ## the end of the kind cluster
	@kind delete cluster --name slipway

bench: dev ## the pipeline's overhead
	@$(BIN)/python benchmarks/pipeline.py

clean: ## everything that was made here, but not what a run left in .slipway
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

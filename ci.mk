# What CI does besides the checks: the site, the audit, images that are pushed and signed, a release.

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

.PHONY: version actions workflows docs audit dist publish push sbom scan sign submit

version: ## the version
	@echo $(VERSION)

workflows: dev ## what workflows must not do
	@$(BIN)/zizmor --offline --quiet --pedantic --strict-collection .github

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
	$(subst docker build,docker buildx build,$(or $(BUILD),docker build)) --file images/$*/Dockerfile \
	  --tag $(call pushed,$*):$(TAG) --provenance mode=max --push --metadata-file build/$*.json .
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

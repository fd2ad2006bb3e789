# What CI does besides the checks: the site, the audit, images that are pushed and signed, a release.

# Where images are pushed to, such as ghcr.io/you.
REGISTRY ?=
TAG ?= $(VERSION)
SYFT ?= syft
GRYPE ?= grype
COSIGN ?= cosign
IMAGES = server components
LOCAL_server = localhost/slipway/server:$(VERSION)
LOCAL_components = localhost/slipway/python-components:$(VERSION)
pushed = $(if $(REGISTRY),$(REGISTRY)/$(patsubst localhost/%:$(VERSION),%,$(LOCAL_$1)),$(error REGISTRY is empty: name where to push to, such as REGISTRY=ghcr.io/you))

.PHONY: version base actions workflows docs audit dist publish push sbom scan sign submit

version: ## the version
	@echo $(VERSION)

base: ## the base image, by digest, that CI builds on
	@sed -n 's/^FROM //p' images/base/Dockerfile

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

sbom: $(IMAGES:%=sbom-%) ## what is in both images, as CycloneDX, in build/*.cdx.json; needs syft
scan: $(IMAGES:%=scan-%) ## known vulnerabilities that have a fix, in both images; needs grype
push: $(IMAGES:%=push-%) ## both images, as they were built and scanned, to REGISTRY; their digests in build/*.digest
sign: $(IMAGES:%=sign-%) ## signatures of what was pushed, without a key, and of its sbom; needs cosign

sbom-%:
	@mkdir -p build
	@$(SYFT) scan docker:$(LOCAL_$*) --quiet --output cyclonedx-json=build/$*.cdx.json

scan-%: sbom-%
	@$(GRYPE) sbom:build/$*.cdx.json --fail-on high --only-fixed

push-%:
	@mkdir -p build
	docker tag $(LOCAL_$*) $(call pushed,$*):$(TAG)
	docker push $(call pushed,$*):$(TAG)
	@docker image inspect --format '{{join .RepoDigests "\n"}}' $(LOCAL_$*) | sed -n 's#^$(call pushed,$*)@##p' > build/$*.digest
	@test -s build/$*.digest

sign-%:
	$(COSIGN) sign --yes $(call pushed,$*)@$$(cat build/$*.digest)
	$(COSIGN) attest --yes --type cyclonedx --predicate build/$*.cdx.json $(call pushed,$*)@$$(cat build/$*.digest)

submit: install ## a run of SPEC with IMAGE on the KFP at KF_PIPELINES_ENDPOINT, followed to its end
	@$(BIN)/slipway submit --spec $(SPEC) $(if $(IMAGE),--image $(IMAGE))

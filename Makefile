# The tasks of this repository. `make demo` and `make test` set up what they need: Python 3.11 or newer is enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

# Tests are rewritten and compiled once, even on a machine that turns such caches off: each process would do it again.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help
help:  ## Try: list the tasks
	@for group in Try Check Maintain; do \
	  echo "$$group"; \
	  sed -nE "s/^([a-z-]+):.*## $$group: /  \1\t/p" $(MAKEFILE_LIST) | expand -t 20; \
	done

ENOUGH = @$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
INSTALL = $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps

# The demo needs little, and finds the sources by a file of paths. What comes later goes into the same place.
.venv/demo: requirements-demo.txt
	$(ENOUGH)
	@echo "Setting up .venv with what the demo needs, once. This takes about 20 seconds."
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --require-hashes -r requirements-demo.txt
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "demo.pth").write_text("\n".join(str(pathlib.Path(name).resolve()) for name in ("src", "tests", "tools")))'
	@touch $@

.venv/ready: requirements-dev.txt pyproject.toml
	$(ENOUGH)
	@echo "Setting up .venv with what the tests need, once. This takes about a minute."
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@$(INSTALL) --no-build-isolation --editable .
	@touch .venv/demo $@

.PHONY: lock
# Named by actions-toolkit for what is never imported here.
UNUSED := requests urllib3 charset-normalizer cryptography cffi pycparser
lock: .venv/ready  ## Maintain: resolve the locked versions again; network
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml -o requirements.txt --custom-compile-command 'make lock' \
	  $(addprefix --no-emit-package ,$(UNUSED))
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group dev -o requirements-dev.txt --custom-compile-command 'make lock'
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group demo -c requirements-dev.txt -o requirements-demo.txt --custom-compile-command 'make lock' \
	  $(addprefix --no-emit-package ,$(UNUSED))
	$(BIN)/uv pip compile --quiet --upgrade --group tools -o requirements-tools.txt --custom-compile-command 'make lock'

.PHONY: demo
SCENARIO ?= healthy
demo: .venv/demo  ## Try: deploy to the simulator, as the runner would (SCENARIO=list lists all demos); a minute
	@$(BIN)/python tools/demo.py $(SCENARIO)

.PHONY: test
test: .venv/ready  ## Check: format, lint, types, boundaries, and all fast tests; 3 minutes
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(QUICK_TESTS) $(if $(COVER),$(KEEP_COVERAGE))

# Without plugins that are slow to import; what needs schemathesis is long.
QUICK_TESTS = $(BIN)/pytest -n 2 --dist worksteal -p no:schemathesis -p no:anyio -m 'not container and not workflow and not browser and not long and not hostile'
# What is covered is kept for `make test-rest`, which holds the minimum over both.
KEEP_COVERAGE = --cov --cov-report= --cov-fail-under=0

.PHONY: test-orders
ORDERS ?= file reversed 1 2
test-orders: .venv/ready  ## Check: the tests of `make test` in file order, reversed, and shuffled (ORDERS=7); 7 minutes
	for order in $(ORDERS); do $(QUICK_TESTS) --order $$order; done

.PHONY: test-long
test-long: .venv/ready  ## Check: everything that needs no Docker, and the coverage minimum; 7 minutes
	$(QUICK_TESTS) $(KEEP_COVERAGE)
	$(MAKE) test-rest COVER=1

.PHONY: test-rest
test-rest: .venv/ready  ## Check: what `make test` leaves out, and a few runs of the matrices; 3 minutes
	$(BIN)/pytest -n 4 --dist worksteal $(if $(COVER),--cov --cov-append --cov-report=term) --chaos-runs 100 --shape-runs 40 --alias-runs 40 --timeout 1800 -m 'long or matrix'

.PHONY: chaos
chaos: .venv/ready  ## Check: the fault matrix, 1,000 runs; 2 minutes
	$(BIN)/pytest -q -s tests/stories/test_chaos.py --chaos-runs 1000 --timeout 1800

.PHONY: shapes
shapes: .venv/ready  ## Check: the shape matrix, 2,000 runs; 6 minutes
	$(BIN)/pytest -q -s tests/stories/test_shape_matrix.py --shape-runs 2000 --timeout 1800

.PHONY: aliases
aliases: .venv/ready  ## Check: the alias matrix, 1,000 runs; 2 minutes
	$(BIN)/pytest -q -s tests/stories/test_alias_matrix.py --alias-runs 1000 --timeout 1800

.PHONY: hostile
hostile: .venv/ready  ## Check: 10,000 examples of hostile text, replies, and keys; 4 minutes
	$(BIN)/pytest -n 2 --dist worksteal --hypothesis-profile ci --timeout 1800 tests/stories/test_{hostile,fuzz,secrets}.py tests/unit/test_text.py tests/unit/api/test_har.py

.PHONY: mutants
MODULES ?=
mutants: .venv/ready  ## Check: bugs put in one at a time, and which no test notices (ALL=1, or MODULES="decide.plan"); 10 minutes
	$(BIN)/python tools/mutants.py $(if $(ALL),--all) $(MODULES)

.PHONY: goldens
goldens: .venv/ready  ## Maintain: write the golden files again, to read the diff; a minute
	$(BIN)/pytest -q tests/stories/test_stories.py tests/stories/test_rollback_stories.py --write-goldens

IMAGE := cerebras-deploy-action:local
SIMULATOR_IMAGE := cerebras-management-simulator:local

.PHONY: image
BASE ?= debian:trixie-slim
image:  ## Maintain: build the action's image and the simulator's; Docker
	docker build --build-arg BASE=$(BASE) --tag $(IMAGE) .
	docker build --build-arg BASE=$(BASE) --tag $(SIMULATOR_IMAGE) --target simulator .

# What stands between the action and the API in some of the tests of the image, and what a release is rehearsed with.
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)
.PHONY: parts
parts:  ## Maintain: install nginx, squid, dnsmasq, skopeo, and a registry if they are missing; Debian
	@missing=(); \
	for part in nginx:nginx-light squid:squid dnsmasq:dnsmasq-base docker-registry:docker-registry skopeo:skopeo; do \
	  PATH=$$PATH:/usr/sbin command -v "$${part%:*}" > /dev/null || missing+=("$${part#*:}"); \
	done; \
	if (($${#missing[@]})); then \
	  $(SUDO) apt-get update -qq; $(SUDO) apt-get install --yes -qq --no-install-recommends "$${missing[@]}"; \
	fi

.PHONY: test-image
# In a release, the images that Docker has were loaded from what will be pushed, and are not built again: BUILT=1.
BUILT ?=
test-image: .venv/ready $(if $(BUILT),,image) parts  ## Check: the image, run as the runner runs it, and rehearsed releases; 5 minutes, Docker
	$(BIN)/pytest -n 3 --dist loadfile -m 'container and not alone' tests/image tests/runner
	$(BIN)/pytest -m 'container and alone' tests/image tests/runner

TOOLS := .venv/tools/bin

.venv/tools/ready: requirements-tools.txt | .venv/ready
	$(PYTHON) -m venv .venv/tools
	$(TOOLS)/python -m pip --quiet --disable-pip-version-check install --require-hashes --no-deps -r requirements-tools.txt
	@touch $@

.PHONY: test-workflow
test-workflow: .venv/tools/ready  ## Check: the selftest workflow and the examples, run with act; 3 minutes, Docker
	$(BIN)/pytest -n 4 --dist worksteal -p no:schemathesis -m workflow tests/repository/test_workflow.py tests/repository/test_examples.py

.PHONY: lint
lint: .venv/tools/ready  ## Check: hadolint
	$(TOOLS)/hadolint Dockerfile .github/images/Dockerfile

.PHONY: workflows-lint
workflows-lint: .venv/tools/ready  ## Check: actionlint and zizmor
	$(TOOLS)/actionlint
	$(TOOLS)/actionlint examples/*.yml
	$(TOOLS)/zizmor --offline --pedantic --no-progress --quiet . examples/*.yml

.PHONY: audit
audit: .venv/tools/ready  ## Check: known vulnerabilities in the locked packages; network
	$(TOOLS)/pip-audit --strict --disable-pip --require-hashes -r requirements.txt -r requirements-dev.txt -r requirements-tools.txt

.PHONY: release-dry-run
release-dry-run:  ## Maintain: what a release would commit, tag, and say, in a scratch clone
	@PYTHONPATH=tools $(PYTHON) -m release dry-run

.PHONY: bump
bump:  ## Maintain: write the next version wherever it stands (VERSION=1.2.3)
	@PYTHONPATH=tools $(PYTHON) -m release bump $(VERSION)

tests/stories/render/node_modules/ready: tests/stories/render/package-lock.json
	@missing=(); \
	command -v chromium > /dev/null || missing+=(chromium fonts-noto-color-emoji); \
	command -v npm > /dev/null || missing+=(npm); \
	if (($${#missing[@]})); then \
	  apt-get update -qq; apt-get install --yes -qq --no-install-recommends "$${missing[@]}"; \
	fi
	npm --prefix tests/stories/render ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-page
test-page: .venv/ready tests/stories/render/node_modules/ready  ## Check: the job summary and the simulator's page in Chromium; pictures in build/; a minute
	$(BIN)/pytest -n 2 --dist worksteal -m browser tests

tools/bench/node_modules/action.mjs: tools/bench/action.js tools/bench/package-lock.json
	npm --prefix tools/bench ci --ignore-scripts --no-audit --no-fund --loglevel=error
	tools/bench/node_modules/.bin/esbuild $< --bundle --platform=node --format=esm --outfile=$@ --log-level=warning \
	  --banner:js='import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'

.PHONY: bench
RUNS ?= 15
bench: .venv/ready image tools/bench/node_modules/action.mjs  ## Maintain: start, memory, size, and waiting, beside Node and other actions (RUNS=15); Docker
	@$(BIN)/python -m bench $(RUNS)

.PHONY: bench-beside
bench-beside: .venv/ready image  ## Maintain: start, memory, and size beside an earlier revision (REVISION=v1.0.0); Docker
	git archive $(REVISION) | docker build --tag before:local -
	@$(BIN)/python -m bench $(RUNS) before:local

.PHONY: bench-packing
bench-packing: .venv/ready image parts  ## Maintain: how long the image takes to pull, by how it is packed (RUNS=15); Docker, zstd, root
	@$(BIN)/python -m bench.packing $(RUNS)

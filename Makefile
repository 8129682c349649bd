# Everything a contributor needs, one word each. Every target sets up what it needs; `make help` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Hundreds of processes are started, each of them a second quicker where modules are kept compiled.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.seatrial-ready
IMAGE := seatrial-reference:latest
REPORT := seatrial-report
TORCH ?= torch

.PHONY: help certify test matrix lint format docs bench bench-llm base-image image image-llm sample-llm test-engines field-trials field-trial-vllm matrix-full pins clean browser

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

certify: $(READY) ## build the reference image and certify it; without a Docker engine, the server as a process
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/certify $(IMAGE) $(REPORT)

test: $(READY) browser ## run every test but the kill matrix
	@$(BIN)/python tests/run.py

matrix: $(READY) ## the kill matrix: every mutant is caught for its reason, every oddity passes
	@$(BIN)/python tests/run.py matrix

lint: $(READY) ## ruff, mypy --strict, import-linter, pinned versions
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@echo "lint: clean"

format: $(READY) ## let ruff format and mend what it can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

docs: $(READY) ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "docs: site/index.html"

bench: $(READY) ## measure what the project promises, side by side in one run
	@$(BIN)/python tests/bench/run.py

# Those of the engines whose environments `make test-engines` made; the light one needs none.
bench-llm: $(READY) ## the engines of language models over HTTP, side by side in one run
	@$(BIN)/python tests/bench/llm.py

base-image: ## make a base image without any registry
	@$(PYTHON) reference_server/images/base.py --tag seatrial-base:bookworm

image: $(READY) ## build the reference image
	@$(BIN)/python -m seatrial.reference_server.images.build

image-llm: $(READY) ## build the reference image of a language model
	@$(BIN)/python -m seatrial.reference_server.images.build --backend llm

# torch is 5 GB and only this needs it: it gets an environment of its own, and nothing else ever asks for it.
sample-llm: $(READY) ## train the sample language model anew, in an environment of its own (torch, 5 GB)
	@uv=uv; uv --version >/dev/null 2>&1 || uv="$(CURDIR)/$(BIN)/uv"; \
	"$$uv" venv --quiet --allow-existing --python "$(BIN)/python" .venvs/torch; \
	VIRTUAL_ENV=.venvs/torch "$$uv" pip install --quiet --constraint constraints/all.txt $(TORCH) numpy orjson safetensors tokenizers; \
	cd .venvs && PYTHONPATH="$(CURDIR)" torch/bin/python -m seatrial.reference_server.samples.llm_recipe.train \
	  --out "$(CURDIR)/reference_server/samples/llm"

# Each with torch, and neither with the versions of the other: two environments.
test-engines: $(READY) ## the tests of every engine of language models, in environments of their own (torch, 10 GB)
	@uv=uv; uv --version >/dev/null 2>&1 || uv="$(CURDIR)/$(BIN)/uv"; \
	for engine in transformers vllm; do \
	  "$$uv" venv --quiet --allow-existing --python "$(BIN)/python" .venvs/$$engine; \
	  export VIRTUAL_ENV=.venvs/$$engine; \
	  if [ $$engine = vllm ]; then \
	    "$$uv" pip install --quiet --no-deps -r tests/field_trials/vllm/requirements.txt; \
	    .venvs/vllm/bin/python tests/field_trials/vllm/rename.py; \
	    "$$uv" pip install --quiet --override tests/field_trials/vllm/requirements.txt --editable '.[server,llm]' --group test; \
	  else "$$uv" pip install --quiet --constraint constraints/dev.txt --editable '.[server,transformers]' --group test; fi; \
	  SEATRIAL_TEST_ENGINE=$$engine .venvs/$$engine/bin/python -m pytest tests/reference_server/llm_engines; \
	done

field-trials: $(READY) ## certify servers that nobody here wrote
	@PYTHONPATH=tests $(BIN)/python -m field_trials.run

# Six gigabytes and half an hour: only where it is asked for.
field-trial-vllm: $(READY) ## certify vLLM: as an image, as a process, and with a customer's model.py
	@PYTHONPATH=tests $(BIN)/python -m field_trials.run --server vllm --server vllm_custom

matrix-full: $(READY) ## every mutant against every scenario, with true times
	@PYTHONPATH=tests $(BIN)/python -m kill_matrix.full

pins: $(READY) ## resolve the pinned versions anew
	@uv=uv; uv --version >/dev/null 2>&1 || uv=$(BIN)/uv; \
	flags="--quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate"; \
	"$$uv" pip compile $$flags --upgrade pyproject.toml --extra all --group dev --group bench -o constraints/dev.txt; \
	"$$uv" pip compile $$flags pyproject.toml --extra all -c constraints/dev.txt -o constraints/all.txt

clean: ## remove the environment, caches, reports, and what interrupted trials left behind
	@if [ -x $(BIN)/seatrial ]; then $(BIN)/seatrial clean; fi
	@rm -rf $(VENV) build dist site $(REPORT) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The browser tests drive a real Chromium; where it can be neither found nor installed they fail and say so.
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium for the browser tests"; \
	  (apt-get update -qq && apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends chromium) >/dev/null; \
	else echo "chromium is missing: the browser tests will fail; install it, for example apt-get install chromium"; fi

# A stamp, so that a second call costs nothing. uv does it in seconds; where it is missing, pip installs it first.
$(READY): pyproject.toml constraints/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: seatrial needs Python 3.11 or newer; try make PYTHON=python3.12"; exit 1; }
	@if uv --version >/dev/null 2>&1; then uv=uv; uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV); \
	else $(PYTHON) -m venv $(VENV); $(BIN)/python -m pip install --quiet uv; uv=$(BIN)/uv; fi; \
	VIRTUAL_ENV=$(VENV) "$$uv" pip install --quiet --constraint constraints/dev.txt --editable '.[all]' --group dev --group bench
	@touch $@

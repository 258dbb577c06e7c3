# The verbs of this repository. Each says what it does, and each can be run again at no cost.
.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench proto bases clean
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
# The interpreter the virtual environment is made with: Python 3.11 or newer.
PYTHON ?= python3
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Boxes need root; the state folder of whoever calls must survive sudo.
AS_ROOT := $(if $(SUDO),$(SUDO) --preserve-env=SANDBOX_STATE_DIR$(,)SANDBOX_RUN_DIR$(,)SANDBOX_REQUIRE)
PYTEST_ARGS ?=
# CPU seconds for each program of the demo; a much slower machine needs more.
DEMO_TIMEOUT ?= 3
, := ,

export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Print this
	@echo 'Verbs (root, or sudo, is asked for where boxes and OS packages need it):'
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

install: $(VENV)/installed gvisor image ## Install what running boxes needs: the package in .venv, gVisor, the Python image
	@echo 'Installed. Try: $(if $(SUDO),sudo )$(BIN)/sandbox run images/python/smoke.py'

demo: install ## Test HumanEval's own solutions, then run hostile programs, each in its own box
	@report=$$(mktemp -d); trap 'rm -rf "$$report"' EXIT; \
	echo '== The 164 reference solutions of HumanEval: all of them must pass'; \
	$(AS_ROOT) $(BIN)/sandbox evaluate --canonical --problems humaneval --timeout $(DEMO_TIMEOUT) --out "$$report/results.jsonl"; \
	echo '== Programs that attack: what each of them came to'; \
	$(AS_ROOT) $(BIN)/sandbox run --timeout $(DEMO_TIMEOUT) examples/hostile/*.py

test: $(VENV)/installed-dev gvisor image docker ## Run all tests (PYTEST_ARGS='tests/unit -x' for some of them)
	$(AS_ROOT) $(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/installed-dev ## Check style, types, and that the generated code is what proto/ says
	$(BIN)/ruff check . scripts/install-gvisor scripts/dev-docker
	$(BIN)/ruff format --check . scripts/install-gvisor scripts/dev-docker
	$(BIN)/mypy
	$(BIN)/mypy --scripts-are-modules scripts/install-gvisor scripts/dev-docker scripts/os_packages.py
	@$(MAKE) --no-print-directory proto
	@git diff --exit-code --stat -- sandbox/v1 || { echo 'lint: sandbox/v1 was not what proto/ says; it is now: commit it' >&2; exit 1; }

bench: $(VENV)/installed-dev gvisor image docker ## Measure speed beside that of others, and write docs/benchmarks.md (an hour and a half)
	@$(AS_ROOT) $(BIN)/sandbox images build python-data
	@PYTHON=$(PYTHON) benchmarks/speed/peers/get-ray || echo 'bench: without Ray'
	$(AS_ROOT) $(BIN)/python -m benchmarks.speed --publish

proto: $(VENV)/installed-dev ## Generate sandbox/v1 from proto/
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto --python_out=. --grpc_python_out=. \
	    --mypy_out=quiet:. --mypy_grpc_out=quiet:. proto/sandbox/v1/sandbox.proto
	@touch sandbox/v1/__init__.py

bases: ## Build the bases for docker compose where there is no container registry
	@$(SUDO) deploy/docker/bases

clean: ## Remove what was made in this folder (gVisor and images stay: they are the machine's)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- steps; each takes well under a second when there is nothing to do ---------------------------------------------

.PHONY: gvisor image docker
gvisor:
	@scripts/install-gvisor

image: $(VENV)/installed gvisor
	@scripts/os_packages.py mmdebstrap erofs-utils
	@$(AS_ROOT) $(BIN)/sandbox images build

docker: $(VENV)/installed-dev gvisor
	@scripts/dev-docker
	@$(AS_ROOT) $(BIN)/sandbox images build --backend docker

# A virtual environment that was moved, or whose interpreter is gone, is made anew.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("needs Python 3.11 or newer; say make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || scripts/os_packages.py python3-venv
	@echo 'making $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)

# One stamp per set of packages. Tests need a superset, so installing for tests counts for both.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'installing the package and its dependencies into $(VENV)'
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[server,humaneval]'
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'installing the package, its dependencies and what tests need into $(VENV)'
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[server,docker,humaneval,dev]'
	@touch $(VENV)/installed $@

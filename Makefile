# Socket Lab. `make run` and `make test` are all that is needed; the rest is for its developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test lint bench clean help

run: $(VENV)/.run ## start the dashboard; another port: make run ARGS="--port 5050"
	@exec $(BIN)/python -m dashboard $(ARGS)

test: $(VENV)/.test ## run all tests, two at a time
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

lint: $(VENV)/.lint ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.run ## measure the servers beside their peers; shorter: make bench ARGS=--quick
	@$(BIN)/python -m bench $(ARGS)

clean: ## remove what the other targets made
	rm -rf $(VENV) bench/.venv bench/results build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1	/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Socket Lab needs Python 3.11 or newer; name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "The venv module is missing; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "Installing Socket Lab into $(VENV) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.run
	@$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.lint: pyproject.toml $(VENV)/.run
	@$(PIP) -e '.[lint]'
	@touch $@

# Socket Lab. `make run` and `make test` are all that is needed; the rest is for its developers.
PYTHON ?= python3
RUNS ?= 20
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test lint lives bench fuzz mutants soak coverage shuffle clean help

run: $(VENV)/.run ## start the dashboard; another port: make run ARGS="--port 5050"
	@exec $(BIN)/python -m dashboard $(ARGS)

test: $(VENV)/.dev ## run all tests, three at a time; an order once more: make test ARGS=--random-order-seed=7
	@$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

lint: $(VENV)/.dev ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lives: $(VENV)/.dev ## 10,000 random lives of a program beside a model, and 300 of real ones
	@LIVES=10000 REAL_LIVES=300 $(BIN)/python -m pytest -n 2 tests/dashboard/supervision/test_lives.py \
		tests/dashboard/supervision/test_real_lives.py $(ARGS)

bench: $(VENV)/.run ## measure the servers beside their peers; shorter: make bench ARGS=--quick
	@$(BIN)/python -m bench $(ARGS)

fuzz: $(VENV)/.dev ## ask the HTTP API all that its description allows; more: make fuzz ARGS=200
	@$(BIN)/python -m bench.description $(ARGS)

mutants: $(VENV)/.dev ## change the pure parts in one place at a time: which changes no test notices; ARGS="clock text"
	@$(BIN)/python -m bench.mutants $(ARGS)

soak: $(VENV)/.dev ## load, faults and browsers for 10 minutes: what grows; ARGS="--minutes 2"
	@$(BIN)/python -m bench.soak $(ARGS)

coverage: $(VENV)/.coverage ## run all tests, and say which lines and branches they do not reach
	@rm -rf .coverage && mkdir .coverage
	-@$(BIN)/python -m coverage run -m pytest -n 2 --dist worksteal $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

shuffle: $(VENV)/.dev ## run all tests in 20 orders; 3 of them in a folder: make shuffle RUNS=3 ARGS=tests/dashboard
	@for run in $$(seq $(RUNS)); do \
		echo "Order $$run of $(RUNS)"; \
		$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS) || exit 1; \
	done

clean: ## remove what the other targets made
	rm -rf $(VENV) bench/.venv bench/results build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis

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

# For tests and lint, in one go; what `make run` needs is part of it.
$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing Socket Lab and what its tests need into $(VENV) ..."
	@$(PIP) -e '.[test,jupyter,lint]'
	@touch $(VENV)/.run $@

$(VENV)/.coverage: pyproject.toml $(VENV)/.dev
	@$(PIP) -e '.[coverage]'
	@touch $@

# make demo        the whole workflow at a small scale: no network (but the package index), no GPU
# make app         a page in the browser to try networks on; makes the demo's first where there are no others
# make test        every check that takes minutes: formatting, linting, types, tests; on a SLURM cluster where installed
# make acceptance  every bar of every issue, in a table (hours)
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo app test acceptance setup setup-dev lint config-docs clean

help:
	@sed -n 's/^# //;1,4p' Makefile

demo: setup
	@$(BIN)/snakemake --profile profiles/local --configfile config/demo.yaml -- localisation sounds chords rooms
	@echo
	@echo "What was found, with a page for each study: $(CURDIR)/results/demo/report/index.html"

app:
	@PYTHON=$(PYTHON) envs/setup.sh app
	@ls results/*/models.json 2> /dev/null | grep -qv '^results/demo/' || $(BIN)/snakemake --profile profiles/local --configfile config/demo.yaml -- localisation sounds chords rooms reverb scenes
	@$(BIN)/earshot app

test: setup-dev lint
	@$(BIN)/python -m pytest -m "not long" -n 3 --dist loadfile --no-loadscope-reorder tests/slurm tests/workflow tests/browser tests/unit

acceptance: setup-dev
	@$(BIN)/python tests/acceptance/run.py

lint:
	@echo "Formatting, lint and types"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "not formatted: run $(BIN)/ruff format"; exit 1; }
	@said=$$($(BIN)/snakefmt --check Snakefile workflow/rules 2>&1) || { echo "$$said"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python tests/lint_workflow.py

config-docs: setup-dev
	@$(BIN)/python -m earshot.show.config_docs config

setup:
	@PYTHON=$(PYTHON) envs/setup.sh

setup-dev:
	@PYTHON=$(PYTHON) envs/setup.sh dev

clean:
	rm -rf results logs .snakemake

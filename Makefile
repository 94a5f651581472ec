# `make train` and `make test` need git, make and Python >= 3.11 with venv, and set up all the rest in .venv themselves.

PYTHON ?= python3
IN_PARALLEL = -n 2 --dist loadfile --no-loadscope-reorder
PIP_INSTALL = .venv/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.PHONY: help train test slow coverage smoke tables accuracy bench format clean

help:
	@echo "make train     train, evaluate and write the model of config.yaml"
	@echo "make test      formatting, lint, types and tests: what continuous integration runs"
	@echo "make slow      the tests that it leaves out: thousands of random problems; ten minutes"
	@echo "make coverage  branches of the engine that its tests take, at least 95%; half an hour"
	@echo "make smoke     build the package, and train by its wheel under each Python found"
	@echo "make tables    init, train and report of eleven public tables, beside what an expert would do"
	@echo "make accuracy  correct digits of hard cases, beside statsmodels'"
	@echo "make bench     speed beside the peers and the machine's limit, into docs/performance.md; about an hour"
	@echo "make format    format the code, and fix what ruff can fix"
	@echo "make clean     remove .venv and all caches; the store of models stays"

train: .venv/train.stamp
	.venv/bin/logit train

test: .venv/test.stamp
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/pytest -m "not slow" $(IN_PARALLEL)

slow: .venv/test.stamp
	.venv/bin/pytest -m slow -n 2

coverage: .venv/test.stamp
	.venv/bin/pytest -m "not slow" $(IN_PARALLEL) --cov=logit_engine tests/engine tests/laws tests/agreement

smoke:
	.ci/smoke

tables: .venv/test.stamp
	.venv/bin/python bench/tables.py

accuracy: .venv/test.stamp
	.venv/bin/python bench/accuracy.py

bench: .venv/bench.stamp
	.venv/bin/python bench/run.py

format: .venv/test.stamp
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written once its install is complete. Without one, .venv is made anew: half an install is not trusted.
.venv/train.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "logit-engine needs Python 3.11 or newer, which $(PYTHON) is not: name one, as in" >&2; \
	  echo "make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up .venv"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) -e .
	@touch $@

.venv/test.stamp: .venv/train.stamp
	@echo "Adding the development tools to .venv"
	@rm $<
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $< $@

.venv/bench.stamp: .venv/test.stamp
	@echo "Adding the peers of the benchmarks to .venv"
	@rm -f .venv/train.stamp .venv/test.stamp
	@$(PIP_INSTALL) -e '.[dev,bench]'
	@touch .venv/train.stamp .venv/test.stamp $@

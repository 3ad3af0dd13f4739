# The targets set up what they need by themselves, in .venv; `make PYTHON=python3.12 …` chooses the Python.

WORKERS ?= 2
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadgroup
export PYTHON

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-slow lint format coverage docs examples bench reliability archive lock clean venv venv-for-demo venv-for-tests

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

demo: venv-for-demo ## Watch a change travel through ops to apps, on this machine alone
	@$(BIN)/kubestack demo

test: venv-for-tests ## Run the tests; the slow ones too with ALL=1
	@$(PYTEST) $(if $(ALL),,-m 'not slow')

test-slow: venv-for-tests ## Run the slow tests alone
	@$(PYTEST) -m slow

lint: venv ## Check style and types
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary

format: venv ## Put the code into its form, and mend what can be mended
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

coverage: venv-for-tests ## Run the tests and measure what they reach, also in the programs they start
	@$(PYTEST) -m 'not slow' --cov --cov-report=term --cov-report=html

docs: venv ## Write docs/cli.md and docs/kubestack-yaml.md anew
	@$(BIN)/python -m scripts.docs

examples: venv ## Scaffold the platforms of examples/ anew
	@$(BIN)/python -m scripts.examples

bench: venv-for-tests ## Measure speed against plain shell, side by side
	@$(BIN)/python -m bench

reliability: venv-for-tests ## Run the fault suite, and write docs/reliability.md with its figures
	@figures=$$(mktemp -d) && KUBESTACK_FAULT_RESULTS=$$figures $(PYTEST) tests/faults --ignore=tests/faults/test_page.py \
		&& $(BIN)/python -m scripts.reliability $$figures; status=$$?; rm -rf $$figures; exit $$status

archive: venv ## Keep the templates of a release for `kubestack update`: VERSION=0.1.0 REVISION=v0.1.0
	@$(BIN)/python -m scripts.archive_templates $(VERSION) $(REVISION)

lock: ## Pin the dependencies of pyproject.toml anew in requirements.txt; needs uv
	@uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --generate-hashes --no-strip-extras \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.txt pyproject.toml

clean: ## Remove everything that these targets have made
	@rm -rf .venv dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@scripts/set-up

venv-for-demo:
	@scripts/set-up git terraform/tofu kubectl/kustomize

venv-for-tests:
	@scripts/set-up git terraform kubectl

# Every target works as the first command in a fresh clone: the virtual environment is made, or repaired, on the way.
# Needs make and Python 3.11 or newer; another interpreter than python3: make run PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UNFINISHED := $(VENV)/.unfinished
FHIR := $(VENV)/fhir
FHIR_STAMP := $(FHIR)/.installed
OTHERS := $(VENV)/bench
OTHERS_STAMP := $(OTHERS)/.installed
PACKAGES := cds_service hooks fhir_mappers
COVERAGE := 95
SEEN := build/coverage.json
WORKERS ?= 3

export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE # the tests start many processes, and a module compiled once starts sooner

.DEFAULT_GOAL := help
.PHONY: help install run test fix bench bench-replay docs screenshots clean lock chromium FORCE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## make or refresh .venv from the hashed lock

run: $(STAMP) ## start the service on http://127.0.0.1:8080
	$(BIN)/osteohooks serve

test: $(STAMP) $(FHIR_STAMP) chromium ## lint, types, tests, branch coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES)
	@mkdir -p build
	FHIR_SERVER=$(FHIR)/bin/sekmet $(BIN)/python -W "ignore:Unable to activate pytest" -m slipcover --json --out $(SEEN) -m pytest -n $(WORKERS) --no-loadscope-reorder
	$(BIN)/python -m slipcover --merge $(SEEN) --out $(SEEN) --fail-under $(COVERAGE)

fix: $(STAMP) ## repair what the linter can, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) $(OTHERS_STAMP) ## time the service against a bare Flask answer; ARGS=--quick to try it
	$(BIN)/python -m benchmarks $(ARGS)

bench-replay: $(STAMP) ## time a replay of a made-up cohort against a DuckDB scan (PATIENTS=500)
	$(BIN)/python -m benchmarks.cohort $(or $(PATIENTS),500)

docs: $(STAMP) ## build the documentation as a site in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

screenshots: $(STAMP) chromium ## take the pictures of the documentation anew
	$(BIN)/python -m tests.browser.pictures

clean: ## remove .venv and everything made by running
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the locks: exact versions with hashes; no index host, no path of one machine ---

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
	--strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock: $(STAMP) ## renew the locks to the newest versions (run with Python 3.11, the oldest we support)
	$(COMPILE) --output-file=requirements.lock pyproject.toml
	$(COMPILE) --extra=postgresql --extra=plots --extra=replay --extra=spark --extra=tracing --extra=docs --extra=test --constraint=requirements.lock --output-file=requirements-test.lock pyproject.toml
	$(COMPILE) --output-file=requirements-fhir.lock requirements-fhir.in
	$(COMPILE) --output-file=requirements-bench.lock requirements-bench.in

# --- the virtual environment ---
# The stamp is written last and holds the folder it was made for, and .unfinished stands while packages are being put in:
# a broken, half-made, moved or copied .venv is not believed.

HEALTHY := $(shell [ "$$(cat $(STAMP) 2>/dev/null)" = "$(CURDIR)" ] && $(BIN)/python -c "import pip" 2>/dev/null && echo yes)
ifneq ($(HEALTHY),yes)
$(STAMP): FORCE
endif

$(STAMP): requirements-test.lock pyproject.toml
	@rm -f $@
	@$(MAKE_VENV)
	@touch $(UNFINISHED)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@printf '%s\n' "$(CURDIR)" > $@ && rm -f $(UNFINISHED)

# The FHIR server that the tests fetch from: somebody else's software, with dependencies of its own, so in a place of its
# own. The pip of our environment fills it.
$(FHIR_STAMP): requirements-fhir.lock $(STAMP)
	rm -rf $(FHIR)
	$(BIN)/python -m venv --without-pip $(FHIR)
	$(BIN)/python -m pip --python $(FHIR)/bin/python install --quiet --require-hashes -r requirements-fhir.lock
	@touch $@

# What the benchmark compares with: likewise. Where it cannot be had the benchmark runs without and says so.
$(OTHERS_STAMP): requirements-bench.lock $(STAMP)
	rm -rf $(OTHERS)
	$(BIN)/python -m venv --without-pip $(OTHERS)
	@if $(BIN)/python -m pip --python $(OTHERS)/bin/python install --quiet --require-hashes -r requirements-bench.lock; \
	then touch $@; else echo "What the benchmark compares with could not be installed: it will be left out." >&2; fi

# The browser in which the pages are tried. Root gets it where it is missing; without it the tests say what they left out.
chromium:
	@{ [ -n "$$CHROMIUM" ] || command -v chromium || command -v chromium-browser || command -v google-chrome \
	  || command -v google-chrome-stable || ! command -v apt-get || [ "$$(id -u)" != 0 ] \
	  || { echo "Installing chromium, in which the pages are tried." >&2; export DEBIAN_FRONTEND=noninteractive; \
	       apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }; } >/dev/null || true

# Debian ships python3 without ensurepip, so `python3 -m venv` may fail: root installs the missing package, anybody else
# borrows the system's pip if there is one, or is told in one sentence what to ask for.
define MAKE_VENV
set -u; say() { printf '%s\n' "$$*" >&2; }; \
usable() { $(BIN)/python -c "import sys, pip; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; }; \
fresh() { rm -rf $(VENV); $(PYTHON) -m venv "$$@" $(VENV) >/dev/null 2>&1; }; \
$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || { \
  say "Osteohooks needs Python 3.11 or newer and '$(PYTHON)' is not: install python3, or name one with 'make PYTHON=python3.12'."; exit 1; }; \
[ ! -e $(UNFINISHED) ] && usable && [ "$$($(BIN)/python -c 'import sys; print(sys.prefix)')" = "$(CURDIR)/$(VENV)" ] && exit 0; \
fresh && usable && exit 0; \
package=$$($(PYTHON) -c "import sys; print('python%d.%d-venv' % sys.version_info[:2])"); \
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
  say "Installing $$package, which this machine lacks."; \
  export DEBIAN_FRONTEND=noninteractive; \
  apt-get update -qq >&2 && { apt-get install -y -qq --no-install-recommends $$package >&2 \
    || apt-get install -y -qq --no-install-recommends python3-venv >&2; }; \
  fresh && usable && exit 0; \
fi; \
fresh --without-pip && $(BIN)/python -m ensurepip --default-pip >/dev/null 2>&1; usable && exit 0; \
$(PYTHON) -m pip --python $(BIN)/python install --quiet pip >/dev/null 2>&1; usable && exit 0; \
rm -rf $(VENV); \
say "Osteohooks cannot make its virtual environment: ask an administrator for 'apt-get install $$package', then run make again."; \
exit 1
endef

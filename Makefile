# Balai. `make help` lists the commands; all of them make .venv by themselves.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
PY := $(VENV)/bin/python
# Any Python 3 can run tools/venv.py, which then looks for a 3.11, 3.12 or 3.13.
PYTHON ?= python3
export UV_PYTHON_DOWNLOADS := never

.PHONY: help run test check bench format lock scenario clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.installed ## Serve the portal with its demo on http://127.0.0.1:8000 (PORT, DATABASE_URL)
	@exec $(PY) -m portal.operations.serve

test: $(VENV)/.installed-dev ## Run every test on SQLite and PostgreSQL, then the browser journeys
	@exec $(PY) tools/test.py

check: $(VENV)/.installed-dev ## Lint, types, import floors and templates (ruff, mypy, import-linter)
	@exec $(PY) tools/check.py

bench: $(VENV)/.installed-dev ## Measure the portal beside its floors (ARGS="verify --json", docs/speed.md)
	@exec $(PY) -m bench $(ARGS)

format: $(VENV)/.installed-dev ## Rewrite the code in the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

scenario: $(VENV)/.installed ## Play a whole regency, from its roster to verified certificates
	@exec $(PY) -m flask --app wsgi scenario $(ARGS)

lock: ## Renew the three hashed requirement files (needs uv)
	$(PYTHON) tools/lock.py

clean: ## Remove .venv and caches; instance/ with its database stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: requirements.lock tools/venv.py
	@$(PYTHON) tools/venv.py requirements.lock $@

$(VENV)/.installed-dev: requirements-dev.lock tools/venv.py
	@$(PYTHON) tools/venv.py requirements-dev.lock $@

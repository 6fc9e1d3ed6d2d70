# Everything that is done with this project. Paths may hold blanks: none stands unquoted, and make sees relative ones.

PYTHON ?= python3
PY := .venv/bin/python
INSTALLED := .venv/installed
INSTALLED_DEV := .venv/installed-dev
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes

# Each of some dozen programs would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test lint format types imports migrations messages screenshots requirements clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

install: $(INSTALLED) ## Make the virtual environment in .venv

run: $(INSTALLED) ## Run everything on this machine: PORT (8000) and UTKORG_HOME (.utkorg) move it
	@exec $(PY) -m config.embedded

test: install-dev ## Run every check and every test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -c 'from importlinter.cli import lint_imports_command as run; run()'
	@$(BROWSER)
	@$(TYPES_AND_TESTS)

lint: install-dev ## Find mistakes and put the code in form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: install-dev ## Check types
	$(PY) -m mypy

messages: install-dev ## Collect the texts to translate, and compile the translations
	$(PY) manage.py makemessages --all --no-obsolete --ignore '.venv*' --ignore 'tests/*'
	$(PY) manage.py compilemessages --ignore '.venv*'

screenshots: install-dev ## Take the documentation's pictures anew, into docs/images
	$(PY) -m pytest tests/browser/screenshots.py --quiet

requirements: ## Lock the newest versions that requirements*.in allow (needs uv)
	uv pip compile --quiet --upgrade $(LOCK) requirements.in -o requirements.txt
	uv pip compile --quiet --upgrade $(LOCK) requirements-dev.in -o requirements-dev.txt

clean: ## Remove the virtual environment and what tools left; never .utkorg
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Browser tests drive Debian's Chromium; where it cannot be installed, they are left out and the test run says so.
define BROWSER
command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	&& echo "Installing chromium for the browser tests …" \
	&& { apt-get install -qq -y chromium || { apt-get update -qq && apt-get install -qq -y chromium; }; } >/dev/null 2>&1; } || true
endef

# mypy has one core's work for a minute: the tests needn't wait for it.
define TYPES_AND_TESTS
echo "$(PY) -m mypy, and beside it $(PY) -m pytest --numprocesses auto"; \
$(PY) -m mypy & types=$$!; \
$(PY) -m pytest --numprocesses auto; tests=$$?; \
wait $$types || { echo "mypy found mistakes: its list stands above" >&2; exit 1; }; \
exit $$tests
endef

LOCK := --generate-hashes --no-emit-index-url --no-emit-find-links --universal --python-version 3.11

install-dev: $(INSTALLED_DEV)

# The stamps make a second call fast; a changed list of packages brings them up to date.
$(INSTALLED): requirements.txt | $(PY)
	$(PIP) -r requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt requirements.txt | $(PY)
	$(PIP) -r requirements-dev.txt
	@touch $@ $(INSTALLED)

$(PY):
	@set -e; for python in "$(PYTHON)" python3.13 python3.12 python3.11; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Making .venv with $$("$$python" --version) …"; \
	        "$$python" -m venv --clear .venv || { rm -rf .venv; exit 1; }; \
	        exit 0; \
	    fi; \
	done; \
	echo "Utkorg needs Python 3.11 or newer, and $(PYTHON) is $$("$(PYTHON)" --version 2>&1). Install one, or name it: make PYTHON=/path/to/python3 run" >&2; \
	exit 1

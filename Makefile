# modelsearch: `make demo` to see it work, `make test` to check it. Needs Python 3.11 to 3.13 and make.
PYTHON ?= python3
VENV ?= .venv
MINUTES ?= 20
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test test-servers ui server serve docs lock clean bench-% fuzz local
setup: $(STAMP)

# --no-deps: the lock is complete, and pip refuses hashes beside prefect's sqlalchemy[asyncio] without it
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("modelsearch needs Python 3.11 to 3.13, this is " + sys.version.split()[0]) if not (3, 11) <= sys.version_info[:2] < (3, 14) else 0'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/modelsearch demo

test: $(STAMP)
	$(BIN)/python -m tests.check

test-servers: $(STAMP)
	$(BIN)/python -m tests.check --servers

ui: $(STAMP)
	$(BIN)/modelsearch ui

bench-%: $(STAMP)
	$(BIN)/python -m bench.$(subst -,_,$*)

server: $(STAMP)
	$(BIN)/modelsearch server

serve: $(STAMP)
	$(BIN)/modelsearch serve

docs: $(STAMP)
	$(BIN)/python -m bench.docs_build

fuzz: $(STAMP)
	$(BIN)/python -m bench.fuzz --minutes $(MINUTES)

local: $(STAMP)
	$(BIN)/python -m bench.local

lock:
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .modelsearch .docs .mypy_cache .ruff_cache .pytest_cache

# Every verb of the project; bare `make` prints them with their arguments.
.DEFAULT_GOAL := help
.PHONY: help demo test test-deep bench up down status logs run check fix new migration \
  contracts lock clean
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# Without bytecode every process compiles every library at each start: 6 s instead of 1.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
# Every folder in services/ that holds a pyproject.toml is a service; nothing lists them here.
MEMBERS := libs/kernel contracts libs/chassis libs/testkit \
  $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
READY := .venv/.ready

help: ## print the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' '$(lastword $(MAKEFILE_LIST))'

demo: up ## set everything up, walk real leads to cash, print the report
	@$(PY) -m deploy.demo

test: $(READY) ## run every test on servers of its own (ONLY=l2o or changed; ARGS='...' to pytest)
	@$(PY) -m deploy.local test --only '$(ONLY)' -- $(ARGS)

test-deep: $(READY) ## check query plans at 200,000 rows, and measure
	@$(PY) -m deploy.local test --deep

bench: $(READY) ## measure lists, writes and imports at 200,000 rows, in about a minute
	@$(PY) -m deploy.local test -- -q -s -p no:cacheprovider tests/bench/bench_ground.py

up: $(READY) ## start all (MODE=split: a process each; RELOAD=1: restart what was edited)
	@$(PY) -m deploy.local up --mode '$(or $(MODE),together)' $(if $(filter-out 0,$(RELOAD)),--reload)

down: $(READY) ## stop them
	@$(PY) -m deploy.local down

status: $(READY) ## every process with its health (ARGS=--urls: addresses and passwords)
	@$(PY) -m deploy.local status $(ARGS)

logs: $(READY) ## follow the logs (ARGS=api: of one process)
	@$(PY) -m deploy.local logs $(ARGS)

run: $(READY) ## a command of the running services (ARGS='events parked l2o')
	@$(PY) -m deploy.local run -- $(or $(ARGS),--help)

check: $(READY) ## lint, format, types, imports, stale contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports
	@$(PY) -m deploy.contracts --check

fix: $(READY) ## sort imports, mend what the linter can mend, format
	@.venv/bin/ruff check --fix --exit-zero --quiet .
	@.venv/bin/ruff format .
	@.venv/bin/ruff check .

new: $(READY) ## write a resource (SERVICE=l2o RESOURCE=activity), or a service (SERVICE=desk)
	@$(PY) -m deploy.new '$(SERVICE)' $(RESOURCE)
	@$(MAKE) --no-print-directory contracts

migration: $(READY) ## write a migration from what differs (SERVICE=l2o NAME=add_activities)
	@$(PY) -m deploy.migration '$(SERVICE)' '$(NAME)'

contracts: $(READY) ## write JSON Schemas and OpenAPI into contracts/schemas
	@$(PY) -m deploy.contracts

lock: $(READY) ## compile requirements.lock from pyproject.toml
	@.venv/bin/uv pip compile pyproject.toml --group dev --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock

clean: $(READY) ## stop everything and remove its data, logs and passwords
	@$(PY) -m deploy.local clean

# A .venv that was copied with its folder still points to the old one: make it anew.
ifneq ($(shell cat $(READY) 2>/dev/null || pwd -P),$(shell pwd -P))
.PHONY: $(READY)
endif

$(READY): requirements.lock pyproject.toml $(MEMBERS:%=%/pyproject.toml) deploy/local/install.sh
	@sh deploy/local/install.sh $(MEMBERS)

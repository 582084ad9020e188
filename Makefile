# Every verb of the project; bare `make` prints them with their arguments.
.DEFAULT_GOAL := help
.PHONY: help demo test test-deep test-plans soak soak-mutants bench bench-deep capacity up down status logs \
  run check fix new migration contracts lock clean
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# Without bytecode every process compiles every library at each start: 6 s instead of 1.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
# Every folder in services/ that holds a pyproject.toml is a service; nothing lists them here.
MEMBERS := libs/kernel contracts libs/chassis libs/parties libs/rules libs/scoring libs/testkit \
  $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
READY := .venv/.ready

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' '$(lastword $(MAKEFILE_LIST))'

demo: up ## start everything, take real leads to paid orders, print a report
	@$(PY) -m deploy.demo

test: $(READY) ## run the tests on servers of their own (ONLY=l2o or changed; ARGS='...' for pytest)
	@$(PY) -m deploy.local test --only '$(ONLY)' -- $(ARGS)

test-deep: $(READY) ## check query plans at 200,000 rows and run the benchmarks
	@$(PY) -m deploy.local test --deep

test-plans: $(READY) ## explain every filter with every sort of large lists (ROWS=1000000 ONLY=mtl)
	@$(PY) -m deploy.local plans --rows '$(or $(ROWS),1000000)' --only '$(ONLY)'

soak: $(READY) ## kill, freeze and stop processes under load, then compare everything (SECONDS=60 SEED=7)
	@$(PY) -m tests.soak run --seconds '$(or $(SECONDS),60)' --seed '$(or $(SEED),0)' $(ARGS)

soak-mutants: $(READY) ## show that the soak fails for each planted fault (ARGS='no_inbox' for one)
	@$(PY) -m tests.soak mutants $(ARGS)

bench: $(READY) ## measure the costs of operations as multiples of a bare INSERT (ONLY=mtl.lead: some)
	@$(PY) -m deploy.local bench --only '$(ONLY)'

capacity: $(READY) ## say what two cores carry and what breaks first (ARGS='--assume cores=8')
	@$(PY) -m deploy.capacity $(ARGS)

bench-deep: $(READY) ## measure growth with millions of records and long runs (hours; ONLY=growth: some)
	@$(PY) -m deploy.local bench --deep --only '$(ONLY)'

up: $(READY) ## start all services (MODE=split: one process each; RELOAD=1: restart edited ones)
	@$(PY) -m deploy.local up --mode '$(or $(MODE),together)' $(if $(filter-out 0,$(RELOAD)),--reload)

down: $(READY) ## stop what make up has started
	@$(PY) -m deploy.local down

status: $(READY) ## show every process with its health (ARGS=--urls: addresses and passwords)
	@$(PY) -m deploy.local status $(ARGS)

logs: $(READY) ## follow all logs (ARGS=api: the log of one process)
	@$(PY) -m deploy.local logs $(ARGS)

run: $(READY) ## run a command of the services (ARGS='events parked l2o')
	@$(PY) -m deploy.local run -- $(or $(ARGS),--help)

check: $(READY) ## check style, format, types, imports, contracts, licences, known vulnerabilities
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports
	@$(PY) -m deploy.contracts --check
	@$(PY) -m deploy.audit

fix: $(READY) ## sort imports, fix what the linter can fix, and format
	@.venv/bin/ruff check --fix --exit-zero --quiet .
	@.venv/bin/ruff format .
	@.venv/bin/ruff check .

new: $(READY) ## create a resource (SERVICE=l2o RESOURCE=gift) or a service (SERVICE=desk)
	@$(PY) -m deploy.new '$(SERVICE)' $(RESOURCE)
	@$(MAKE) --no-print-directory contracts

migration: $(READY) ## write a migration for changed tables (SERVICE=l2o NAME=add_activities)
	@$(PY) -m deploy.migration '$(SERVICE)' '$(NAME)'

contracts: $(READY) ## write the JSON Schemas and OpenAPI documents to contracts/schemas
	@$(PY) -m deploy.contracts

lock: $(READY) ## compile requirements.lock, and the part that runs in the image, from pyproject.toml
	@.venv/bin/uv pip compile pyproject.toml --group dev --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --constraints requirements.lock --python-version 3.11 --universal \
	  --generate-hashes --no-annotate --no-emit-index-url --no-header --quiet -o deploy/docker/requirements.lock

clean: $(READY) ## stop everything and remove its data, logs and passwords
	@$(PY) -m deploy.local clean

# A copied .venv still points to its old folder: create it again.
ifneq ($(shell cat $(READY) 2>/dev/null || pwd -P),$(shell pwd -P))
.PHONY: $(READY)
endif

$(READY): requirements.lock pyproject.toml $(MEMBERS:%=%/pyproject.toml) deploy/local/install.sh
	@sh deploy/local/install.sh $(MEMBERS)

# Everything that is to be done here by hand, by pre-commit and by CI. `make demo` and `make test` need nothing set up.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test engines endurance lint types contracts unit engine format tables docs dist release lock wheels image clean

help:  ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/ready  ## See the main job on a private engine: an update, a rollback (needs root)
	@tools/install-system
	@$(BIN)/python -m demo

test: .venv/ready  ## Lint, types, contracts, the pages, then every test on a real engine (needs root)
	@tools/install-system
	@$(MAKE) --no-print-directory lint types contracts docs
	@tools/run-tests $(BIN)/python
	@tools/test-newer-engines $(BIN)/python

engines: .venv/ready  ## The faithful recreate on newer engines, fetched from Debian (root)
	@tools/install-system
	@tools/test-newer-engines $(BIN)/python

endurance: .venv/ready  ## Kill the program and the engine more often than CI has time for (root, half an hour)
	@tools/install-system
	@KILL_POINTS=every MACHINE_EXAMPLES=60 $(BIN)/python -m pytest -m "endurance or not endurance" \
		tests/engine/test_kill_matrix.py tests/engine/test_engine_kill.py tests/engine/test_group_kill.py \
		tests/engine/test_state_machine.py tests/engine/test_diff.py tests/engine/test_self_kill.py \
		tests/engine/test_self_update.py tests/engine/test_self_update_networks.py tests/engine/test_watch_kill.py \
		tests/engine/test_stop_signal.py

lint: .venv/ready  ## Style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready  ## Static types, strictly
	$(BIN)/mypy

contracts: .venv/ready  ## Who may import whom
	$(BIN)/lint-imports

unit: .venv/ready  ## The tests that need neither root nor an engine
	$(BIN)/python -m pytest tests/unit

engine: .venv/ready  ## The tests on a real engine
	$(BIN)/python -m pytest tests/engine tests/rig_test

format: .venv/ready  ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: .venv/ready  ## Make the tables of docs/ from the code
	$(BIN)/python -m tools.make_tables

docs: .venv-docs/ready  ## Build the pages into site/; a warning is an error, and so is anything fetched from elsewhere
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --clean
	@.venv-docs/bin/python -m tools.check_site site

dist: .venv-dist/ready  ## Build wheel and source archive into dist/, and check them in a fresh environment
	@tools/make-dist .venv-dist/bin/python

release: .venv-dist/ready  ## Is all in order to publish the tag TAG=v1.2.3, its image on BASE=@sha256:...?
	@.venv-dist/bin/python -m tools.check_release "$$TAG" $${BASE+--base "$$BASE"}

image:  ## Build the container image
	docker build -t container-updater --build-arg VERSION="$$($(PYTHON) -c 'import updater; print(updater.__version__)')" \
		--build-arg REVISION="$$(git rev-parse HEAD)" --build-arg CREATED="$$(date -u +%Y-%m-%dT%H:%M:%SZ)" .

lock:  ## Pin the packages of the container image again, each file by its hash (LOCK=--upgrade: the newest)
	tools/lock $(LOCK)

wheels:  ## Fetch what is locked into wheels/, to build the container image without a network
	$(PYTHON) -m pip download --require-hashes --no-deps --only-binary :all: --dest wheels \
		-r requirements.lock -r requirements-build.lock

clean:  ## Forget the virtual environments, what was built, and all caches
	rm -rf .venv .venv-docs .venv-dist site wheels .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .engines dist build *.egg-info

.venv/ready: pyproject.toml
	@PYTHON=$(PYTHON) tools/install-python .venv dev
	@touch $@

# Apart from the other tools, because most people never need them.
.venv-%/ready: pyproject.toml
	@PYTHON=$(PYTHON) tools/install-python .venv-$* $*
	@touch $@

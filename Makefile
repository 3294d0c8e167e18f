# Each target sets up .venv by itself; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Tests and benchmarks start hundreds of processes, each of which would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-all check format cluster calibrate attack bench reports figures notebooks notebooks-write docs docs-write clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(VENV)/.demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[demo]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[demo,dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo  ## decide between two real models on real documents, and write a report
	$(BIN)/evalkit demo

test: $(VENV)/.dev  ## the everyday tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: $(VENV)/.dev  ## the tests that take seconds each: browsers, oracles, whole commands
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'long and not slow and not cluster and not calibration and not attack'

test-all: $(VENV)/.dev  ## all tests but clusters and the calibration, minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not cluster and not calibration and not attack'

check: $(VENV)/.dev  ## lint, format, types and import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## bring the code into its one form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

cluster: $(VENV)/.dev  ## kill drivers and workers of real clusters on loopback, minutes
	$(BIN)/python -m pytest -n 0 -m cluster tests/scaling

calibrate: $(VENV)/.dev  ## simulations that show the statistics keep their promises
	$(BIN)/python -m pytest -n 2 -m calibration -s

attack: $(VENV)/.dev  ## kill, damage and deceive it by the hundred, hours; ATTACK='--part 0.1' for less
	$(BIN)/python tests/attack/campaign.py $(ATTACK)

bench: $(VENV)/.dev  ## time the toolkit beside its peers
	$(BIN)/python benchmarks/run.py

reports: $(VENV)/.dev  ## render the example reports and the picture of one
	$(BIN)/python reports/render.py

figures: $(VENV)/.dev  ## print what the cards of the shipped golden sets state, measured afresh
	$(BIN)/python goldensets/figures.py

PAGES := README.md $(shell find docs -name '*.md')

notebooks: $(VENV)/.dev  ## run the notebooks, and compare what they show with what is committed
	$(BIN)/python notebooks/execute.py

notebooks-write: $(VENV)/.dev  ## run the notebooks, and keep what they show
	$(BIN)/python notebooks/execute.py --write

docs: $(VENV)/.dev  ## build the pages, run their examples and compare what they show
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	! grep -rlE '<(script|link|img|iframe)[^>]*(src|href)="https?:' build/site --include='*.html'  # asks no other host
	$(BIN)/python -m pytest -n 0 --doctest-modules --ignore=evalkit/cli/starter evalkit --doctest-glob='*.md' docs README.md
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/sessions.py $(PAGES)

docs-write: $(VENV)/.dev  ## run the examples of the pages, and keep what they show
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/sessions.py --write $(PAGES)

clean:  ## remove what the targets made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Every target does its own set-up. Three settings:
#   VENV=path     the virtual environment to create and use (default .venv)
#   WORKERS=n     test files that run at once (default 2)
#   PYTHON=name   the interpreter that creates it, 3.11 or newer (default python3)

VENV   ?= .venv
PYTHON ?= python3
ARGS   ?=
# Tests that wait for a server or a new process leave the processor to others.
WORKERS ?= 2

# pip compiles all files that it installs, of which few are ever imported; what is, Python compiles and keeps, also
# where the environment says not to: else each process would do it anew, for over ten seconds.
export PYTHONDONTWRITEBYTECODE =
INSTALL := -m pip install -q --no-compile

BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
PEERS   := $(VENV)/peers/.ready
RIVALS  := $(VENV)/bench-peers/.ready
LOWEST  := $(VENV)-lowest
# --group needs pip 25.1 or newer; the pip that comes with Python is often older.
PIP_PIN := pip==25.3
CODE    := $(wildcard clip_embeddings clip_embeddings_app integrations/*_clip_embeddings tests examples tools benchmarks)
EXPORTS := tests/project/test_exported_names.py

.DEFAULT_GOAL := help
.PHONY: help demo test test-lowest check docs notebook bench bench-quick bench-gpu bench-card bench-mixed clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is missing or older than 3.11: name a newer one with PYTHON=..."; exit 1; }
	@echo "Creating a virtual environment in $(VENV)."
	@$(PYTHON) -m venv "$(VENV)"
	@"$(BIN)/python" -m pip install -q "$(PIP_PIN)"
	@echo "Installing clip-embeddings and its tools at the versions in constraints.txt (a few minutes the first time)."
	@"$(BIN)/python" $(INSTALL) -c constraints.txt -e ".[all]" --group dev --group docs
	@touch "$(READY)"
	@echo "The environment is ready."

$(PEERS): $(READY)
	@echo "Installing what the tests compare with, in a folder of its own."
	@"$(BIN)/python" $(INSTALL) -c constraints.txt --no-deps --target "$(VENV)/peers" --group peers
	@touch "$(PEERS)"

$(RIVALS): $(READY)
	@echo "Installing what the benchmark measures beside, in a folder of its own."
	@"$(BIN)/python" $(INSTALL) -c constraints.txt --no-deps --target "$(VENV)/bench-peers" --group bench-peers
	@touch "$(RIVALS)"

demo: $(READY) ## set up, then index and search a small picture collection
	@echo "Running the demonstration."
	@"$(BIN)/clip-embeddings" demo $(ARGS)

test: $(READY) $(PEERS) ## set up, then run the tests (ARGS="-k foo" goes to pytest)
	@echo "Running the tests."
	@"$(BIN)/python" -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Made anew each time, so that what a past run left behind cannot hide a conflict.
test-lowest: ## run the core, Chroma and LangChain tests at the lowest versions that pyproject.toml allows
	@echo "Creating a virtual environment in $(LOWEST)."
	@$(PYTHON) -m venv --clear "$(LOWEST)"
	@echo '*' > "$(LOWEST)/.gitignore"
	@"$(LOWEST)/bin/python" -m pip install -q "$(PIP_PIN)"
	@echo "Installing the lowest versions that pyproject.toml allows (some minutes)."
	@"$(LOWEST)/bin/python" tools/lowest.py > "$(LOWEST)/requirements.txt"
	@"$(LOWEST)/bin/python" $(INSTALL) -r "$(LOWEST)/requirements.txt" -e .
	@"$(LOWEST)/bin/python" tools/lowest.py --installed
	@echo "Running the tests."
	@"$(LOWEST)/bin/python" tools/lowest.py --left-out > "$(LOWEST)/left-out.txt"
	@"$(LOWEST)/bin/python" -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder @"$(LOWEST)/left-out.txt" $(ARGS)

check: $(READY) ## format, lint, types, import direction, sizes, exported names
	@echo "Checking the formatting."
	@"$(BIN)/ruff" format --check $(CODE)
	@echo "Checking for lint."
	@"$(BIN)/ruff" check $(CODE)
	@echo "Checking the types."
	@"$(BIN)/mypy" $(CODE)
	@echo "Checking the direction of imports."
	@"$(BIN)/python" tools/check_imports.py
	@echo "Checking the sizes of folders, files and functions."
	@"$(BIN)/python" tools/check_sizes.py
	@echo "Checking the exported names."
	@"$(BIN)/python" -m pytest -q $(EXPORTS)

# Without --quiet, which would silence the warnings that fail it. Material's notice of its end of life is turned off.
docs: $(READY) ## build the documentation into build/site; a warning fails it
	@echo "Building the documentation into build/site."
	@NO_MKDOCS_2_WARNING=1 "$(BIN)/python" -m mkdocs build --strict

notebook: $(READY) ## execute examples/quickstart.ipynb and keep what it shows
	@echo "Executing the notebook."
	@"$(BIN)/python" tools/notebook.py

bench: $(RIVALS) ## measure speed beside the peers (ARGS="--work FOLDER" keeps the model's 605 MB there)
	@echo "Measuring speed beside the peers (half an hour on two cores)."
	@"$(BIN)/python" -m benchmarks all --results benchmarks $(ARGS)

bench-quick: $(RIVALS) ## the same on less of everything, in minutes, written nowhere
	@echo "Measuring speed beside the peers, quickly."
	@"$(BIN)/python" -m benchmarks all --quick $(ARGS)

bench-gpu: $(READY) ## check and measure everything on a CUDA card, in under 8 minutes (ARGS="--results FILE")
	@"$(BIN)/python" -m benchmarks gpu-check $(ARGS)

bench-card: $(READY) ## measure the bundled model on held-out scenes
	@echo "Measuring the bundled model on held-out scenes."
	@"$(BIN)/python" -m benchmarks bundled-model --card clip_embeddings/models/tiny/weights/README.md $(ARGS)

bench-mixed: $(READY) ## compare ways to rank texts and pictures in one list (ARGS="--pairs FOLDER")
	@echo "Comparing ways to rank texts and pictures in one list (some minutes)."
	@"$(BIN)/python" -m benchmarks mixed-retrieval --output benchmarks/RESULTS.md $(ARGS)

clean: ## remove the environments, caches, builds and the demo's output
	@echo "Removing $(VENV), $(LOWEST), caches, builds and the demo's output."
	@rm -rf "$(VENV)" "$(LOWEST)" build dist clip-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# Two commands for a fresh machine with Python 3.11 or newer and make: `make demo`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test format lint types tests slow bench fairness faults fuzz copied pages pictures katex clean

# Sets everything up and runs the whole round: sheets for a small class, filled in, marked.
demo: $(READY)
	$(BIN)/handprop demo --out handprop-demo

# Sets everything up and runs all checks.
test: $(READY) lint types tests

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "handprop needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV) || { echo "This Python has no venv: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

tests: $(READY)
	$(BIN)/python -m pytest -n auto

# Longer runs, outside the suite.
slow: $(READY)
	$(BIN)/python -m pytest -n auto -m slow

# What marking costs, beside what reading the file costs.
bench: $(READY)
	$(BIN)/python -m benchmarks.marking

# Honest students and students with one mistake, marked by the hundred thousand: some ten minutes.
fairness: $(READY)
	$(BIN)/python -m benchmarks.fairness

# Answers, formulas, traces and files that nobody means, made from right ones: none may raise. Some hours; less with smaller numbers.
FUZZ ?= --answers 1000000 --files 10000
fuzz: $(READY)
	$(BIN)/python -m benchmarks.fuzz $(FUZZ)

# Runs are killed, disks fill and turn read-only, two runs meet: nothing may be lost. Some hours; FAULTS="--kills 5 --submissions 1000" is a few minutes.
faults: $(READY)
	$(BIN)/python -m benchmarks.faults $(FAULTS)

# Does copying a neighbour pay, and is anyone named who worked alone? Some hours; COPIED="scores-gradient --alone 190 --copiers 110 --large 300" is a minute.
copied: $(READY)
	$(BIN)/python -m benchmarks.copied $(COPIED)

# Rewrites the pages in examples/ and the generated parts of docs/ and README.md after a change that was meant; look at the difference before committing it.
pages: $(READY)
	HANDPROP_REWRITE=1 $(BIN)/python -m pytest tests/test_pages.py tests/test_docs.py tests/test_reference.py

# Fetches anew what the pages in HTML carry of KaTeX, with npm; another version also goes into templates/katex/README.md.
KATEX := 0.19.1
FONTS := Main-Regular Math-Italic Size1-Regular Size2-Regular Size3-Regular Size4-Regular
katex:
	set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; cd "$$scratch"; \
	npm pack --silent katex@$(KATEX); tar xzf katex-$(KATEX).tgz; \
	cp package/LICENSE package/dist/katex.min.js package/dist/katex.min.css '$(CURDIR)/templates/katex/'; \
	cp $(FONTS:%=package/dist/fonts/KaTeX_%.woff2) '$(CURDIR)/templates/katex/fonts/'

# Draws the pictures in docs/pictures/ anew. Needs chromium, pdflatex and LibreOffice; says what is missing.
pictures: $(READY)
	$(BIN)/python docs/pictures.py

clean:
	rm -rf $(VENV) handprop-demo

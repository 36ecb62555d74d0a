# Everything sets up its own .venv; nothing has to be installed by hand.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench docs clean

demo: .venv/installed
	$(BIN)/shotlist sample demo/videos
	$(BIN)/shotlist build demo/videos -o demo/dataset
	@echo "Open demo/dataset/report.html in a browser, or look around in it: .venv/bin/shotlist view demo/dataset"

test: .venv/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadgroup

bench: .venv/developed
	$(BIN)/pip install -q -c constraints.txt scenedetect
	@for script in imports second_run rejudge memory scan pyscenedetect cuts scaling multimodal hearing speech ocr people captions caption_checks differential viewer viewer_compare viewer_play; do \
	  echo; echo "## $$script"; echo; $(BIN)/python benchmarks/$$script.py || exit 1; done

docs: .venv/installed
	$(BIN)/python docs/make_reference.py

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[view]'
	@touch $@

.venv/developed: pyproject.toml constraints.txt .venv/installed
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]' attrs matplotlib 'protobuf>=6.33,<7'
	$(BIN)/pip install -q --no-deps mediapipe==0.10.21  # its own pins are years behind
	@touch $@

clean:
	rm -rf .venv demo build dist

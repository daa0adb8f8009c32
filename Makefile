# Two commands: `make demo` and `make test`. Both work on a bare machine with python3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo test check lint types imports migrations translations run worker bench clean

$(VENV)/base.stamp: requirements/base.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/base.txt
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/base.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.txt
	touch $@

demo: $(VENV)/base.stamp
	$(BIN)/python manage.py demo $(ARGS)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

check: lint types imports migrations translations

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports

migrations: $(VENV)/dev.stamp
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

translations: $(VENV)/dev.stamp
	$(BIN)/python -m tests.translations

run: $(VENV)/base.stamp
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/gunicorn config.wsgi --workers 2 --threads 4 --bind 127.0.0.1:8000

worker: $(VENV)/base.stamp
	$(BIN)/python manage.py worker

bench: $(VENV)/dev.stamp
	$(BIN)/python manage.py bench $(ARGS)

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache

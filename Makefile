# Every verb sets up what it needs (scripts/setup); ARGS is handed on: make test ARGS="-k release"
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak clean
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
ARGS ?=

help: ## say what there is
	@echo "usage: make VERB [ARGS=...]"
	@sed -n 's/^\([a-z]*\): ## /  \1: /p' Makefile | while IFS=: read -r verb words; do printf '  %-8s%s\n' $$verb "$$words"; done

demo: ## a seeded exchange to look at
	@scripts/setup run
	@$(BIN)/habeas demo $(ARGS)

test: ## all tests but the long ones
	@scripts/setup dev
	@$(BIN)/pytest $(ARGS)

check: ## formatting, lint, types, import rules, the table of requirements
	@scripts/setup dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/rows.py --check

bench: ## measure, and print the figures as JSON
	@scripts/setup run
	@$(BIN)/habeas bench --json $(ARGS)

soak: ## all tests with many more examples, and the long ones in tests/soak
	@scripts/setup dev
	@HABEAS_HYPOTHESIS=thorough $(BIN)/pytest -m "soak or not soak" $(ARGS)

clean: ## remove .venv, caches and what was built
	rm -rf .venv .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist src/*.egg-info
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

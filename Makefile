# Every verb is one line of help ("##") and one call of tooling/, which needs nothing but Python.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check train eval bench shell demo clean

help: ## list the verbs
	@echo "Yunjiu: make <verb>"
	@sed -n 's/^\([a-z]*\): ## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

run: ## set up, train if needed, start everything; Ctrl-C stops it
	@$(PYTHON) -m tooling run

test: ## set up, then make check and all tests
	@$(PYTHON) -m tooling test $(ARGS)

check: ## ruff, mypy, the knowledge base, rasa data validate
	@$(PYTHON) -m tooling check

train: ## train the dialogue model if what it learns from has changed
	@$(PYTHON) -m tooling train

eval: ## measure the model on tests/eval (ARGS="--without-stock" leaves out what takes hours)
	@$(PYTHON) -m tooling eval $(ARGS)

bench: ## measure how fast it is (ARGS=eligibility, ARGS=assist: one part)
	@$(PYTHON) -m tooling bench $(ARGS)

shell: ## chat in the terminal with what `make run` started
	@$(PYTHON) -m tooling shell

demo: ## fill the database with invented people and cases, for the console to show
	@$(PYTHON) -m tooling demo $(ARGS)

clean: ## remove environments, models and caches; people's data in var/ stay
	rm -rf .venv .venv-engine .cache .rasa models results .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

"""Alembic's environment: how a database is brought from one shape of the tables to the next."""

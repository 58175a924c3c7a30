from tests.databases import database_url, db, postgres, postgres_url, sqlite_template, sqlite_url

__all__ = ["database_url", "db", "postgres", "postgres_url", "sqlite_template", "sqlite_url"]

"""The SQLite file: its tables and views, which article is which, search, and what is asked of it."""

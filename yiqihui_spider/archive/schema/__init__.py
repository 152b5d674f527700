"""The database file: opening it, its tables and views, migrations, the data dictionary."""

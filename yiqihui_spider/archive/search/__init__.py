"""Full-text search: the index, the query language, the newest first, terms over time."""

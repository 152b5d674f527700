"""The archive in Datasette, read-only and within bounds."""

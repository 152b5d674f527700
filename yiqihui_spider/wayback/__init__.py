"""Past captures from a Wayback-style index."""

"""Counts the terms of articles, for trends (extra ``analysis``)."""

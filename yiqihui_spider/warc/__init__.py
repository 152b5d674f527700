"""WARC and ARC records: reading, writing, repair."""

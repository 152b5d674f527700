"""Ways out: jsonl, csv, parquet, feeds and WACZ."""

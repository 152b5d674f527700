"""Very many files on a Dask cluster into Parquet tables, and those into an archive."""

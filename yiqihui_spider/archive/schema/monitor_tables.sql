-- What each monitor made of each crawl, written in the transaction that ends the run.
CREATE TABLE monitor_results (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  monitor TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('ok', 'warn', 'fail')),
  value REAL,
  low REAL,
  high REAL,
  message TEXT NOT NULL,
  PRIMARY KEY (run_id, monitor)
) STRICT, WITHOUT ROWID;

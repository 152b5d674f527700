-- Whose archive this is: the site profiles by which its pages have been read, the newest in force.
CREATE TABLE site_profiles (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('built-in', 'file')),
  since TEXT NOT NULL
) STRICT;

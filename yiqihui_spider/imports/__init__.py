"""Files as a way in: what each is, and its pages into the archive."""

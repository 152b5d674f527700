"""What status, verify, exports and the report ask of the archive."""

"""Whether a listing was read whole: the order of reading (walk) and the proof (certificate). Pure."""

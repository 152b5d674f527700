"""What a run leaves for the next: runs, captures, walks and their queue, misses, progress."""

"""One trial as a pytest session of our own: its hooks, its process, its options, its items, its end."""

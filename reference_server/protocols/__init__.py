"""The protocols this server speaks, each a table of routes over `ModelServer`."""

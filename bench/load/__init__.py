"""Load generators: programs of their own, pinned to the load core, one JSON line as the result."""

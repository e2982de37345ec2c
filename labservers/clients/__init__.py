"""One file per lab task: the side that asks."""

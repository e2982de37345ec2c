"""One file per lab task: who asks."""

"""One file per lab task: who answers."""

"""How often `python -m labservers check` is right: `python -m bench.accuracy`."""

"""Measures the servers beside their peers: `python -m bench`; see bench/README.md."""

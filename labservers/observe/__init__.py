"""The inside of a running program: the standard library alone, and nothing else of ours."""

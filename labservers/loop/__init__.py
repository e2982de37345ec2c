"""The event loop of task 5, and what belongs to it."""

"""The event loop of task 5, and what lies beside it."""

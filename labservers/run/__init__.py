"""A server's life from its start to its end."""

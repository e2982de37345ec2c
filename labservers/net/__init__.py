"""Addresses, listening sockets, polite ends, threads that work on connections."""

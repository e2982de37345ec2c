"""Checks of programs: what is wrong with a server, found by a process of its own."""

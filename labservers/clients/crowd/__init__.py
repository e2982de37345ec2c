"""Clients by the thousand, kind and unkind: they put a program into each of its states."""

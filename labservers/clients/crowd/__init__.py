"""Clients by the thousand, kind and unkind: what puts a program into each of its states."""

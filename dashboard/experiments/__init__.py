"""Buttons that put a program into each of its states."""

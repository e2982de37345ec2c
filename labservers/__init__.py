"""Five small socket servers and their console clients, on the standard library alone.

Nothing here imports the dashboard or any installed package: each server runs by itself
from a shell, `python -m labservers chat`, and reads like the lab that it comes from.
"""

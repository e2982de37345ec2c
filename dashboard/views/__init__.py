"""Blueprints: a view reads its input, calls one method and renders."""

"""The probes: one conversation, told in many ways."""

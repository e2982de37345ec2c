"""The servers that ours are measured beside, one small program each."""

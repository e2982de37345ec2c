"""What is wrong with a socket server: conversations, probes, findings, reports."""

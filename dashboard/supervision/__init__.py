"""From a click to a process and back: lifecycle, processes, ports."""

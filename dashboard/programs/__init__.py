"""The programs that the dashboard runs: the catalogue, and the settings of each."""

"""What the dashboard runs: the catalogue, and what was chosen for each."""

"""A soak: a dashboard and all its programs under load, faults and tabs, and what grows then."""

NAME = "my tap"

NAME = "my chat"

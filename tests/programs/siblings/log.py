NAME = "my log"

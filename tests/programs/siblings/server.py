NAME = "my server"

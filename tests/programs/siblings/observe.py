NAME = "my observe"

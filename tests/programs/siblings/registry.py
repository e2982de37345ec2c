NAME = "my registry"

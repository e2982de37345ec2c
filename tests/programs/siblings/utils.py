NAME = "my utils"

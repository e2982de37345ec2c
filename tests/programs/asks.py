name = input("name? ")
print(f"hello {name}")
input()

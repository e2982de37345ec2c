raise SystemExit("it ends with words: привет")

# -*- coding: utf-8 -*-
print("привет")
raise ValueError("в строке 3")

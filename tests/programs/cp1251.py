# -*- coding: cp1251 -*-
print(len("при"))
1/0

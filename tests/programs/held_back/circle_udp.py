#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Площадь прямоугольника по UDP: "3 4" -> "12.0"."""
import socket


def main() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("", 12301))
        while True:
            payload, peer = sock.recvfrom(4096)
            numbers = [float(word) for word in payload.decode(errors="ignore").split()]
            area = numbers[0] * numbers[1] if len(numbers) == 2 else float("nan")
            sock.sendto(str(area).encode(), peer)


try:
    main()
except KeyboardInterrupt:
    print()

"""A client that reads all pages of a student, over and over: `python -m bench.load.pages PORT`.

A line is printed when it begins; the end of standard input ends it.
"""

import http.client
import re
import select
import sys

PAGING = "paging"
STUDENT = "7"
WAIT_S = 10.0
_NEXT = re.compile(r'<([^>]*)>; rel="next"')


def main() -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=WAIT_S)
    newest = path = f"/subjects/{STUDENT}"
    print(PAGING, flush=True)
    while not select.select([sys.stdin], [], [], 0.0)[0]:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        older = _NEXT.search(response.getheader("Link") or "")
        path = older[1] if older else newest


if __name__ == "__main__":
    main()

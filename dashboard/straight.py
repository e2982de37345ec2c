"""The straight way to a dashboard on this machine: past every proxy that the environment names.

Its token goes to it alone. On loopback its certificate is not looked at: it seldom names 127.0.0.1,
and whoever has locked the data folder is known by that.
"""

import ssl
import urllib.request
from urllib.parse import urlsplit

from dashboard import unix_http
from labservers.net.addresses import Reach, reach

PAST_PROXIES = urllib.request.ProxyHandler({})


def way_to(address: str) -> tuple[str, urllib.request.OpenerDirector]:
    """What stands before a path, and what opens it."""
    if address.startswith(unix_http.SCHEME):
        path = unix_http.UnixHandler(address.removeprefix(unix_http.SCHEME))
        return "http://localhost", urllib.request.build_opener(PAST_PROXIES, path)
    tls = ssl.create_default_context()
    host = urlsplit(address).hostname or ""
    if host == "localhost" or reach(host) is Reach.LOOPBACK:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    https = urllib.request.HTTPSHandler(context=tls)
    return address, urllib.request.build_opener(PAST_PROXIES, https)

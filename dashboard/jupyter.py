"""The entry point for jupyter-server-proxy: JupyterLab shows a tile that starts the dashboard.

The dashboard listens at a Unix socket in a folder that its user alone can enter, so that on a
machine of many users nobody gets past Jupyter's authentication. What comes there comes from
Jupyter, so its headers are believed.
"""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from dashboard import folder_of
from dashboard.config import PREFIX
from dashboard.public import ANY, UNIX

NAME = "socket-lab"  # of the entry point, and the last part of the path
PORTS_FROM, PORTS_EACH, USERS = 8000, 10, 2_400
FIRST_UID = 1000
START_S = 30.0  # the file system of a cluster may be slow


def server() -> dict[str, Any]:
    """The options of the server process, as jupyter-server-proxy documents them."""
    return {
        "command": [sys.executable, "-m", "dashboard", "--host", "unix://{unix_socket}"],
        "environment": environment,
        "unix_socket": True,
        "timeout": START_S,
        "new_browser_tab": True,  # the page refuses frames, against clickjacking
        "launcher_entry": {
            "title": "Socket Lab",
            "icon_path": str(Path(folder_of("static")) / "favicon.svg"),
            "category": "Notebook",  # JupyterLab draws an icon of ours in this one and in Console
        },
    }


def environment(base_url: str) -> dict[str, str]:
    """The dashboard's settings below a Jupyter server's path. What the environment has already
    stays, beyond the first three: they follow from the socket."""
    path = quote(unquote(base_url.rstrip("/")), safe="/@~+")
    fixed = {"PREFIX": f"{path}/{NAME}", "PROXY": UNIX, "LEAVE_WITH_PARENT": "1"}
    usual = {
        "ORIGIN": public_origin(),
        "PROGRAMS": os.getcwd(),  # the folder that JupyterLab shows
        "PORT_BASE": str(port_base(os.getuid())),
    }
    given = {name: os.environ.get(PREFIX + name) or value for name, value in usual.items()}
    # jupyter-server-proxy fills in what stands in braces.
    escaped = {name: v.replace("{", "{{").replace("}", "}}") for name, v in given.items()}
    return {PREFIX + name: value for name, value in {**fixed, **escaped}.items()}


def port_base(uid: int) -> int:
    """Ports for the programs of one user of a machine, below those that the kernel gives out:
    8000 for the first account of a system, 8010 for the second."""
    return PORTS_FROM + PORTS_EACH * ((uid - FIRST_UID) % USERS if uid > FIRST_UID else 0)


def public_origin() -> str:
    """Of JupyterHub's pages where it says so; else any: Jupyter's cookies are bound to its own."""
    address = urlsplit(os.environ.get("JUPYTERHUB_PUBLIC_URL", ""))
    return f"{address.scheme}://{address.netloc}".lower() if address.netloc else ANY

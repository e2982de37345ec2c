"""nginx with one worker, static pages and its access log, in a folder of its own."""

import os
from pathlib import Path

STUDENTS = range(100, 200)
TEMPLATE = """{user}
daemon off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/t1;
  proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5;
  keepalive_requests 1000000000;
  sendfile on;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location /subjects/ {{ root {folder}; default_type "{media}"; }}
  }}
}}
"""


def write(folder: Path, port: int, size: int, media: str) -> Path:
    """Make a page for each student, and the configuration; the path of the latter."""
    (folder / "subjects").mkdir()
    for student in STUDENTS:
        (folder / "subjects" / str(student)).write_bytes(b"x" * size)
    path = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # another one may not read our folder
    path.write_text(TEMPLATE.format(user=user, folder=folder, port=port, media=media))
    return path

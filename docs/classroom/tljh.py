# For The Littlest JupyterHub: /opt/tljh/config/jupyterhub_config.d/socket_lab.py, then
# `sudo tljh-config reload hub`. One Linux account and one systemd unit a student.
c = get_config()

c.SystemdSpawner.mem_limit = "1G"
c.SystemdSpawner.cpu_limit = 1.0
c.SystemdSpawner.isolate_tmp = True  # the dashboard's socket is there
c.SystemdSpawner.disable_user_sudo = True
c.SystemdSpawner.unit_extra_properties = {"TasksMax": "512", "LimitNOFILE": "4096"}

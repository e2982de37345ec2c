"""Every attack on the dashboard stands in this folder, each as a test that it fails.

`site` is the dashboard as its users have it, on a real port; `app` the application behind it.
"""

from tests.dashboard.web.conftest import app, site

__all__ = ["app", "site"]

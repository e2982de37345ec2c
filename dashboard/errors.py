"""Errors, as the HTTP API and the page say them: a code, a sentence, a next step."""


class LabError(Exception):
    """An error for the user. `status` is the HTTP status that fits it."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def as_json(self) -> dict[str, dict[str, str]]:
        body = {"code": self.code, "message": self.message, "next_step": self.next_step}
        return {"error": body}


class BadInput(LabError):
    """A value that cannot be used; the message names the field."""

    status = 422
    code = "bad_input"


class Forbidden(LabError):
    """The request does not come from this dashboard's own page."""

    status = 403
    code = "forbidden"


class ForeignHost(Forbidden):
    """The request names a host that the dashboard is not known by. `address`: one that it is."""

    code = "foreign_host"

    def __init__(self, message: str, address: str) -> None:
        super().__init__(message, f"open {address}")
        self.address = address


class UnknownServer(LabError):
    """There is no server of that name."""

    status = 404
    code = "unknown_server"


class NotRunning(LabError):
    """The server would have to run for this."""

    status = 409
    code = "not_running"


class NotNow(LabError):
    """The server's state does not allow this now."""

    status = 409
    code = "not_now"


class Unsupported(LabError):
    """This system lacks what the dashboard needs."""

    status = 501
    code = "unsupported"


class Exhausted(LabError):
    """The system has no descriptor left for it."""

    status = 503
    code = "exhausted"


class InUse(LabError):
    """Another dashboard has the data folder."""

    status = 503
    code = "in_use"

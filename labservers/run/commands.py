"""The dashboard's commands, until it is gone."""

from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.run.reporter import Reporter
from labservers.run.server import LabServer
from labservers.run.stopper import Stopper

HURRY_S = 1.2  # when the dashboard is gone, its children are to be gone within 2 s


def obey(channel: Channel, server: LabServer, reporter: Reporter, stopper: Stopper) -> None:
    """Carry out command after command. The channel's end is the end of the dashboard, and so of
    the server."""
    try:
        for line in channel.lines():
            try:
                _carry_out(messages.decode_command(line), server, reporter, stopper)
            except messages.MessageError as error:
                server.log.warning(f"ignored a command: {error}")
            except Exception as error:
                server.log.failure("a command failed", error)
    finally:
        stopper.stop(HURRY_S)


def _carry_out(
    command: messages.Command, server: LabServer, reporter: Reporter, stopper: Stopper
) -> None:
    if isinstance(command, messages.Stop):
        stopper.stop()
    elif isinstance(command, messages.Look):
        reporter.look(command)
    else:
        server.command(command)
        reporter.hold()

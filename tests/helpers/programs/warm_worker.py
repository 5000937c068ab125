"""In place of the Python that others start: what it runs is a fork of the warm server (`Servers.python`).

The first argument is the path of the server's socket; the others are what Python would be given. This process
ends as the fork does, which is no child of it.
"""

import json
import os
import signal
import socket
import sys
import tempfile


def main(path: str, *command: str) -> int:
    said, saying = os.pipe()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as request:
        json.dump({"command": command, "env": dict(os.environ), "cwd": os.getcwd()}, request)  # noqa: PTH109
        request.seek(0)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.connect(path)
            socket.send_fds(server, [b"."], [request.fileno(), saying, 0, 1, 2])
    os.close(saying)
    with os.fdopen(said) as lines:
        lines.readline()  # its number
        return int(lines.readline() or 1)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)

"""Hands a task to the interpreter of ``warm``; run as a file, so that it imports nothing else of ours."""

import json
import os
import socket
import sys
from pathlib import Path

HEADER = 8
"""Bytes that say how long the message after them is."""


def main(path: str, arguments: list[str]) -> int:
    """Sends what ``python ARGUMENTS`` would be, with this process's output, and waits.

    Args:
        path: Socket of the warm interpreter.
        arguments: What follows ``python``.

    Returns:
        The task's exit code.
    """
    task = {"arguments": arguments, "environment": dict(os.environ), "folder": str(Path.cwd())}
    message = json.dumps(task).encode()
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError:
            os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - the very interpreter that runs this
        socket.send_fds(server, [len(message).to_bytes(HEADER, "big")], [1, 2])
        server.sendall(message)
        code = server.recv(1)
    return code[0] if code else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

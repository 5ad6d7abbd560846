"""Runs a command where there is no network but this machine's own loopback.

`python tests/support/offline.py pytest -q` gives the command a network namespace of its own, with
nothing in it but `lo`: whatever a test asks of another host, by whatever library or program, fails.
That takes Linux and root; elsewhere the command runs all the same, after a word about it.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def leave_network() -> None:
    """Give this process a network namespace that has only its loopback.

    Raises:
        OSError: The system does not allow it, or has no such thing.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        raise OSError("this system has no network namespaces")
    if libc.unshare(CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def main(command: list[str]) -> None:
    """Become `command`, without a network if that is allowed."""
    try:
        leave_network()
    except OSError as exc:
        sys.stderr.write(f"offline.py: {exc}; the network stays as it is\n")
    os.execvp(command[0], command)  # noqa: S606 - it is the developer's own command


if __name__ == "__main__":
    main(sys.argv[1:])

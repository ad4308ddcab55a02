"""A proxy in front of a server that passes so many bytes of each answer on, and then ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cutting_proxy(port: int, most: int) -> Iterator[int]:
    """Yield the port of a proxy to a port of this computer.

    It gives each request the Host of the server itself, which some insist on.
    """
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=_accept, args=(listening, port, most, threads))
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _accept(
    listening: socket.socket, port: int, most: int, threads: list[threading.Thread]
) -> None:
    with contextlib.suppress(OSError):  # it is shut down
        while True:
            client, _ = listening.accept()
            server = socket.create_connection(("127.0.0.1", port))
            here = f"Host: 127.0.0.1:{listening.getsockname()[1]}".encode()
            hosts = (here, f"Host: 127.0.0.1:{port}".encode())
            threads.append(threading.Thread(target=_ask, args=(client, server, hosts)))
            threads.append(threading.Thread(target=_answer, args=(server, client, most)))
            for thread in threads[-2:]:
                thread.start()


def _ask(source: socket.socket, target: socket.socket, hosts: tuple[bytes, bytes]) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data.replace(*hosts))
        target.shutdown(socket.SHUT_WR)


def _answer(source: socket.socket, target: socket.socket, most: int) -> None:
    left = most
    with contextlib.suppress(OSError):
        while left and (data := source.recv(min(left, 4096))):
            target.sendall(data)
            left -= len(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

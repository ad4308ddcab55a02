"""A proxy in front of a server, which knows what has been asked, and may end an answer early."""

from __future__ import annotations

import contextlib
import socket
import threading

_NEVER = 1 << 60


class CuttingProxy:
    """A proxy to a port of this computer; a context manager.

    It passes ``most`` bytes of each answer on, and then ends. ``asked`` is how many bytes of
    requests it has passed on. It gives each request the Host of the server itself, which some
    insist on.
    """

    def __init__(self, port: int, most: int = _NEVER) -> None:
        self.asked = 0
        self._beyond, self._most = port, most
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> CuttingProxy:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it is shut down
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._beyond))
                for work in (self._ask, self._answer):
                    thread = threading.Thread(target=work, args=(client, server))
                    self._threads.append(thread)
                    thread.start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        hosts = (
            f"Host: 127.0.0.1:{self.port}".encode(),
            f"Host: 127.0.0.1:{self._beyond}".encode(),
        )
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data.replace(*hosts))
                self.asked += len(data)
            server.shutdown(socket.SHUT_RDWR)  # the client has gone

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        left = self._most
        with client, server, contextlib.suppress(OSError):
            while left and (data := server.recv(min(left, 4096))):
                client.sendall(data)
                left -= len(data)
            for end in (server, client):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

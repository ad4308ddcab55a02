"""Programs without any client library."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (Peer("urllib", "urllib_chat.py"),)

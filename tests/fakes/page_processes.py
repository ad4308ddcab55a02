"""A process that reads pages, and hangs or dies with some (app/tools/browser/extraction)."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from app.tools.browser.source import PageText


def hangs(connection: Connection) -> None:
    """Answer each page, unless its address says otherwise."""
    while True:
        address = connection.recv()[3]
        connection.send(())
        if address.endswith("die"):
            os._exit(1)
        if address.endswith("hang"):
            time.sleep(60)
        connection.send(PageText(address, "", "read"))

"""The sign in the sidebar that the local server is on, or could not be switched on."""

from __future__ import annotations

from collections.abc import Callable

from app.serving import ServerStatus
from app.ui.controls import Button, tip
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.serving_words import sign_text


class ServingSign(Button):
    """A button that leads to the server's settings."""

    def __init__(self, theme: Theme, clicked: Callable[[], object]) -> None:
        super().__init__(
            theme, "serverSign", tr("Local server settings"), text="-", icon="server", kind="row",
            colour="accent", size=16, pixels=14, weight=400, clicked=clicked,
        )  # fmt: skip

    def show_status(self, status: ServerStatus) -> None:
        """Show whether it is on, and how many requests it answers."""
        text = sign_text(status)
        self.setText(f"  {text}")
        self.setAccessibleName(text)
        self.set_icon("server" if status.on else "alert", "accent" if status.on else "danger")
        where = tr("Local server settings")
        self.setToolTip(tip(f"{where}: {status.address}" if status.on else where))

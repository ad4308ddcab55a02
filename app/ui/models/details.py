"""Details that are shown on request: where a model comes from, its files, its licence."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.models import catalog
from app.models.catalog import HubModel
from app.ui.controls import Button, column, muted
from app.ui.theme import Theme
from app.wording.language import tr

HUB = "https://huggingface.co/"


class Details(QWidget):
    """A text that is hidden until ``button`` is pressed, with a link to a web page."""

    def __init__(self, theme: Theme, about: str, lines: Iterable[str], page: str = "") -> None:
        """Create the text and the button; ``about`` is the name of what the details are about."""
        super().__init__()
        self._text = muted("", "details", pixels=12)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.set_lines(lines)
        layout = column(self, (0, 4, 0, 0), gap=8)
        layout.addWidget(self._text)
        if page:
            link = Button(
                theme,
                "openHub",
                tr("Open {page} in your browser").format(page=page),
                text=tr("View on Hugging Face"),
                kind="small",
                clicked=lambda: QDesktopServices.openUrl(QUrl(page)),
            )
            layout.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        self.button = Button(
            theme,
            "showDetails",
            tr("Details of {name}").format(name=about),
            text=tr("Details"),
            kind="quiet",
            clicked=self._toggle,
        )
        self.button.setCheckable(True)
        self.hide()

    def set_lines(self, lines: Iterable[str]) -> None:
        """Set the text; empty lines are left out."""
        self._text.setText("\n".join(filter(None, lines)))

    def _toggle(self) -> None:
        self.setVisible(self.button.isChecked())


def details_of(theme: Theme, model: HubModel, about: str, licence: str | None = None) -> Details:
    """Return the details of a model on the hub."""
    lines = [
        tr("Repository: {name}").format(name=model.repository),
        files_of(model),
        tr("Licence: {name}").format(name=licence) if licence else "",
        tr("Only the request for this file is sent."),
    ]
    return Details(theme, about, lines, HUB + model.repository)


def files_of(model: HubModel) -> str:
    """Return the name of a model's file, and how many more there are."""
    first, *others = model.files
    if not others:
        return tr("File: {name}").format(name=first.name)
    return tr("File: {name} and %n more part(s)", "", len(others)).format(name=first.name)


def licence_of(model: HubModel) -> str | None:
    """Return the licence of a model, if it is an offer."""
    offer = catalog.offer_for(model)
    return offer.licence if offer else None

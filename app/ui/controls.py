"""Small controls that several packages of the window use."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import (
    QIcon,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import Theme, font


def tip(label: str, shortcut: str = "") -> str:
    """Return a tooltip: what a control does, and its shortcut. It is never read as markup."""
    return plain_tip(f"{label} ({spoken(shortcut)})" if shortcut else label)


def keyed(text: str, keys: str | QKeySequence.StandardKey) -> str:
    """Return the text of a menu entry with its shortcut."""
    return f"{text}\t{spoken(keys)}" if keys else text


def spoken(keys: str | QKeySequence | QKeySequence.StandardKey) -> str:
    """Return a shortcut as named on the user's keyboard: "Ctrl+F", "Strg+F", "⌘F"."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "Enter")  # as it stands on the key; a Mac has a sign for it


def plain_tip(text: str) -> str:
    """Return a text of somebody else's as a tooltip, which Qt does not take for markup."""
    return f"<p>{escape(text)}</p>" if "<" in text or "&" in text else text


def send_keys(ctrl: bool) -> str:
    """Return the shortcut that sends a message; ``ctrl``: whether that is with Ctrl."""
    return "Ctrl+Return" if ctrl else "Return"


class Button(QPushButton):
    """A button with an icon, a text, or both, in the colours of the theme."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        label: str,
        *,
        text: str = "",
        icon: str = "",
        kind: str = "",
        colour: str = "muted",
        size: int = 18,
        pixels: int = 13,
        weight: int = 500,
        shortcut: str = "",
        clicked: Callable[[], object] | None = None,
    ) -> None:
        """Create the button; ``name`` is its objectName.

        ``label`` says what it does, for tooltip and screen reader; ``kind`` is its look, one of
        those in ``fireside.qss``.
        """
        super().__init__(f"  {text}" if icon and text else text)
        self._theme = theme
        self._icon, self._colour, self._size = icon, colour, size
        self.setObjectName(name)
        self.setProperty("kind", kind or ("outlined" if text else "ghost"))
        self.setAccessibleName(label)
        self.setToolTip(tip(label, shortcut))
        self.setFont(font(pixels, weight))
        self.setIconSize(QSize(size, size))
        # The focus ring is for keyboard users; a click does not focus.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        if clicked is not None:
            self.clicked.connect(lambda: clicked())
        theme.changed.connect(self._paint_icon)
        self._paint_icon()

    def set_icon(self, icon: str, colour: str = "") -> None:
        """Show another icon, or the same one in another colour; an empty name for none."""
        self._icon, self._colour = icon, colour or self._colour
        self._paint_icon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Have Enter press the button too, not only the space bar."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _paint_icon(self) -> None:
        shown = self._theme.icon(self._icon, self._colour, self._size) if self._icon else QIcon()
        self.setIcon(shown)


class ProgressLine(QProgressBar):
    """A thin progress bar."""

    def __init__(self, name: str, label: str, tip: str, height: int) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setToolTip(tip)
        self.setRange(0, 1000)
        self.setTextVisible(False)
        self.setFixedHeight(height)

    def set_share(self, share: float) -> None:
        """Show how much is done, from 0 to 1."""
        self.setValue(int(1000 * share + 1e-9))  # rounded down, as the percentage beside it


class Scroll(QScrollArea):
    """A scroll area that follows the keyboard focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the window while Ctrl is held, which zooms."""
        if zooms(event):
            event.ignore()
        else:
            super().wheelEvent(event)

    def _follow(self, _: QWidget | None, focused: QWidget | None) -> None:
        if focused and self.isAncestorOf(focused):
            self.ensureWidgetVisible(focused)


class IconView(QLabel):
    """An icon that is not a button."""

    def __init__(self, theme: Theme, icon: str, colour: str, size: int) -> None:
        super().__init__()
        self._theme, self._icon, self._colour, self._size = theme, icon, colour, size
        theme.changed.connect(self._paint_icon)
        self._paint_icon()

    def set_icon(self, icon: str, colour: str = "") -> None:
        """Show another icon, or the same one in another colour."""
        self._icon, self._colour = icon, colour or self._colour
        self._paint_icon()

    def _paint_icon(self) -> None:
        icon, size = (
            self._theme.icon(self._icon, self._colour, self._size),
            self._theme.px(self._size),
        )
        self.setPixmap(icon.pixmap(size, size))


class Elided(QLabel):
    """A line of text that is cut off with … if there is no room."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._full = ""
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        """Set the full text, which is the tooltip while it is shortened."""
        self._full = " ".join(text.split())
        self.setAccessibleName(self._full)
        self._shorten()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        shown = self.fontMetrics().elidedText(
            self._full, Qt.TextElideMode.ElideRight, max(0, self.width())
        )
        self.setText(shown)
        self.setToolTip(plain_tip(self._full) if shown != self._full else "")


def pop_up_above(menu: QMenu, widget: QWidget) -> None:
    """Show a menu above the upper left corner of a widget."""
    menu.popup(widget.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 6)))


def zooms(event: QWheelEvent) -> bool:
    """Return whether turning the wheel zooms everything, since Ctrl is held."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def menu_of(parent: QWidget, name: str) -> QMenu:
    """Return a menu that is deleted when it is closed."""
    menu = QMenu(parent)
    menu.setObjectName(name)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def pop_up_below(menu: QMenu, widget: QWidget) -> None:
    """Show a menu at the lower left corner of a widget."""
    menu.popup(widget.mapToGlobal(widget.rect().bottomLeft()))


def plain(text: str) -> str:
    """Escape a text for a button or a menu, in which "&" marks a key."""
    return text.replace("&", "&&")


def elided(
    widget: QWidget,
    text: str,
    width: int,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> str:
    """Escape a text, shortened to a width in pixels."""
    return plain(widget.fontMetrics().elidedText(text, mode, width))


def muted(text: str = "", name: str = "", pixels: int = 12) -> QLabel:
    """Return a small muted label, whose text is never parsed as markup."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setObjectName(name)
    label.setProperty("tone", "muted")
    label.setFont(font(pixels))
    return label


def set_tone(label: QLabel, tone: str) -> None:
    """Set the colour of a label: ``muted``, or ``danger`` for what the user should not miss."""
    if tone != label.property("tone"):
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)


def tell(label: QLabel, text: str, tone: str = "muted") -> None:
    """Show a text in a label of its own line; an empty one hides it."""
    label.setText(text)
    label.setVisible(bool(text))
    set_tone(label, tone)


def set_kind(button: Button, kind: str) -> None:
    """Set the looks of a button; see ``fireside.qss``."""
    if kind != button.property("kind"):
        button.setProperty("kind", kind)
        button.style().unpolish(button)
        button.style().polish(button)


def set_across(layout: QBoxLayout, across: bool) -> None:
    """Lay out beside each other, or below each other where there is no room for that."""
    direction = QBoxLayout.Direction
    layout.setDirection(direction.LeftToRight if across else direction.TopToBottom)


def column(
    widget: QWidget, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0
) -> QVBoxLayout:
    """Give a widget a vertical layout."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout

"""Small controls that several packages of the window use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
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
from app.wording.language import tr

_SWITCH = 40, 24  # pixels


def tip(label: str, shortcut: str = "") -> str:
    """Return a tooltip: what a control does, and its shortcut."""
    return f"{label} ({spoken(shortcut)})" if shortcut else label


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

    def set_icon(self, icon: str) -> None:
        """Show another icon; an empty name for none."""
        self._icon = icon
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


class Segments(QFrame):
    """A selector of one of a few choices side by side. The arrow keys move between them."""

    chosen = Signal(str)
    """The value that the user chose."""

    def __init__(self, name: str, label: str, choices: Sequence[tuple[str, str, str, str]]) -> None:
        """Create the choices: value, text, objectName, and shortcut (or "") of each."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setProperty("kind", "segments")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(2)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for value, text, button_name, shortcut in choices:
            button = QPushButton(text)
            button.setObjectName(button_name)
            button.setAccessibleName(f"{label}: {text}")
            button.setToolTip(tip(f"{label}: {text}", shortcut))
            button.setCheckable(True)
            button.setFixedHeight(26)
            button.setFont(font(13, 450))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setAutoDefault(False)  # so Enter in a dialog's field does not press it
            self._group.addButton(button)
            self._buttons[value] = button
            layout.addWidget(button)
            button.toggled.connect(partial(self._toggled, value))
        self._quiet = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> str:
        """The present choice."""
        return next(v for v, button in self._buttons.items() if button.isChecked())

    def set_value(self, value: str) -> None:
        """Show a choice, without emitting `chosen`."""
        self._quiet = True
        self._buttons[value].setChecked(True)
        self._quiet = False

    def choose(self, value: str) -> None:
        """Choose a value as if the user had, for example by a shortcut."""
        self._buttons[value].setChecked(True)

    def _toggled(self, value: str, on: bool) -> None:
        if not on:
            return
        focused = any(button.hasFocus() for button in self._buttons.values())
        self.setFocusProxy(self._buttons[value])
        for each, button in self._buttons.items():  # Tab reaches the chosen one only
            policy = Qt.FocusPolicy.TabFocus if each == value else Qt.FocusPolicy.NoFocus
            button.setFocusPolicy(policy)
        if focused:  # else the ring would stay on another choice
            self._buttons[value].setFocus()
        if not self._quiet:
            self.chosen.emit(value)


class Switch(QCheckBox):
    """A switch for on and off, which is a check box to the keyboard and to screen readers."""

    turned = Signal(bool)
    """The user has switched it on or off."""

    def __init__(self, name: str, label: str, *, on: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setChecked(on)
        self.setFixedSize(*_SWITCH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.turned)
        self.toggled.connect(self._name_state)
        self._name_state()

    def turn(self, on: bool) -> None:
        """Turn it as if the user had."""
        if on != self.isChecked():
            self.click()

    def hitButton(self, pos: QPoint) -> bool:
        """Have a click anywhere on the switch turn it."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, role = self.palette(), QPalette.ColorRole
        rim = self.height() / 11
        track = QRectF(self.rect()).adjusted(rim, rim, -rim, -rim)
        if not self.isEnabled():
            painter.setOpacity(0.45)
        if self.hasFocus():
            ring = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
            painter.setPen(QPen(colours.color(role.Accent), 1.5))
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
            track.adjust(rim / 2, rim / 2, -rim / 2, -rim / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color(role.Accent if self.isChecked() else role.Mid))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = QRectF(0, 0, track.height(), track.height()).adjusted(rim, rim, -rim, -rim)
        left = track.right() - track.height() if self.isChecked() else track.left()
        painter.setBrush(colours.color(role.BrightText))
        painter.drawEllipse(knob.translated(left, track.top()))

    def _name_state(self) -> None:
        state = tr("On") if self.isChecked() else tr("Off")
        self.setToolTip(f"{self.accessibleName()}: {state}")


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
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
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


_AROUND = 60  # pixels of a notice beside its text: the icon, gaps, and another button


class Notice(QFrame):
    """A message with buttons for what to do about it."""

    opened = Signal()
    """The details were opened or closed, so that its height has changed."""

    def __init__(
        self, theme: Theme, name: str, icon: str = "alert", colour: str = "danger"
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(14, 8, 8, 8)
        self._layout.setSpacing(10)
        self.picture = IconView(theme, icon, colour, 18)
        self._layout.addWidget(self.picture)
        self.label = QLabel()
        self.label.setObjectName(f"{name}Text")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setMinimumHeight(28)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.detail = muted(name=f"{name}Detail", pixels=12)
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setWordWrap(True)
        self.detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.detail.hide()
        self._texts = QVBoxLayout()
        self._texts.setSpacing(2)
        self._texts.addWidget(self.label)
        self._texts.addWidget(self.detail)
        self._layout.addLayout(self._texts, 1)
        self.buttons: list[QWidget] = []
        self._rows: list[tuple[QBoxLayout, Sequence[QWidget]]] = []
        self._opener: Button | None = None
        self._theme = theme

    def set_detail(self, text: str) -> None:
        """Set details, such as another program's message, shown by a button; empty for none."""
        self.detail.setText(text)
        self.detail.hide()
        if self._opener is None and text:
            name, words = f"{self.objectName()}Details", tr("Details")
            self._opener = Button(self._theme, name, words, text=words, clicked=self._toggle)
            self._layout.insertWidget(2, self._opener)
        if self._opener:
            self._opener.setVisible(bool(text))

    def _toggle(self) -> None:
        self.detail.setVisible(self.detail.isHidden())
        self.opened.emit()

    def set_text(self, text: str) -> None:
        """Set the message."""
        self.label.setText(text)
        self.setAccessibleName(text)

    def set_quiet(self, quiet: bool) -> None:
        """Set whether it is good news, which changes its icon and colours."""
        self.picture.set_icon("check" if quiet else "alert", "accent" if quiet else "danger")
        self.setProperty("quiet", quiet)
        self.style().unpolish(self)
        self.style().polish(self)

    def add_button(self, button: QWidget) -> None:
        """Add a button on the right."""
        self.buttons.append(button)
        self._layout.addWidget(button)

    def add_row(self, buttons: Sequence[QWidget]) -> QWidget:
        """Add a row of buttons below the text: beside it there is not enough room for several."""
        self.buttons += buttons
        row = QWidget()
        layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, row)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(8)
        for button in buttons:
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        self._texts.addWidget(row)
        self._rows.append((layout, buttons))
        self.picture.setFixedHeight(self.label.minimumHeight())  # beside the first line
        self._layout.setAlignment(self.picture, Qt.AlignmentFlag.AlignTop)
        return row

    def fit(self, width: int) -> None:
        """Put the buttons of a row below each other if they do not fit into a width in pixels."""
        for row, buttons in self._rows:
            shown = [button.sizeHint().width() for button in buttons if not button.isHidden()]
            room = width - self._layout.contentsMargins().left() - _AROUND
            fits = sum(shown) + row.spacing() * (len(shown) - 1) <= room
            direction = QBoxLayout.Direction
            row.setDirection(direction.LeftToRight if fits else direction.TopToBottom)
            row.activate()  # or the height is that of before
            row.parentWidget().updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit(self.width())


def menu_of(parent: QWidget, name: str) -> QMenu:
    """Return a menu that is deleted when it is closed."""
    menu = QMenu(parent)
    menu.setObjectName(name)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


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


def set_kind(button: Button, kind: str) -> None:
    """Set the looks of a button; see ``fireside.qss``."""
    if kind != button.property("kind"):
        button.setProperty("kind", kind)
        button.style().unpolish(button)
        button.style().polish(button)


def column(
    widget: QWidget, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0
) -> QVBoxLayout:
    """Give a widget a vertical layout."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout

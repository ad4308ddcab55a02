"""The place of the sidebar: beside the conversation, or over it in a narrow window."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QWidget

from app.ui.shade import Shade
from app.ui.sidebar.sidebar import Sidebar
from app.ui.theme import Theme

_NARROW = 760  # pixels of a window's width below which there is no room for both
_WIDTH = 300  # pixels of the sidebar over the conversation
_STRIP = 56  # pixels of the conversation that stay in sight beside it


class SidebarPlace(QObject):
    """The splitter with the sidebar, which becomes an overlay while the window is narrow."""

    turned = Signal(bool)
    """The sidebar is shown or hidden."""
    left = Signal()
    """The overlay was closed while it had the keyboard focus."""

    def __init__(self, window: QMainWindow, theme: Theme, sidebar: Sidebar, rest: QWidget) -> None:
        super().__init__(window)
        self._window, self._theme, self._sidebar = window, theme, sidebar
        self._narrow = False
        self._wanted = True  # beside the conversation
        self._state = QByteArray()  # of the splitter while the sidebar is not in it
        self.splitter = QSplitter(window)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(sidebar)
        self.splitter.addWidget(rest)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([264, 916])
        self._shade = Shade(window, "sidebarShade")
        self._shade.pressed.connect(self.close_overlay)
        for left in (sidebar.opened, sidebar.new_chat, sidebar.away, sidebar.preferences):
            left.connect(self.close_overlay)
        self.splitter.installEventFilter(self)
        sidebar.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_moved)
        self._zoom = theme.zoom  # for which the sidebar has its width
        theme.changed.connect(self._rezoom)
        theme.changed.connect(self.refit)

    @property
    def shown(self) -> bool:
        """Whether the sidebar is visible."""
        return not self._sidebar.isHidden()

    @property
    def narrow(self) -> bool:
        """Whether it lies over the conversation when it is shown."""
        return self._narrow

    def show(self, shown: bool) -> None:
        """Show or hide the sidebar."""
        if self._narrow:
            self._show_overlay(shown)
        else:
            self._wanted = shown
            self._sidebar.setVisible(shown)
            self._rezoom()
            self.turned.emit(shown)

    def close_overlay(self) -> None:
        """Hide the sidebar if it lies over the conversation."""
        if self._narrow and self.shown:
            self._show_overlay(False)

    def state(self) -> tuple[bool, QByteArray]:
        """Return whether the sidebar is shown where there is room, and the splitter's state."""
        return self._wanted, self._state if self._narrow else self.splitter.saveState()

    def restore(self, wanted: bool, state: QByteArray) -> None:
        """Restore what `state` returned."""
        self._wanted = wanted
        if self._narrow:
            self._state = state
        else:
            self.splitter.restoreState(state)
            self.show(wanted)

    def refit(self) -> None:
        """Move the sidebar to where there is room for it."""
        narrow = self.splitter.width() < self._theme.px(_NARROW)
        if narrow != self._narrow:
            self._turn(narrow)
        elif narrow:
            self._place_overlay()

    def _rezoom(self) -> None:
        """Zoom the width of the sidebar, once it is beside the conversation."""
        if self._zoom != self._theme.zoom and self.shown and not self._narrow:
            if not self.splitter.sizes()[0]:  # it was shown just now
                self.splitter.refresh()
            width = round(self.splitter.sizes()[0] * self._theme.zoom / self._zoom)
            self._zoom = self._theme.zoom
            self.splitter.setSizes([width, self.splitter.width() - width])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.splitter:
            if event.type() == QEvent.Type.Resize:
                self.refit()
        elif self._narrow and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:  # the answer goes on
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.close_overlay()
                return True
        return False

    def _turn(self, narrow: bool) -> None:
        if narrow:
            self._state = self.splitter.saveState()
        self._narrow = narrow
        self._sidebar.hide()
        self._shade.hide()
        self._sidebar.setProperty("floating", narrow)
        if narrow:
            self._sidebar.setParent(self._window)
            self._sidebar.hide()
            self.turned.emit(False)
        else:
            self.splitter.insertWidget(0, self._sidebar)
            if not self.splitter.restoreState(self._state):
                self.splitter.setSizes([self._theme.px(264), self.splitter.width()])
            self.show(self._wanted)

    def _show_overlay(self, shown: bool) -> None:
        had = self._sidebar.isAncestorOf(QApplication.focusWidget() or self._window)
        self._shade.setVisible(shown)
        self._sidebar.setVisible(shown)
        if shown:
            self._place_overlay()
            self._shade.raise_()
            self._sidebar.raise_()
            self._sidebar.take_focus()
        elif had:
            self.left.emit()
        self.turned.emit(shown)

    def _place_overlay(self) -> None:
        area = self.splitter.geometry()
        self._shade.cover(area)
        width = min(self._theme.px(_WIDTH), area.width() - self._theme.px(_STRIP))
        self._sidebar.setGeometry(area.x(), area.y(), width, area.height())

    def _focus_moved(self, _: QWidget | None, now: QWidget | None) -> None:
        """Close the overlay when the keyboard is elsewhere in the window."""
        if now is None or now.window() is not self._window:
            return
        if now is not self._sidebar and not self._sidebar.isAncestorOf(now):
            self.close_overlay()

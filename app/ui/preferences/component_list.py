"""The list of Fireside's components."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.base.licences import Component
from app.ui.form_fields import named
from app.ui.theme import Theme
from app.ui.zoom import zoomed
from app.wording.language import tr

_COMPONENT = Qt.ItemDataRole.UserRole
_ROW = 42
_NONE = Component("", "", "", "", "")


class ComponentList(QListWidget):
    """The components with their licences."""

    chosen = Signal(object)
    """A Component; one without a name if none is left."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(
            self,
            "componentList",
            tr("Third-party licences"),
            tr("Use the arrow keys to choose"),
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Delegate(theme, self))
        self.currentItemChanged.connect(
            lambda item: self.chosen.emit(item.data(_COMPONENT) if item else _NONE)
        )

    def set_components(self, components: Sequence[Component]) -> None:
        """Show components and select the first."""
        for component in components:
            item = QListWidgetItem(component.name, self)
            item.setData(_COMPONENT, component)
            said = f"{component.name}: {component.licence}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
            item.setToolTip(component.licence)
        self.setCurrentRow(0)

    def filter(self, text: str) -> None:
        """Show only components with this text in their names or licences.

        If the selected one is hidden, the first that is shown gets selected.
        """
        wanted = text.strip().casefold()
        shown = []
        for row in range(self.count()):
            item = self.item(row)
            component = item.data(_COMPONENT)
            searched = f"{component.name}\n{component.licence}\n{component.text}".casefold()
            item.setHidden(wanted not in searched)
            if not item.isHidden():
                shown.append(item)
        if self.currentItem() not in shown:
            self.setCurrentRow(self.row(shown[0]) if shown else -1)

    def select_next(self, step: int) -> None:
        """Select the next visible row in the direction of ``step``, 1 or -1."""
        row = self.currentRow() + step
        while 0 <= row < self.count() and self.item(row).isHidden():
            row += step
        if 0 <= row < self.count():
            self.setCurrentRow(row)


class _Delegate(QStyledItemDelegate):
    """A delegate that paints a name with its licence below it."""

    def __init__(self, theme: Theme, view: QListWidget) -> None:
        super().__init__(view)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, zoomed(_ROW))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        component = index.data(_COMPONENT)
        painter.save()
        try:
            style = option.widget.style()
            ground = QStyle.PrimitiveElement.PE_PanelItemViewItem
            style.drawPrimitive(ground, option, painter, option.widget)
            words = option.rect.adjusted(10, 4, -8, -5)
            upper = QRect(words.x(), words.y(), words.width(), words.height() // 2 + 1)
            lower = QRect(words.x(), upper.bottom(), words.width(), words.bottom() - upper.bottom())
            self._write(painter, upper, component.name, 13, "text")
            self._write(painter, lower, component.licence, 11, "muted")
        finally:
            painter.restore()

    def _write(self, painter: QPainter, where: QRect, text: str, size: int, colour: str) -> None:
        painter.setFont(self._theme.font(size, 450))
        painter.setPen(self._theme.colour(colour))
        shown = QFontMetrics(painter.font()).elidedText(
            text, Qt.TextElideMode.ElideRight, where.width()
        )
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(where, left | Qt.TextFlag.TextSingleLine, shown)

"""Controller of attachments: reads files and counts their tokens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from app.base.errors import Cancelled
from app.base.types import Endpoint
from app.documents import Document, DocumentProgress
from app.host import Host
from app.turn import ContextForecast
from app.ui.bridge import Bridge
from app.ui.composer.attachment import Attachment
from app.ui.composer.composer import Composer
from app.ui.dialogs import ask_files
from app.ui.pages import Pages
from app.ui.state.model_choice import ModelChoice
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr


class AttachmentController(QObject):
    """A controller that connects the ways to attach something, their bar, and the host."""

    arrived = Signal(object, object)
    """A chat that is not shown (None for a new one), and the Part of its file, now read."""
    fit_changed = Signal()
    """There is new information about whether everything fits."""

    def __init__(
        self,
        composer: Composer,
        pages: Pages,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        models: ModelChoice,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._composer, self._pages, self._parent = composer, pages, parent
        self._theme, self._host, self._bridge, self._models = theme, host, bridge, models
        self._bar = composer.attachment_bar
        self._excess = 0  # tokens, by the last forecast
        self._space = 0  # tokens that a prompt may have; 0 if unknown
        self._elsewhere: dict[int | None, list[Attachment]] = {}  # of chats that are not shown
        composer.attach_wanted.connect(self.choose_files)
        composer.editor.text_pasted.connect(self._paste)
        composer.editor.picture_pasted.connect(self._refuse_picture)
        self._bar.cut_wanted.connect(self._cut)
        self._bar.reread.connect(self._read_as)
        self._bar.opened.connect(self._preview)
        self._bar.changed.connect(self._changed)
        models.ready.connect(self._recount)

    # --- Attaching ----------------------------------------------------------------------------

    def choose_files(self) -> None:
        """Ask which files to attach."""
        ask_files(self._parent, "attachFiles", tr("Attach files"), self.attach)

    def attach(self, paths: Iterable[Path]) -> None:
        """Attach files, and read them."""
        self._pages.show_chat()
        self._bar.clear_notices()
        for path in paths:
            item = Attachment(path.name, path)
            self._bar.set_items([*self._bar.items, item])
            self._read(item, path)
        self._composer.focus_editor()

    def _read(self, item: Attachment, path: Path) -> None:
        def read(document: Document) -> None:
            item.read(document)
            if item in self._bar.items:
                self._bar.refresh(item)
                self._bar.changed.emit()
            for chat, items in self._elsewhere.items():
                if item in items:
                    self.arrived.emit(chat, item.part)

        def failed(error: BaseException) -> None:
            if isinstance(error, Cancelled):
                return
            for items in self._elsewhere.values():
                items[:] = [other for other in items if other is not item]
            if item in self._bar.items:
                self._bar.remove(item)
            self._bar.tell(explain(error).sentence)

        self._bridge.when_done(self._host.documents.read(path, item.stop), read, failed)

    def _read_as(self, item: Attachment, encoding: str) -> None:
        """Read a file again in an encoding that the user chose.

        The earlier reading is kept until then, and also if that fails.
        """

        def read(document: Document) -> None:
            item.read(document)
            if item in self._bar.items:
                self._bar.refresh(item)
                self._bar.changed.emit()

        def failed(error: BaseException) -> None:
            if not isinstance(error, Cancelled):
                self._bar.tell(explain(error).sentence)

        assert item.path
        self._bridge.when_done(
            self._host.documents.read(item.path, item.stop, encoding=encoding), read, failed
        )

    def _paste(self, text: str) -> None:
        """Attach a long text that was pasted."""
        names = {item.name for item in self._bar.items}
        name, number = tr("Pasted text"), 1
        while name in names:
            number += 1
            name = tr("Pasted text {number}").format(number=number)
        item = Attachment.text(name, text)
        self._bar.set_items([*self._bar.items, item])
        self._composer.pasted(item)

    def _refuse_picture(self) -> None:
        self._bar.clear_notices()
        self._bar.tell(
            tr("gpt-oss can’t read images. Attach text, PDF, Word or code files instead.")
        )

    # --- Token counts -------------------------------------------------------------------------

    def receive(self, event: DocumentProgress) -> None:
        """Show the progress of reading a file."""
        for item in self._bar.items:
            if item.stop is event.stop:
                item.pages = (event.done, event.total)
                self._bar.refresh(item)

    def foresee(self, event: ContextForecast) -> None:
        """Handle a new forecast of the context that the next question takes."""
        self._space = max(0, event.context - event.reserved)
        self._excess = event.prompt - self._space if event.context else 0
        self._judge()

    def _changed(self) -> None:
        self._excess = 0  # the last forecast was for other files
        self._count_all()

    def _judge(self) -> None:
        """Show by how much the files are too long.

        During an answer there is no forecast; the files alone may be too long.
        """
        alone = sum(item.tokens or 0 for item in self._bar.items) - self._space
        self._bar.set_excess(max(self._excess, alone if self._space else 0))

    def _recount(self) -> None:
        """Count all files again, since the new model may have another vocabulary."""
        for item in self._bar.items:
            item.tokens, item.counts, item.counted_for = None, [], ()
        self._space = 0
        self._count_all()

    def _count_all(self) -> None:
        for item in self._bar.items:
            if item.part and item.tokens is None:
                self._count(item)

    def _count(self, item: Attachment) -> None:
        model, part, document = self._models.current, item.part, item.document
        if not model or not part or not document or item.counted_for == (model.key, id(part)):
            return
        item.counted_for = asked = (model.key, id(part))
        pieces = [] if item.counts else [document.piece(n) for n in range(len(document.sections))]

        def counted(counts: list[int]) -> None:
            if item.counted_for != asked:
                return  # another part or model was chosen meanwhile
            item.tokens, item.counts = counts[0], counts[1:] or item.counts
            item.estimated = isinstance(model.location, Endpoint)
            self._bar.refresh(item)
            self._judge()
            self.fit_changed.emit()

        self._bridge.when_done(
            self._host.documents.count(model, part, pieces), counted, lambda _: None
        )

    # --- Other chats --------------------------------------------------------------------------

    def switch(self, old: int | None, new: int | None) -> None:
        """Show the attachments of the chat that is shown now."""
        self._elsewhere[old] = self._bar.items
        self._bar.clear_notices()
        self._bar.set_items(self._elsewhere.pop(new, []))

    # --- Parts --------------------------------------------------------------------------------

    def _cut(self, item: Attachment) -> None:
        from app.ui.composer.part_choice import PartChoice  # imported late: not needed at the start

        room = self._bar.room_for(item)
        choice = PartChoice(self._theme, item, room, self._parent)
        choice.chosen.connect(lambda chosen: self._bar.choose(item, chosen))
        corner = self._bar.mapToGlobal(QPoint(0, 0))
        choice.show_above(corner)

    def _preview(self, item: Attachment) -> None:
        """Show what the model will see of a file."""
        from app.ui.composer.attachment_preview import AttachmentPreview  # as late

        AttachmentPreview(self._theme, item, self._parent).show_above(
            self._bar.mapToGlobal(QPoint(0, 0))
        )

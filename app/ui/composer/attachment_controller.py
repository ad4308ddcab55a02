"""Files on their way into the next message: has them read and counted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Signal

from app.base.errors import Cancelled
from app.documents import Document, FileReading
from app.host import Host
from app.turn import ContextForecast
from app.ui.bridge import Bridge
from app.ui.composer.attachment import Attachment
from app.ui.dialogs import ask_files
from app.ui.models.model_choice import ModelChoice
from app.ui.theme import Theme
from app.ui.window_layout import WindowLayout
from app.wording.errors import explain
from app.wording.language import tr


class AttachmentController(QObject):
    """Between the ways in, the composer's tray, and the host."""

    arrived = Signal(object, object)
    """A chat (None for a new one) that is not shown, and a Part: its file has been read."""
    judged = Signal()
    """Whether all of it fits is known better."""

    def __init__(
        self, frame: WindowLayout, theme: Theme, host: Host, bridge: Bridge, models: ModelChoice
    ) -> None:
        super().__init__(frame)
        self._theme, self._host, self._bridge = theme, host, bridge
        self._models, self._frame = models, frame
        self._tray = frame.composer.tray
        self._excess = 0  # tokens, of what was foreseen last
        self._space = 0  # tokens that a prompt may have; 0 while that is not known
        self._aside: dict[int | None, list[Attachment]] = {}  # by their chats, which are not shown
        frame.attached.connect(self.attach)
        composer = frame.composer
        composer.attach_wanted.connect(self.choose_files)
        composer.editor.text_pasted.connect(self._paste)
        composer.editor.picture_pasted.connect(self._refuse_picture)
        self._tray.cut_wanted.connect(self._cut)
        self._tray.reread.connect(self._read_as)
        self._tray.changed.connect(self._changed)
        models.ready.connect(self._count_anew)

    # --- Ways in ------------------------------------------------------------------------------

    def choose_files(self) -> None:
        """Asks which files."""
        ask_files(self._frame, "attachFiles", tr("Attach files"), self.attach)

    def attach(self, paths: Iterable[Path]) -> None:
        """Reads files, and shows how far that is."""
        self._frame.pages.setCurrentWidget(self._frame.chat_page)
        self._tray.forget_told()
        for path in paths:
            item = Attachment(path.name, path)
            self._tray.set_items([*self._tray.items, item])
            self._read(item, path)
        self._frame.composer.editor.setFocus()

    def _read(self, item: Attachment, path: Path) -> None:
        def read(document: Document) -> None:
            item.read(document)
            if item in self._tray.items:
                self._tray.refresh(item)
                self._tray.changed.emit()
            for chat, aside in self._aside.items():
                if item in aside:
                    self.arrived.emit(chat, item.part)

        def failed(error: BaseException) -> None:
            if isinstance(error, Cancelled):
                return
            for aside in self._aside.values():
                aside[:] = [other for other in aside if other is not item]
            if item in self._tray.items:
                self._tray.remove(item)
            self._tray.tell(explain(error).sentence)

        self._bridge.when_done(self._host.documents.read(path, item.stop), read, failed)

    def _read_as(self, item: Attachment, encoding: str) -> None:
        """Reads a file again, in an encoding that the person has chosen. What was read of it
        before stays until then, and where that fails."""

        def read(document: Document) -> None:
            item.read(document)
            if item in self._tray.items:
                self._tray.refresh(item)
                self._tray.changed.emit()

        def failed(error: BaseException) -> None:
            if not isinstance(error, Cancelled):
                self._tray.tell(explain(error).sentence)

        assert item.path
        self._bridge.when_done(
            self._host.documents.read(item.path, item.stop, encoding=encoding), read, failed
        )

    def _paste(self, text: str) -> None:
        """A long text is easier to see as one thing."""
        names = {item.name for item in self._tray.items}
        name, number = tr("Pasted text"), 1
        while name in names:
            number += 1
            name = tr("Pasted text {number}").format(number=number)
        item = Attachment.text(name, text)
        self._tray.set_items([*self._tray.items, item])
        self._frame.composer.pasted(item)

    def _refuse_picture(self) -> None:
        self._tray.forget_told()
        self._tray.tell(tr("Pictures cannot be attached: gpt-oss reads only text."))

    # --- What is known of them ----------------------------------------------------------------

    def receive(self, event: FileReading) -> None:
        """A file is further than it was."""
        for item in self._tray.items:
            if item.stop is event.stop:
                item.pages = (event.done, event.total)
                self._tray.refresh(item)

    def foresee(self, event: ContextForecast) -> None:
        """What all of it will take."""
        self._space = event.context - event.reserved
        self._excess = event.prompt - self._space
        self._judge()

    def _changed(self) -> None:
        self._excess = 0  # what was foreseen was of other files
        self._count_all()

    def _judge(self) -> None:
        """While an answer is on its way nothing is foreseen; the files alone may be too much."""
        alone = sum(item.tokens or 0 for item in self._tray.items) - self._space
        self._tray.set_excess(max(self._excess, alone if self._space else 0))

    def _count_anew(self) -> None:
        """Another model may take other tokens for them."""
        for item in self._tray.items:
            item.tokens, item.counts, item.asked = None, [], ()
        self._space = 0
        self._count_all()

    def _count_all(self) -> None:
        for item in self._tray.items:
            if item.part and item.tokens is None:
                self._count(item)

    def _count(self, item: Attachment) -> None:
        model, part, document = self._models.current, item.part, item.document
        if not model or not part or not document or item.asked == (model.key, id(part)):
            return
        item.asked = asked = (model.key, id(part))
        pieces = [] if item.counts else [document.piece(n) for n in range(len(document.sections))]

        def counted(counts: list[int]) -> None:
            if item.asked != asked:
                return  # another part is wanted, or another model
            item.tokens, item.counts = counts[0], counts[1:] or item.counts
            self._tray.refresh(item)
            self._judge()
            self.judged.emit()

        self._bridge.when_done(
            self._host.documents.count(model, part, pieces), counted, lambda _: None
        )

    # --- Other chats --------------------------------------------------------------------------

    def switch(self, old: int | None, new: int | None) -> None:
        """Another chat is shown, with what was attached there."""
        self._aside[old] = self._tray.items
        self._tray.forget_told()
        self._tray.set_items(self._aside.pop(new, []))

    # --- Parts --------------------------------------------------------------------------------

    def _cut(self, item: Attachment) -> None:
        from app.ui.composer.part_choice import PartChoice  # a window need not wait for it

        room = self._tray.room_for(item)
        choice = PartChoice(self._theme, item, room, self._frame)
        choice.chosen.connect(lambda chosen: self._tray.choose(item, chosen))
        corner = self._tray.mapToGlobal(QPoint(0, 0))
        choice.show_above(corner)

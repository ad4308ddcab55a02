"""A folder and an encyclopaedia, added, asked and cited: a scripted model, and all else real."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from app.formats import Abilities
from app.tools.browser.source_status import IndexState
from app.ui.blocks.citation_button import CitationButton
from app.ui.reader.page_view import PageView
from tests.fakes.browsing import BrowsingModel, cites, open_, search
from tests.fakes.zim_file import metadata, page, zim
from tests.ui.driver import Fireside, Start

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

TEXT = """# Copper

Copper is a kind of metal. It conducts electricity well.

See [tin](tin.md).
"""


@pytest.fixture
def browsing(start: Start) -> Fireside:
    fireside = start()
    model = BrowsingModel(
        search("copper"), open_(0), cites("Copper is a kind of metal{}."), "More of it."
    )
    fireside.backend.stream = model.stream  # type: ignore[method-assign]
    fireside.backend.abilities = lambda model: Abilities(tools=True)  # type: ignore[method-assign]
    return fireside


def test_a_folder_is_added_asked_and_cited(
    browsing: Fireside, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("Meine Notizen") / "Metalle"
    folder.mkdir()
    (folder / "copper.md").write_text(TEXT, "utf-8")
    (folder / "tin.md").write_text("# Tin\n\nTin melts at 232 degrees.\n", "utf-8")
    window = browsing.window
    window.file_drop.take([folder])
    browsing.find(QPushButton, "addDropped").click()
    browsing.until(lambda: "files:Metalle" in window.state.tools.on)
    ready = IndexState.READY
    browsing.until(lambda: [each.state for each in window.state.sources.statuses] == [ready])
    browsing.until(lambda: [o.state for o in window.state.tools.used if o.state] == ["2 files"])
    browsing.ask("What do my files say about copper?")
    browsing.shows("Copper is a kind of metal[1].")
    browsing.idle()
    chip = browsing.find(CitationButton, "citation")
    assert chip.accessibleName() == "Source 1: Copper, line 4"
    chip.click()
    view = browsing.find(PageView, "readerText")
    marked = [part.cursor.selectedText() for part in view.extraSelections()]
    assert marked == ["Copper is a kind of metal. It conducts electricity well."]
    # Removed, it is gone from the disk; what was cited stays with the chat.
    window.state.sources.remove("files:Metalle")
    browsing.until(lambda: not window.state.sources.statuses)
    assert not list(tmp_path.glob("indexes/*"))
    assert (folder / "copper.md").exists()
    assert "Copper is a kind of metal[1]." in browsing.text()


def test_an_encyclopaedia_is_dropped_and_on(
    browsing: Fireside, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("downloads") / "metals_en_2026-06.zim"
    articles = [page("Copper", "<p>Copper is a kind of metal.</p>"), page("Tin", "<p>Soft.</p>")]
    path.write_bytes(zim([*articles, *metadata(Title="Metals", Language="eng")], main="Copper"))
    window = browsing.window
    window.file_drop.take([path])
    browsing.until(lambda: "zim:Metals" in window.state.tools.on)
    ready = ["2 articles"]
    browsing.until(lambda: [o.state for o in window.state.tools.used if o.state] == ready)
    browsing.ask("What is copper?")
    browsing.shows("Copper is a kind of metal[1].")
    browsing.idle()
    chip = browsing.find(CitationButton, "citation")
    assert chip.accessibleName() == "Source 1: Copper, line 4"

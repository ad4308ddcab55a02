"""The models page: downloads, search, installed models, and the network."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub
import pytest
from huggingface_hub import constants
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QSpinBox,
    QTableView,
    QWidget,
)

from app.base.errors import NoRoom
from app.host import demo_model
from app.models import catalog, transfer
from app.models.catalog import HubModel
from app.models.download_events import DownloadHeld, Downloading
from app.models.download_progress import DownloadPhase, DownloadProgress, DownloadWait, WaitReason
from app.server.asker import Asker
from app.server.pieces import Usage
from app.server.request_log import RequestLog
from app.ui.models.download_row import DownloadRow
from app.ui.theme import Theme
from app.wording.download_status import held, paused, running
from app.wording.quantities import day, duration
from tests.fakes import listed
from tests.fakes.headers import gguf_bytes
from tests.fakes.hub import COMMIT, Fault, File, Hub, serving
from tests.ui.driver import Fireside, Start, answer, place
from tests.ui.qt import child

# Menus and dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

DEMO = Path(demo_model().place).read_bytes()
SMALL = HubModel("org/name", (listed.of("m.gguf", DEMO),), COMMIT)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """Yield a local hub that offers the demo model."""
    small = replace(catalog.offers()[0], model=SMALL, layers=4, experts=4)
    monkeypatch.setattr(catalog, "offers", lambda: (small,))
    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(transfer, "_SPARE", 0)
    with serving(**{"m.gguf": DEMO}) as hub:
        hub.about["org/name"] = {
            "architecture": "gpt-oss", "parameters": 1_500_000, "downloads": 12_345,
        }  # fmt: skip
        hub.about["org/other"] = {
            "architecture": "llama", "downloads": 99_999, "sizes": {"x.gguf": 10},
        }  # fmt: skip
        monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        yield hub


def show(fireside: Fireside, pane: str = "get") -> None:
    fireside.window.model_area.model_picker.show_page()
    fireside.window.model_area.models_controller.page.show_pane(pane)


def search(fireside: Fireside, text: str) -> None:
    if fireside.window.state.models.current is None:
        fireside.find(QAbstractButton, "moreModels").click()
    fireside.type_in("hubSearch", text)


def texts(fireside: Fireside) -> str:
    labels = fireside.window.model_area.models_controller.page.findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.isVisible())


def confirm(fireside: Fireside, word: str) -> None:
    """Press the dialog's confirming button, which must have this text."""
    fireside.until(lambda: fireside.window.findChildren(QDialog, "confirm"))
    box = fireside.window.findChildren(QDialog, "confirm")[-1]
    button = child(box, QAbstractButton, "confirmYes")
    assert button.text() == word
    button.click()


def test_one_click_downloads_a_model_and_uses_it(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.until(lambda: fireside.window.state.models.current)
    found = huggingface_hub.try_to_load_from_cache("org/name", "m.gguf", constants.HF_HUB_CACHE)
    assert found == place(fireside)
    assert Path(found).read_bytes() == DEMO
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    show(fireside)
    button = fireside.find(QAbstractButton, "download")
    fireside.until(lambda: button.text() == "Use now")
    assert "On this computer" in texts(fireside)


def test_what_another_program_downloaded_is_not_downloaded_again(
    start: Start, hub: Hub, home: Path
) -> None:
    folder = home / ".lmstudio" / "models" / "somebody" / "repo"
    folder.mkdir(parents=True)
    (folder / "m.gguf").write_bytes(DEMO)
    fireside = start(model=False)
    show(fireside)
    button = fireside.find(QAbstractButton, "download")
    fireside.until(lambda: button.text() == "Use now")
    button.click()
    fireside.until(lambda: fireside.window.state.models.current)
    assert Path(place(fireside)) == folder / "m.gguf"
    assert hub.sent == 0


def test_a_download_that_is_refused_says_so(start: Start, hub: Hub) -> None:
    hub.files.clear()
    fireside = start(model=False)
    show(fireside)
    button = fireside.find(QAbstractButton, "download")
    button.click()
    fireside.until(lambda: button.text() == "Try again")
    said = fireside.find(QLabel, "downloadStatus").text()
    assert said.startswith("org/name no longer offers gpt-oss-20b")


def test_paused_and_gone_on_with_at_the_next_start(start: Start, hub: Hub) -> None:
    hub.rate = 100_000
    fireside = start(model=False)
    show(fireside)
    button = fireside.find(QAbstractButton, "download")
    button.click()
    fireside.until(lambda: hub.sent > 200_000)
    button.click()
    fireside.until(lambda: button.text() == "Resume")
    assert "Paused at " in texts(fireside)
    again = start(model=False)
    show(again)
    assert again.find(QAbstractButton, "download").text() == "Resume"
    hub.rate = None
    before = hub.sent
    again.find(QAbstractButton, "download").click()
    again.until(lambda: again.window.state.models.current)
    assert hub.sent - before < len(DEMO)


def test_one_that_was_on_its_way_goes_on_by_itself(start: Start, hub: Hub) -> None:
    hub.rate = 100_000
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.until(lambda: hub.sent > 100_000)
    again = start(model=False)
    hub.rate = None  # not before: it could be complete, and nobody be told, as the window closes
    again.until(lambda: again.window.state.models.current)


@pytest.mark.parametrize(("choice", "left"), [("Keep", True), ("Delete", False)])
def test_a_cancelled_download(start: Start, hub: Hub, choice: str, left: bool) -> None:
    hub.rate = 100_000
    fireside = start(model=False)
    show(fireside)
    button = fireside.find(QAbstractButton, "download")
    button.click()
    status = fireside.find(QLabel, "downloadStatus")
    fireside.until(lambda: " of 1.5 MB" in status.text())
    fireside.find(QAbstractButton, "cancelDownload").click()
    menu = child(fireside.window, QMenu, "cancelMenu")
    (action,) = [each for each in menu.actions() if each.text().startswith(choice)]
    action.trigger()
    menu.close()
    fireside.until(lambda: button.text() == ("Resume" if left else "Download 1.5 MB"))
    blobs = Path(constants.HF_HUB_CACHE) / "models--org--name" / "blobs"
    fireside.until(lambda: any(blobs.glob("*")) is left)


def test_what_a_download_tells() -> None:
    def told(speed: float, left: float | None, wait: DownloadWait | None = None) -> tuple[str, str]:
        now = DownloadProgress(DownloadPhase.FETCHING, 3 * 10**9, 12 * 10**9, 0, speed, left, wait)
        status = running(Downloading(SMALL, now))
        return status.text, status.brief

    assert told(45e6, 200.0) == ("3 GB of 12 GB · 45 MB/s · 3 min left", "3 min left")
    assert told(0, None) == ("Waiting for data…", "Waiting for data…")
    waiting = DownloadWait(WaitReason.CONNECTION, 12.0)
    assert told(0, None, waiting)[1] == "Can’t reach Hugging Face. Retrying in 12 s."
    assert paused(SMALL, 0.259).text == "Paused at 25%"


def test_a_full_disk_is_told(start: Start, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.models import partial_file

    full = [True]
    real = partial_file.free_space
    monkeypatch.setattr(transfer, "free_space", lambda path: 0 if full else real(path))
    fireside = start(model=False)
    monkeypatch.setattr(fireside.host.downloads, "_recheck", 0.05)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    status = fireside.find(QLabel, "downloadStatus")
    fireside.until(lambda: "Not enough disk space" in status.text())
    brief = fireside.find(QLabel, "downloadText").text()  # in the sidebar, too
    assert status.text().startswith(brief)
    full.clear()
    fireside.until(lambda: fireside.window.state.models.current)


def test_a_search_shows_what_can_be_run_and_what_cannot(start: Start, hub: Hub) -> None:
    hub.files["org/name/other-Q4_K_M.gguf"] = File(listed.runnable("org/name", "other"))
    hub.files["org/name/eagle3-m-Q8_0.gguf"] = File(gguf_bytes("eagle3"))
    fireside = start(model=False)
    show(fireside)
    search(fireside, "org")
    fireside.until(lambda: "2 results · 1 gpt-oss model" in texts(fireside))
    fireside.until(lambda: "Q4_K_M · 1.5 MB" in texts(fireside))
    assert "12,345 downloads" in texts(fireside)
    assert "llama (Fireside only runs gpt-oss)" in texts(fireside)
    assert "1.5 million parameters" in texts(fireside)
    results = [w.accessibleName() for w in fireside.window.findChildren(QWidget, "result")]
    assert results == ["org/name", "org/other"]
    rows = fireside.window.findChildren(DownloadRow)
    (mine,) = [row for row in rows if row.model.title == "other-Q4_K_M"]
    assert "m · 1.5 MB" in texts(fireside)
    assert "eagle3" not in texts(fireside)
    mine.button.click()
    fireside.until(lambda: fireside.window.state.models.current)
    assert Path(place(fireside)).name == "other-Q4_K_M.gguf"


def test_what_the_hub_says_of_a_repository_hides_nothing(start: Start, hub: Hub) -> None:
    """The summary may be that of a file beside the model; the header decides."""
    hub.about["org/name"]["architecture"] = "clip"
    hub.files["org/other/llama.gguf"] = File(gguf_bytes("llama"))
    hub.about["org/other"] = {"architecture": "llama"}
    fireside = start(model=False)
    show(fireside)
    search(fireside, "org")
    fireside.until(lambda: "m · 1.5 MB" in texts(fireside))
    assert "2 results" in texts(fireside).split("\n")
    assert "clip" not in texts(fireside)
    assert "million parameters" not in texts(fireside)  # that is the other file's number
    fireside.find(QAbstractButton, "showVariants", last=True).click()
    fireside.until(lambda: "llama · " in texts(fireside))
    rows = fireside.window.findChildren(DownloadRow)
    (mine,) = [row for row in rows if row.model.repository == "org/other"]
    mine.button.click()
    status = child(mine, QLabel, "downloadStatus")
    fireside.until(lambda: "isn’t a gpt-oss model (it is llama)" in status.text())


def test_a_newer_conversion_is_said(start: Start, hub: Hub) -> None:
    del hub.files["org/name/m.gguf"]
    hub.files["org/name/new.gguf"] = File(listed.runnable("org/name", "new"), "d" * 40)
    hub.about["org/name"]["commit"] = "d" * 40
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.until(lambda: fireside.window.state.models.current)
    show(fireside)
    notes = fireside.find(QLabel, "downloadNotes")
    assert "This is a newer version" in notes.text()
    button = fireside.find(QAbstractButton, "download")
    fireside.until(lambda: button.text() == "Use now")
    assert notes.isVisible()


def test_another_conversion_is_not_offered_again(start: Start, hub: Hub, home: Path) -> None:
    folder = home / ".lmstudio" / "models" / "somebody" / "repo"
    folder.mkdir(parents=True)
    (folder / "of another name.gguf").write_bytes(listed.runnable("some", "other"))
    (folder / "mtp-some.gguf").write_bytes(gguf_bytes("eagle3"))
    fireside = start(model=False)
    show(fireside)
    button = fireside.find(QAbstractButton, "download")
    fireside.until(lambda: button.text() == "Use now")
    assert "On this computer · LM Studio" in texts(fireside)
    show(fireside, "here")
    fireside.until(lambda: "1 model, " in texts(fireside))


def test_a_drive_that_is_not_there_is_told(start: Start, hub: Hub, tmp_path: Path) -> None:
    gone = tmp_path / "media" / "stick"
    fireside = start(model=False, download_folder=str(gone))
    fireside.host.downloads._recheck = 0.05
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    status = fireside.find(QLabel, "downloadStatus")
    fireside.until(lambda: f"Can’t find {gone}." in status.text())
    assert not gone.parent.exists()
    gone.mkdir(parents=True)
    fireside.until(lambda: fireside.window.state.models.current)
    assert Path(place(fireside)).is_relative_to(gone)


def test_no_sentence_names_a_file_of_the_hub(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    show(fireside)
    assert "m.gguf" not in texts(fireside)


def test_a_search_that_fails_says_so(start: Start, hub: Hub) -> None:
    hub.hub_plan = itertools.repeat(500)
    fireside = start(model=False)
    show(fireside)
    search(fireside, "org")
    status = fireside.find(QLabel, "searchStatus")
    fireside.until(lambda: "Hugging Face returned an error (status 500)." in status.text())


def test_a_search_that_finds_nothing_says_so(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    show(fireside)
    search(fireside, "nothing like this")
    fireside.until(lambda: "No models found for “nothing like this”" in texts(fireside))


def test_offline_nothing_is_asked(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    show(fireside, "network")
    fireside.find(QAbstractButton, "offline").click()
    assert fireside.host.settings.offline
    show(fireside)
    assert "Fireside is offline." in texts(fireside)
    assert not fireside.find(QAbstractButton, "download").isEnabled()
    assert not child(fireside.window, QLineEdit, "hubSearch").isEnabled()
    again = start(model=False)
    show(again)
    assert not again.find(QAbstractButton, "download").isEnabled()
    again.find(QAbstractButton, "goOnline").click()
    assert not again.host.settings.offline
    again.find(QAbstractButton, "download").click()
    again.until(lambda: again.window.state.models.current)


def test_offline_ends_a_download(start: Start, hub: Hub) -> None:
    hub.rate = 100_000
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.until(lambda: hub.sent > 100_000)
    show(fireside, "network")
    fireside.find(QAbstractButton, "offline").click()
    show(fireside)
    status = fireside.find(QLabel, "downloadStatus")
    fireside.until(lambda: "Fireside is offline" in status.text())


def test_every_connection_is_on_record(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    show(fireside, "network")
    fireside.until(lambda: "No connections yet." in texts(fireside))
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.until(lambda: fireside.window.state.models.current)
    show(fireside, "network")
    log = fireside.find(QTableView, "connectionLog").model()
    fireside.until(lambda: log.rowCount() >= 2)
    cells = [[str(log.index(r, c).data()) for c in range(4)] for r in range(log.rowCount())]
    assert {row[1] for row in cells} == {urlsplit(url).netloc for url in (hub.endpoint, hub.cdn)}
    assert any(row[2] == "Download m.gguf" for row in cells)
    assert "requests, 1.5 MB received" in texts(fireside)
    requests = RequestLog(fireside.host.folders.connections)
    asker = Asker("editor/1", "/v1/responses", "demo", size=5_000_000)
    requests.add(asker, Usage(300, 0, 40))
    show(fireside)
    show(fireside, "network")
    fireside.until(lambda: "Other apps have used the local server 1 time." in texts(fireside))
    assert "requests, 1.5 MB received" in texts(fireside)
    table = fireside.find(QTableView, "connectionLog").model()
    purpose = "Local server: editor/1, /v1/responses, demo, 300 + 40 tokens"
    assert table.index(0, 2).data() == purpose


def test_the_speed_limit_is_kept(start: Start, hub: Hub) -> None:
    fireside = start(model=False, download_limit=3)
    assert fireside.host.downloads.limit == 3e6
    show(fireside, "network")
    limit = fireside.find(QSpinBox, "downloadLimit")
    limit.setValue(0)
    assert fireside.host.downloads.limit is None
    assert fireside.host.settings.download_limit == 0


@pytest.fixture
def theirs(home: Path) -> Path:
    """Return a model of LM Studio's."""
    folder = home / ".lmstudio" / "models" / "somebody" / "repo"
    folder.mkdir(parents=True)
    (folder / "theirs.gguf").write_bytes(DEMO)
    (folder / "broken.gguf").write_bytes(b"GGUF")
    return folder / "theirs.gguf"


def test_what_is_here_is_shown_with_what_is_wrong(start: Start, theirs: Path) -> None:
    fireside = start()
    show(fireside, "here")
    fireside.until(lambda: "2 models, " in texts(fireside))
    fireside.until(lambda: "1.5 MB · LM Studio" in texts(fireside))
    said = texts(fireside)
    assert "1.5 MB · LM Studio" in said
    assert "broken.gguf is incomplete" in said or "“broken.gguf” is not a GGUF" in said
    fireside.find(QAbstractButton, "useModel", last=True).click()
    fireside.until(lambda: Path(place(fireside)) == theirs)
    show(fireside, "here")
    fireside.until(lambda: "in use" in texts(fireside))
    page = fireside.window.model_area.models_controller.page
    (row,) = [
        card
        for card in page.installed_pane.findChildren(QWidget, "card")
        if card.accessibleName() == "theirs"
    ]
    assert not child(row, QAbstractButton, "removeModel").isEnabled()


def test_another_programs_model_is_removed_after_a_second_question(
    start: Start, theirs: Path
) -> None:
    (theirs.parent / "broken.gguf").unlink()
    fireside = start()
    show(fireside, "here")
    fireside.find(QAbstractButton, "removeModel").click()
    confirm(fireside, "Remove…")
    assert theirs.exists()
    confirm(fireside, "Delete")
    fireside.until(lambda: "No models found" in texts(fireside))
    assert not theirs.exists()


def test_ones_own_download_is_removed_after_one_question(start: Start, hub: Hub) -> None:
    fireside = start()
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.find(QAbstractButton, "useReady").click()
    fireside.until(lambda: fireside.window.state.models.current != demo_model())
    path = Path(place(fireside))
    fireside.window.state.models.choose(demo_model())
    fireside.until(lambda: fireside.window.state.models.current == demo_model())
    show(fireside, "here")
    fireside.find(QAbstractButton, "removeModel").click()
    confirm(fireside, "Remove")
    fireside.until(lambda: "No models found" in texts(fireside))
    assert not path.exists()
    assert str(path) not in fireside.host.settings.models
    show(fireside)
    fireside.until(lambda: fireside.find(QAbstractButton, "download").text() == "Download 1.5 MB")


def test_a_model_moves_to_another_folder(start: Start, theirs: Path, tmp_path: Path) -> None:
    (theirs.parent / "broken.gguf").unlink()
    target = tmp_path / "big disk"
    target.mkdir()
    fireside = start()
    fireside.window.model_area.model_picker.use(theirs)
    fireside.until(lambda: Path(place(fireside)) == theirs)
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    fireside.idle()
    fireside.window.state.models.choose(demo_model())
    fireside.until(lambda: fireside.window.state.models.current == demo_model())
    fireside.window.new_chat()
    show(fireside, "here")
    fireside.find(QAbstractButton, "moveModel").click()
    dialog = child(fireside.window, QFileDialog, "folderDialog")
    dialog.fileSelected.emit(str(target))
    dialog.close()
    fireside.until(lambda: (target / "theirs.gguf").exists() and not theirs.exists())
    fireside.until(
        lambda: [m.path.parent for m in fireside.window.state.installed.usable] == [target]
    )
    assert fireside.host.settings.folders == (str(target),)
    assert fireside.host.settings.models == (str(target / "theirs.gguf"),)


def test_a_model_that_cannot_be_moved_stays_and_says_why(
    start: Start, theirs: Path, tmp_path: Path
) -> None:
    (theirs.parent / "broken.gguf").unlink()
    (tmp_path / "theirs.gguf").write_bytes(b"another")
    fireside = start()
    show(fireside, "here")
    fireside.until(lambda: fireside.window.state.installed.usable)
    (model,) = fireside.window.state.installed.usable
    fireside.window.state.installed.move(model, tmp_path)
    fireside.until(lambda: "already contains theirs.gguf" in texts(fireside))
    assert theirs.exists()


def test_a_folder_of_ones_own_is_looked_in(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.gguf").write_bytes(DEMO)
    fireside = start()
    show(fireside, "here")
    fireside.find(QAbstractButton, "addFolder").click()
    dialog = child(fireside.window, QFileDialog, "folderDialog")
    dialog.fileSelected.emit(str(folder))
    dialog.close()
    fireside.until(lambda: "1 model, " in texts(fireside))
    fireside.find(QAbstractButton, "removeFolder").click()
    fireside.until(lambda: "No models found" in texts(fireside))
    assert (folder / "mine.gguf").exists()


def test_the_part_of_a_model_opens_the_whole(start: Start, tmp_path: Path) -> None:
    first = tmp_path / "m-00001-of-00002.gguf"
    second = tmp_path / "m-00002-of-00002.gguf"
    first.write_bytes(gguf_bytes(part=(1, 2)))
    second.write_bytes(gguf_bytes(part=(2, 2)))
    fireside = start()
    fireside.window.model_area.model_picker.use(second)
    fireside.until(lambda: Path(place(fireside)) == first)


def test_a_fault_in_the_middle_needs_nobody(start: Start, hub: Hub) -> None:
    hub.plan = iter([Fault.DROP, Fault.BROKEN, Fault.WRONG, Fault.WHOLE, Fault.EXPIRED])
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.until(lambda: fireside.window.state.models.current)


def test_words_for_times() -> None:
    assert [duration(s) for s in (3.4, 89, 90, 5000, 9000)] == [
        "3 s", "89 s", "2 min", "83 min", "2.5 h",
    ]  # fmt: skip
    import datetime

    now = datetime.date(2026, 11, 26)

    def at(*when: int) -> float:
        year, month, day = when
        return datetime.datetime(year, month, day, 12).timestamp()

    assert day(at(2026, 11, 26), now) == "today"
    assert day(at(2026, 11, 25), now) == "yesterday"
    assert day(at(2026, 3, 2), now) == "2 March"
    assert day(at(2024, 3, 2), now) == "2 March 2024"


def test_a_row_that_waits_for_room(theme: Theme, fireside: Fireside, tmp_path: Path) -> None:
    row = DownloadRow(theme, SMALL, "some model")
    fireside.qtbot.addWidget(row)
    row.set_status(held(DownloadHeld(SMALL, NoRoom("r", "m.gguf", tmp_path, 10**9, 10**6)), 0.5))
    status = child(row, QLabel, "downloadStatus")
    assert "1 GB more needed" in status.text()
    assert row.button.text() == "Pause"
    assert status.property("tone") == "danger"
    assert row.button.focusPolicy() == Qt.FocusPolicy.TabFocus


def primary(fireside: Fireside) -> list[str]:
    """Return the texts of the primary buttons in sight on the models page."""
    page = fireside.window.model_area.models_controller.page
    return [
        button.text()
        for button in page.findChildren(QAbstractButton)
        if button.property("kind") == "primary" and not button.visibleRegion().isEmpty()
    ]


def test_the_first_page_leads_to_another_computer(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "useElsewhere").click()
    assert fireside.find(QWidget, "remotePane").isVisible()
    assert QApplication.focusWidget() is fireside.find(QWidget, "endpointAddress")


def test_the_first_page_asks_one_thing(start: Start, hub: Hub) -> None:
    fireside = start(model=False)
    fireside.window.resize(1024, 600)
    show(fireside)
    assert fireside.find(QLabel, "fit").text(), "it has its room before the computer is known"
    fireside.until(lambda: primary(fireside) == ["Download 1.5 MB"])
    for name in ("modelsTabs", "hubSearch", "closeModels"):
        assert not child(fireside.window, QWidget, name).isVisible()
    assert "Try the interface first" in texts(fireside)
    assert "org/name" not in texts(fireside)
    fireside.find(QAbstractButton, "tryDemo").click()
    fireside.until(lambda: fireside.window.state.models.current)
    fireside.window.model_area.model_picker.choose_first()
    assert fireside.find(QLabel, "modelsTitle").text() == "Get a model"
    assert primary(fireside) == ["Download 1.5 MB"]
    bar = fireside.window.model_area.models_controller.page.verticalScrollBar()
    bar.setValue(bar.maximum())
    fireside.find(QAbstractButton, "closeModels").click()
    show(fireside)
    assert fireside.find(QLineEdit, "hubSearch").isEnabled()
    assert bar.value() == 0


def test_a_model_is_downloaded_while_one_chats_with_the_demo(start: Start, hub: Hub) -> None:
    hub.rate = 100_000
    fireside = start(model=False)
    show(fireside)
    fireside.find(QAbstractButton, "download").click()
    fireside.find(QAbstractButton, "demoMeanwhile").click()
    fireside.until(lambda: fireside.window.state.models.current == demo_model())
    assert fireside.find(QLabel, "downloadName").text() == "gpt-oss-20b"
    fireside.until(lambda: "kB/s" in fireside.find(QLabel, "downloadText").toolTip())
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    hub.rate = None
    fireside.until(lambda: fireside.find(QLabel, "readyText").text() == "gpt-oss-20b is ready")
    assert not fireside.window.banner.isVisible()
    assert fireside.window.state.models.current == demo_model()
    again = start()
    assert again.find(QLabel, "readyText").text() == "gpt-oss-20b is ready"
    again.find(QAbstractButton, "useReady").click()
    again.until(lambda: again.window.state.models.current != demo_model())
    again.until(lambda: again.window.model_area.models_controller.bar.isHidden())
    assert again.host.downloads.ready() == ()


def test_what_another_program_has_is_recommended(start: Start, theirs: Path) -> None:
    fireside = start(model=False)
    show(fireside)
    button = fireside.find(QAbstractButton, "useFound")
    assert fireside.find(QLabel, "heroCaption").text() == "Already on this computer"
    assert primary(fireside) == ["Use"]
    assert "gpt-oss-20b · 12.1 GB" in texts(fireside)
    button.click()
    fireside.until(lambda: Path(place(fireside)) == theirs)


def test_none_is_here_only_after_it_has_looked(start: Start, hub: Hub) -> None:
    fireside = start()
    pane = fireside.window.model_area.models_controller.page.installed_pane
    fireside.until(lambda: fireside.window.state.installed.looked)
    status = child(pane, QLabel, "hereStatus")
    assert status.text() == "No models found"
    fireside.window.state.installed.look()
    assert status.text() == "Scanning…"


def test_what_a_search_found_is_in_sight(start: Start, hub: Hub) -> None:
    fireside = start()
    fireside.window.resize(1024, 600)
    show(fireside)
    search(fireside, "org")
    fireside.until(lambda: "2 results" in texts(fireside))
    first = fireside.find(QWidget, "result")
    fireside.until(lambda: first.visibleRegion().boundingRect().height() == first.height())
    fireside.find(QLineEdit, "hubSearch").clear()
    assert fireside.find(QAbstractButton, "tryDemo").isVisible()


def test_the_keyboard_stays_on_the_page_when_its_pane_goes(fireside: Fireside) -> None:
    fireside.window.model_area.model_picker.show_page()
    page = fireside.window.model_area.models_controller.page
    page.show_pane("remote")
    field = fireside.find(QLineEdit, "endpointAddress")
    field.setFocus()
    fireside.find(QAbstractButton, "tabNetwork").click()
    focused = QApplication.focusWidget()
    assert focused
    assert page.isAncestorOf(focused)

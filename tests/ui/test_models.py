"""The first run, and choosing models."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QLabel,
    QMenu,
    QWidget,
)

from app.base.errors import ModelMissing, NotGguf, UnsupportedArchitecture
from app.base.types import ModelRef
from app.engine import probe
from app.engine.probe import Machine
from app.host import demo_model
from app.models.catalog import Repository
from app.models.model_library import InstalledModels
from app.turn import ModelFailed, ModelReady, Turn
from tests.ui.driver import Fireside, Start, answer, arrived, make, place
from tests.ui.qt import child, focused

# Menus and dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def picker(fireside: Fireside) -> str:
    return fireside.find(QAbstractButton, "modelPicker").accessibleName()


def test_first_run_tries_the_demo_model(start: Start) -> None:
    fireside = start(model=False)
    fireside.window.model_area.model_picker.show_page()
    page = fireside.find(QWidget, "modelsPage")
    assert fireside.find(QLabel, "modelsTitle").text() == "Welcome to Fireside"
    assert not child(fireside.window, QWidget, "closeModels").isVisible()
    QTest.mouseClick(fireside.find(QAbstractButton, "tryDemo"), Qt.MouseButton.LeftButton)
    fireside.until(lambda: not page.isVisible())
    assert picker(fireside) == "Model: Demo model"
    assert fireside.window.composer.editor.hasFocus()
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    assert fireside.host.settings.model == "demo"


@pytest.mark.parametrize(
    ("memory", "free", "words", "slow"),
    [
        (24, 20, "Fits your computer (uses 13.3 of 25.8 GB, 32K context)", "on the CPU"),
        (16, 6, "Needs 12.5 GB of memory; only 6.4 GB is free now.", "answers will be slow"),
        (8, 6, "Too large: needs 12.5 GB of memory; you have 8.6 GB.", ""),
    ],
)
def test_the_page_tells_before_the_download_whether_gpt_oss_fits(
    start: Start, monkeypatch: pytest.MonkeyPatch, memory: int, free: int, words: str, slow: str
) -> None:
    there = Machine(memory << 30, free << 30, 8)
    monkeypatch.setattr(probe, "machine", lambda devices: there)
    fireside = start(model=False)
    fireside.window.model_area.model_picker.show_page()
    fit = fireside.find(QLabel, "fit")
    fireside.until(lambda: fit.text() == words)
    assert slow in child(fireside.window, QLabel, "slow").text()
    button = fireside.find(QAbstractButton, "download")
    assert button.text() == "Download 12.1 GB"
    assert button.property("kind") == ("outlined" if "Too large" in words else "primary")


def test_without_a_model_a_question_leads_to_one(start: Start) -> None:
    fireside = start(model=False)
    fireside.type("hello")
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Return)
    assert fireside.find(QWidget, "modelsPage").isVisible()
    assert fireside.window.composer.editor.toPlainText() == "hello"


def test_a_file_is_opened_and_remembered(start: Start, tmp_path: Path) -> None:
    fireside = start(model=False)
    fireside.window.model_area.model_picker.show_page()
    fireside.find(QAbstractButton, "openFile").click()
    dialog = child(fireside.window, QFileDialog, "openDialog")
    dialog.fileSelected.emit(str(tmp_path / "R&D.gguf"))
    dialog.close()
    fireside.until(lambda: fireside.window.state.models.current)
    assert fireside.host.settings.models == (str(tmp_path / "R&D.gguf"),)
    fireside = start()
    assert picker(fireside) == "Model: R&D"
    assert fireside.find(QAbstractButton, "modelPicker").text().strip() == "R&&D"  # no shortcut key
    menu = QMenu()
    fireside.window.model_area.model_picker.fill(menu)
    assert "R&&D" in [action.text() for action in menu.actions()]


def test_what_another_program_downloaded_is_used_where_it_is(start: Start, home: Path) -> None:
    folder = home / ".lmstudio" / "models" / "somebody" / "gpt-oss-GGUF"
    folder.mkdir(parents=True)
    theirs = folder / "theirs.gguf"
    theirs.write_bytes(Path(demo_model().place).read_bytes())
    (folder / "broken.gguf").write_bytes(b"GGUF")
    fireside = start()
    fireside.until(lambda: fireside.window.state.models.found)
    menu = QMenu()
    fireside.window.model_area.model_picker.fill(menu)
    (found,) = [action for action in menu.actions() if action.text().endswith("\tLM Studio")]
    assert "broken" not in " ".join(action.text() for action in menu.actions())
    found.trigger()
    fireside.until(lambda: Path(place(fireside)) == theirs)
    name = found.text().split("\t")[0]
    assert picker(fireside) == f"Model: {name}"
    again = start()
    again.until(lambda: picker(again) == f"Model: {name}")
    menu.deleteLater()


@pytest.mark.parametrize("on_page", [True, False])
def test_a_bad_file_says_so_and_the_model_before_stays(
    fireside: Fireside, tmp_path: Path, on_page: bool
) -> None:
    bad = tmp_path / "notes.gguf"
    fireside.backend.unusable[bad] = UnsupportedArchitecture(bad, "llama")
    if on_page:
        fireside.window.model_area.model_picker.show_page()
    fireside.window.model_area.model_picker.use(bad)
    name = "modelsErrorText" if on_page else "bannerText"
    fireside.until(lambda: child(fireside.window, QLabel, name).isVisible())
    sentence = fireside.find(QLabel, name).text()
    assert sentence.startswith("notes.gguf isn’t a gpt-oss model (it is llama).")
    fireside.until(lambda: fireside.window.state.models.asked == demo_model())
    assert fireside.host.settings.model == "demo"
    if on_page:
        fireside.find(QAbstractButton, "closeModels").click()
    assert picker(fireside) == "Model: Demo model"
    fireside.ask("hello", *answer("still here"))
    fireside.shows("still here")
    assert fireside.backend.requests[-1].model == demo_model()


def test_a_bad_file_on_the_first_run(start: Start, tmp_path: Path) -> None:
    fireside = start(model=False)
    fireside.window.model_area.model_picker.show_page()
    bad = tmp_path / "x.gguf"
    fireside.backend.unusable[bad] = NotGguf(bad)
    fireside.window.model_area.model_picker.use(bad)
    fireside.until(lambda: child(fireside.window, QLabel, "modelsErrorText").isVisible())
    assert "isn’t a valid GGUF file" in fireside.find(QLabel, "modelsErrorText").text()
    assert fireside.window.state.models.asked is None
    fireside.find(QAbstractButton, "tryDemo").click()
    fireside.until(lambda: fireside.window.state.models.current == demo_model())


def test_the_chosen_file_is_gone_at_the_next_start(start: Start, tmp_path: Path) -> None:
    gone = tmp_path / "gone.gguf"
    fireside = start(model=False)
    fireside.backend.unusable[gone] = ModelMissing(gone)
    fireside.host.change(models=(str(gone),))
    fireside.window.model_area.model_picker.use(gone)
    assert "file not found" in fireside.find(QLabel, "bannerText").text()
    assert fireside.window.pages.chat_shown
    assert fireside.host.settings.models == ()


def test_the_picker_has_all_models(fireside: Fireside, tmp_path: Path) -> None:
    fireside.window.model_area.model_picker.use(tmp_path / "mine.gguf")
    fireside.until(lambda: picker(fireside) == "Model: mine")
    fireside.until(lambda: fireside.window.state.models.loading is None)
    fireside.find(QAbstractButton, "modelPicker").click()
    menu = child(fireside.window, QMenu, "modelMenu")
    actions = {a.text().split("\t")[0]: a for a in menu.actions() if a.text()}
    assert list(actions)[:2] == ["Demo model", "mine"]
    assert list(actions)[2:] == [
        "Unload model", "Open model file…", "Get a model…", "Another computer…", "Manage models…"
    ]  # fmt: skip
    assert actions["mine"].isChecked()
    actions["Demo model"].trigger()
    menu.close()
    fireside.until(lambda: picker(fireside) == "Model: Demo model")
    assert fireside.host.settings.models == (str(tmp_path / "mine.gguf"),)


def test_the_page_tells_what_there_is_to_get(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    fireside.window.model_area.model_picker.show_page()
    page = fireside.window.model_area.models_controller.page
    texts = " ".join(label.text() for label in page.findChildren(QLabel))
    for fact in ("gpt-oss-120b · 63.4 GB", "Use a model file", "Demo model · 1.5 MB"):
        assert fact in texts
    shown = [label for label in page.findChildren(QLabel) if label.isVisible()]
    assert not [label for label in shown if "ggml-org" in label.text()]
    fireside.find(QAbstractButton, "showDetails").click()
    assert "Repository: ggml-org/gpt-oss-20b-GGUF" in fireside.find(QLabel, "details").text()
    fireside.find(QAbstractButton, "openHub").click()
    assert opened == ["https://huggingface.co/ggml-org/gpt-oss-20b-GGUF"]


def test_each_chat_has_its_model(start: Start, tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    fireside = start()
    make(fireside, "By the demo")
    fireside.window.new_chat()
    fireside.window.model_area.model_picker.use(mine)
    fireside.until(
        lambda: picker(fireside) == "Model: mine" and not fireside.window.state.models.loading
    )
    make(fireside, "By mine")
    assert fireside.backend.requests[-1].model.place == str(mine)
    by_mine, by_demo = fireside.stored(lambda store: store.chats.listed())
    assert (by_mine.model, by_demo.model) == (str(mine), "demo")
    fireside.window.open_chat(by_demo.id)
    assert picker(fireside) == "Model: Demo model"
    fireside.window.open_chat(by_mine.id)
    assert picker(fireside) == "Model: mine"
    fireside.window.open_chat(by_demo.id)
    fireside.ask("again", *answer("by the demo"))  # before it is loaded
    fireside.shows("by the demo")
    assert fireside.backend.requests[-1].model == demo_model()
    fireside.window.new_chat()
    assert picker(fireside) == "Model: mine", "the one that was chosen last"
    fireside.window.open_chat(by_demo.id)
    again = start()  # with the last chat and its model
    again.until(lambda: picker(again) == "Model: Demo model")
    again.until(lambda: again.window.state.models.loading is None)
    assert again.host.settings.model == str(mine)


def test_a_model_that_is_chosen_in_a_chat_is_the_chats(start: Start, tmp_path: Path) -> None:
    fireside = start()
    make(fireside, "One")
    (chat,) = fireside.stored(lambda store: store.chats.listed())
    fireside.window.model_area.model_picker.use(tmp_path / "mine.gguf")
    fireside.until(lambda: fireside.window.state.models.loading is None)
    fireside.until(
        lambda: fireside.stored(lambda store: store.chats.get(chat.id)).model.endswith("mine.gguf")
    )
    uses = fireside.stored(lambda store: store.chats.model_uses())
    assert list(uses) == [str(tmp_path / "mine.gguf")]


def test_a_chat_whose_model_is_gone_has_the_usual_one(start: Start, tmp_path: Path) -> None:
    fireside = start()
    make(fireside, "One")
    (chat,) = fireside.stored(lambda store: store.chats.listed())
    fireside.stored(lambda store: store.chats.set_model(chat.id, "/gone.gguf"))
    again = start(chat=chat.id)
    again.until(lambda: again.window.state.index.rows)
    again.window.open_chat(chat.id)
    assert picker(again) == "Model: Demo model"


def test_escape_goes_back_to_the_chat(fireside: Fireside) -> None:
    fireside.window.model_area.model_picker.show_page()
    page = fireside.find(QWidget, "modelsPage")
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_loading_is_shown(fireside: Fireside, tmp_path: Path) -> None:
    fireside.backend.loads.clear()
    fireside.window.model_area.model_picker.use(tmp_path / "mine.gguf")
    fireside.until(
        lambda: fireside.find(QLabel, "statusLine").text() == "Loading mine… 40%",
    )
    fireside.window.model_area.model_picker.show_page()
    assert fireside.find(QLabel, "modelsProgress").text() == "Loading mine… 40%"
    fireside.backend.loads.set()
    fireside.until(lambda: not fireside.window.model_area.models_controller.page.isVisible())
    assert fireside.find(QLabel, "statusLine").text().startswith("Runs on your computer.")


def drop(fireside: Fireside, path: Path) -> bool:
    """Drop a file on the window; return whether it was accepted."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copied = Qt.DropAction.CopyAction
    entered = QDragEnterEvent(QPoint(300, 300), copied, data, buttons, none)
    QApplication.sendEvent(fireside.window, entered)
    event = QDropEvent(QPointF(300, 300), copied, data, buttons, none)
    event.ignore()
    QApplication.sendEvent(fireside.window, event)
    return event.isAccepted()


def test_a_dropped_file_is_opened(fireside: Fireside, tmp_path: Path) -> None:
    assert drop(fireside, tmp_path / "dropped.GGUF")
    fireside.until(lambda: picker(fireside) == "Model: dropped")


def test_the_keyboard_is_on_the_page_that_opens(fireside: Fireside) -> None:
    picker = fireside.window.model_area.model_picker
    for show, name in ((picker.show_page, "download"), (picker.show_here, "tabHere")):
        show()
        focused = fireside.window.focusWidget()
        assert focused.objectName() == name
        assert focused.isVisible()


def test_what_came_of_an_earlier_load_of_the_same_model_is_outdated(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was on its way when the user had the model loaded again."""
    models = fireside.window.state.models
    loads = [Turn(), Turn()]
    waiting = iter(loads)
    monkeypatch.setattr(fireside.host.model_loads, "load", lambda model: next(waiting))
    model = ModelRef.of_file(Path("other.gguf"), "other")
    failed: list[object] = []
    models.failed.connect(failed.append)
    models.choose(model)
    models.choose(model)
    models.receive(ModelFailed(model, ModelMissing(Path(model.place)), loads[0]))
    assert (models.asked, failed) == (model, [])
    models.receive(ModelReady(model, loads[1]))
    assert models.current == model
    assert not models.loading


def test_the_file_that_is_opened_last_is_used(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = {name: Future[object]() for name in ("slow.gguf", "fast.gguf")}
    monkeypatch.setattr(fireside.host.library, "inspect", lambda path: looks[path.name])
    used: list[str] = []
    monkeypatch.setattr(fireside.window.state.models, "open", lambda path: used.append(path.name))
    for name in looks:
        fireside.window.model_area.model_picker.use(Path(name))
    for name in reversed(looks):
        looks[name].set_result(SimpleNamespace(path=Path(name)))
    arrived(fireside)
    assert used == ["fast.gguf"]


def test_the_last_look_at_the_disk_is_shown(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = fireside.window.state.installed
    fireside.until(lambda: not installed.looking)
    looks = [Future[InstalledModels](), Future[InstalledModels]()]
    waiting = iter(looks)
    monkeypatch.setattr(fireside.host.library, "find", lambda: next(waiting))
    installed.look()
    installed.look()
    older, newer = InstalledModels(uses={"older": 1.0}), InstalledModels(uses={"newer": 1.0})
    looks[1].set_result(newer)
    looks[0].set_result(older)
    arrived(fireside)
    assert installed.found is newer
    assert not installed.looking


def test_a_look_that_knows_the_drivers_is_followed_by_none_that_does_not(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[tuple[Future[object], bool]] = []

    def examine(models: object, *, drivers: bool) -> Future[object]:
        looks.append((Future[object](), drivers))
        return looks[-1][0]

    monkeypatch.setattr(fireside.host.examiner, "examine", examine)
    hardware = fireside.window.state.hardware
    monkeypatch.setattr(hardware, "_drivers", False)
    hardware.examined.disconnect()
    seen: list[object] = []
    hardware.examined.connect(seen.append)
    hardware.look()
    hardware.look(drivers=True)
    hardware.look()
    assert [drivers for _, drivers in looks] == [False, True, True]
    for number in (2, 1, 0):
        looks[number][0].set_result(number)
    arrived(fireside)
    assert seen == [2]


def test_the_drive_of_a_folder_that_was_chosen_before_is_not_that_of_the_last(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    fireside = start()
    mounts = {Path(name): Future[str]() for name in ("/slow", "/fast")}
    monkeypatch.setattr(fireside.host.library, "mount_of", mounts.__getitem__)
    for folder in mounts:
        fireside.window.model_area.models_controller._change_folder(str(folder))
    for folder in reversed(mounts):
        mounts[folder].set_result(f"mount of {folder}")
    arrived(fireside)
    assert fireside.host.settings.download_mount == f"mount of {Path('/fast')}"


def test_a_search_that_is_asked_for_twice_is_shown_once(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    fireside.window.model_area.model_picker.show_page()
    pane = fireside.window.model_area.models_controller.page.download_pane.search
    searches = [Future[tuple[Repository, ...]](), Future[tuple[Repository, ...]]()]
    waiting = iter(searches)
    monkeypatch.setattr(fireside.host.hub, "search", lambda text: next(waiting))
    monkeypatch.setattr(fireside.host.hub, "variants", lambda name: Future[object]())
    pane.field.setText("gpt-oss")
    pane.search()
    pane.search()
    for each in searches:
        each.set_result((Repository("org/gpt-oss-20b-GGUF", 1, 1, None, None, False, None),))
    arrived(fireside)
    assert len(pane._results) == 1

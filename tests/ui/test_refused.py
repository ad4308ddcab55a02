"""Why a model could not be loaded, with llama.cpp's own message as a detail."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.base.errors import EngineDied, ModelForeign
from tests.ui.driver import Fireside, answer, said
from tests.ui.qt import child

DETAIL = "tensor 'blk.0.attn_sinks.weight' not found"
ERROR = ModelForeign(Path("/models/odd.gguf"), DETAIL)


def test_the_banner_opens_the_detail_and_closes_it(fireside: Fireside) -> None:
    fireside.window.model_area.model_picker.tell(ERROR)
    banner = fireside.find(QWidget, "banner")
    detail = child(fireside.window, QLabel, "bannerDetail")
    assert "made for another app" in fireside.find(QLabel, "bannerText").text()
    assert not detail.isVisible()
    low = banner.sizeHint().height()
    opener = fireside.find(QAbstractButton, "bannerDetails")
    assert opener.isVisible()
    opener.click()
    assert detail.isVisible()
    assert detail.text() == DETAIL
    assert banner.sizeHint().height() > low
    opener.click()
    assert not detail.isVisible()
    fireside.window.model_area.model_picker.tell(EngineDied(1, ""))
    assert not opener.isVisible()
    assert not detail.isVisible()


def test_an_answer_that_found_no_model_has_the_detail(fireside: Fireside) -> None:
    fireside.ask("hello", ERROR)
    fireside.shows("made for another app")
    fireside.idle()
    notice = fireside.find(QWidget, "notice")
    detail = child(fireside.window, QLabel, "noticeDetail")
    assert not detail.isVisible()
    low = notice.height()
    fireside.find(QAbstractButton, "noticeDetails").click()
    fireside.until(detail.isVisible)
    fireside.until(lambda: notice.height() > low)
    assert detail.text() == DETAIL
    fireside.ask("again", *answer("here"))
    fireside.shows("here")


def test_what_has_no_detail_has_no_button(fireside: Fireside) -> None:
    fireside.ask("hello", said("one"), EngineDied(1, ""))
    fireside.shows("stopped unexpectedly")
    fireside.idle()
    assert fireside.window.findChild(QAbstractButton, "noticeDetails") is None


def test_the_models_page_has_the_detail(fireside: Fireside) -> None:
    fireside.window.model_area.model_picker.show_page()
    fireside.window.model_area.model_picker.tell(ERROR)
    fireside.find(QAbstractButton, "modelsErrorDetails").click()
    fireside.until(fireside.find(QLabel, "modelsErrorDetail").isVisible)
    assert fireside.find(QLabel, "modelsErrorDetail").text() == DETAIL

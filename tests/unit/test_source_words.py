"""Words about folders and encyclopaedias, and about searching the web."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import Offline
from app.network import page_faults
from app.tools.browser.faults import IndexDiskFull
from app.tools.browser.source_status import (
    IndexState,
    SkippedFiles,
    SkipReason,
    SourceEntry,
    SourceKind,
    SourceStatus,
)
from app.tools.browser.web.provider import SearchRefusal, SearchRefused
from app.wording.source_words import (
    removal_sentence,
    skipped_sentences,
    source_state,
    sources_summary,
)
from app.wording.tool_settings import tool_explanation, tool_label, unavailable_sentence
from app.wording.web_words import search_failed, search_worked

NOTES = SourceEntry("files:Notes", SourceKind.FOLDER, Path("/home/me/Notes"), "Notes", "1")
WIKI = SourceEntry("zim:Wiki", SourceKind.ENCYCLOPAEDIA, Path("/home/me/w.zim"), "Wiki", "2")
READING = SourceStatus(NOTES, IndexState.INDEXING, 1, 3, 4, seconds_left=0.2)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (READING, "Reading… 33%, 1 s left"),
        (replace(READING, seconds_left=None), "Reading… 33%"),
        (replace(READING, total=0), "Reading…"),
        (replace(READING, state=IndexState.WAITING), "Waiting…"),
        (replace(READING, state=IndexState.PAUSED), "Paused · 4 files"),
        (SourceStatus(NOTES, IndexState.READY, documents=1), "1 file"),
        (SourceStatus(WIKI, IndexState.READY, documents=1200), "1,200 articles"),
        (SourceStatus(NOTES, IndexState.MISSING), "Folder not found"),
        (SourceStatus(WIKI, IndexState.MISSING), "File not found"),
    ],
)
def test_how_a_source_stands(status: SourceStatus, said: str) -> None:
    assert source_state(status) == said


def test_what_failed_says_why() -> None:
    full = IndexDiskFull(Path("/data/indexes/1.db"))
    said = source_state(SourceStatus(NOTES, IndexState.FAILED, problem=full))
    assert "disk" in said.lower()


def test_what_is_removed_and_what_stays() -> None:
    said = removal_sentence(SourceStatus(NOTES, IndexState.READY, size=24_000_000))
    assert "(24 MB) is deleted" in said
    assert "its files stay" in said


@pytest.mark.parametrize("reason", SkipReason)
def test_each_reason_has_words_and_hides_nothing(reason: SkipReason) -> None:
    (one,) = skipped_sentences([SkippedFiles(reason, 1)])
    (two,) = skipped_sentences([SkippedFiles(reason, 2, ("a\u202eb", "c"))])
    assert one.count("1") == 1
    assert two.endswith(": a⟨U+202E⟩b, c")


def test_the_summary_has_no_names() -> None:
    found = [READING, SourceStatus(WIKI, IndexState.MISSING, size=2_000_000)]
    said = sources_summary(found)
    assert said == (
        "1 folder with 4 files, 1 encyclopaedia, indexes 2 MB, 1 not found, 1 being read"
    )
    assert sources_summary([]) == "none"


def test_keys_have_names_and_reasons() -> None:
    assert [*map(tool_label, ("web", "files:My notes", "zim:Wiki", "mcp:files"))] == [
        "Web", "My notes", "Wiki", "files"
    ]  # fmt: skip
    assert tool_explanation("files:Notes", "5 files") == "5 files"
    assert unavailable_sentence("no key") == "Add a key for the search engine in Settings."


def test_a_search_is_told_for_the_user() -> None:
    assert search_worked(0, 1) == "It works, but found no results."
    faults: list[BaseException] = [Offline(), OSError("odd"), *map(SearchRefused, SearchRefusal)]
    faults += [
        page_faults.NoNetwork(), page_faults.NameUnknown(), page_faults.HostSilent(),
        page_faults.AddressUnusable("port"), page_faults.CertificateRefused("old"),
        page_faults.ProxyUndecided(), page_faults.ProxyRefuses("no"),
    ]  # fmt: skip
    said = [search_failed("Exa", fault) for fault in faults]
    assert len(set(said)) == len(said)
    assert all("{" not in each and "odd" not in each for each in said)

"""The rooms: which tests cover which files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Room:
    """Glob patterns of some of the program's files and of the tests that cover them."""

    name: str
    code: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        """The program's files, relative to the repository."""
        return _found(self.code)

    @property
    def suites(self) -> list[str]:
        """The test files, relative to the repository."""
        return _found(self.tests)


def _found(patterns: tuple[str, ...]) -> list[str]:
    paths = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


ROOMS = (
    Room(
        "worker",
        (
            "app/engine/worker.py",
            "app/engine/step_loop.py",
            "app/engine/batch.py",
            "app/engine/worker_stream.py",
            "app/engine/answer_stream.py",
            "app/engine/generation.py",
        ),
        ("tests/unit/test_worker*.py",),
    ),
    Room("chat", ("app/chat.py",), ("tests/unit/test_chat*.py", "tests/unit/test_titles*.py")),
    Room("writer", ("app/writer.py",), ("tests/unit/test_writer*.py", "tests/unit/test_chat*.py")),
    Room(
        "kv_pool",
        (
            "app/engine/kv_pool.py",
            "app/engine/kv_match.py",
            "app/engine/kv_sequence.py",
            "app/engine/kv_asides.py",
        ),
        ("tests/unit/test_kv_pool*.py", "tests/unit/test_worker*.py"),
    ),
    Room(
        "kv_disk_cache",
        ("app/engine/kv_disk_cache.py",),
        ("tests/unit/test_kv_disk_cache*.py", "tests/unit/test_kv_pool*.py"),
    ),
    Room(
        "plan",
        tuple(
            f"app/engine/{name}.py"
            for name in (
                "choice",
                "cores",
                "devices",
                "memory_model",
                "placement",
                "plan",
                "speed_model",
            )
        ),
        tuple(
            f"tests/unit/test_{name}.py"
            for name in ("choice", "cores", "devices", "plan", "speed_model")
        ),
    ),
    Room(
        "harmony",
        ("app/formats/harmony/*.py",),
        ("tests/unit/test_harmony*.py", "tests/unit/test_worker*.py"),
    ),
    Room(
        "store",
        ("app/store/*.py",),
        (
            "tests/unit/test_store*.py",
            "tests/unit/test_titles*.py",
            "tests/unit/test_presets*.py",
        ),
    ),
    Room("file_download", ("app/models/file_download.py",), ("tests/unit/test_file_download.py",)),
    Room(
        "partial_file",
        ("app/models/partial_file.py",),
        ("tests/unit/test_partial_file.py", "tests/unit/test_file_download.py"),
    ),
    Room(
        "browser_policy",
        ("app/tools/browser/policy.py", "app/tools/browser/address.py"),
        ("tests/unit/test_browser_policy.py", "tests/unit/test_injection.py"),
    ),
    Room(
        "server_gate",
        ("app/server/gate.py", "app/server/json_body.py", "app/server/endpoints.py"),
        ("tests/unit/test_gate.py", "tests/unit/test_json_body.py", "tests/unit/test_endpoints.py"),
    ),
    Room(
        "server_answers",
        (
            "app/server/answers.py",
            "app/server/admission.py",
            "app/server/declared_calls.py",
            "app/server/engine_errors.py",
            "app/server/piece_maker.py",
            "app/server/request_log.py",
            "app/server/running_answer.py",
        ),
        ("tests/unit/test_pieces.py", "tests/unit/test_served_answers.py"),
    ),
    Room(
        "server_listener",
        ("app/server/listener.py", "app/server/http_server.py"),
        ("tests/unit/test_http_server.py",),
    ),
)

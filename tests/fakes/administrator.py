"""An administrator, who writes files for all users of this computer."""

from __future__ import annotations

from pathlib import Path


class Administrator:
    """One whose files only he can change, in the folder ``system``."""

    def __init__(self, system: Path) -> None:
        self.system = system

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file, and return its path."""
        self.system.mkdir(exist_ok=True)
        self.system.chmod(0o755)  # whatever the umask
        path = self.system / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(0o644)
        return path

    def decide(self, text: str | bytes) -> Path:
        """Write the policy."""
        return self.write("policy.toml", text)

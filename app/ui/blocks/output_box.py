"""The output of a tool: text in a frame, shown exactly as it is."""

from __future__ import annotations

from app.ui.blocks.code_box import CodeBox
from app.ui.blocks.output_block import Output
from app.wording.language import tr


class OutputBox(CodeBox):
    """Output with its heading, and buttons like those of code."""

    @property
    def title(self) -> str:
        return tr("Output")

    def copy_label(self) -> tuple[str, str]:
        return "copyOutput", tr("Copy output")

    def act(self, name: str) -> str:
        if name == "copyOutput":
            block = self.block
            return block.whole or block.text if isinstance(block, Output) else block.text
        return super().act(name)

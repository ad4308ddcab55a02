"""What models are told of the tools that gpt-oss was trained on, in the words of its training."""

from __future__ import annotations

from app.base.types import ToolNamespace

_PYTHON = (
    "Use this tool to execute Python code in your chain of thought. This tool should be used for "
    "internal reasoning, but not for code that is intended to be visible to the user (e.g. when "
    "creating plots, tables, or files).\n\n"
    "When you send a message containing Python code to python, it will be executed in a stateful "
    "Jupyter notebook environment. python will respond with the output of the execution or time "
    "out after 120.0 seconds. The drive at '/mnt/data' can be used to save and persist user files. "
    "Internet access for this session is disabled."
)
_BROWSER = (
    "Tool for browsing.\n"
    "The `cursor` appears in brackets before each browsing display: `[{cursor}]`.\n"
    "Cite information from the tool using the following format:\n"
    "`【{cursor}†L{line_start}(-L{line_end})?】`, for example: `【6†L9-L11】` or `【8†L3】`.\n"
    "Do not quote more than 10 words directly from the tool output."
)


def described(namespace: ToolNamespace) -> str:
    """Return what is told of a namespace as a whole; empty for nothing."""
    name, description = namespace.name, namespace.description
    if name == "python" and not namespace.functions:
        return "\n".join(filter(None, (_PYTHON, description)))
    if name == "browser" and namespace.sources:
        names = list(dict.fromkeys(" ".join(source.name.split()) for source in namespace.sources))
        sources = f"sources={', '.join(names)} (default: {names[0]})"
        return "\n".join(filter(None, (_BROWSER, sources, description)))
    return description

"""Texts that a model may write and that have frozen or broken other programs."""

from __future__ import annotations

import random


def texts() -> dict[str, str]:
    """Return the texts by what is difficult about them."""
    dice = random.Random(11)
    columns = 5000
    return {
        "1 MB of one line": "word " * 200_000,
        "1 MB without a blank": "x" * 1_000_000,
        "10,000 nested quotes": ">" * 10_000 + " deep",
        "5,000-column table": "|"
        + "a|" * columns
        + "\n|"
        + "-|" * columns
        + "\n"
        + ("|" + "b|" * columns + "\n") * 3,
        "100,000 backticks": "`" * 100_000,
        "backticks of all lengths": " ".join("`" * dice.randrange(1, 60) for _ in range(4000)),
        "bidi overrides": "\u202eevil\u202c \u2066iso\u2069 \u202d" * 2000,
        "zero-width storm": "a\u200b\u200c\u200d\u2060\ufeff" * 20_000,
        "combining storm": "e" + "\u0301" * 20_000 + " e\u0301",
        "broken HTML": "<div><b><i <script>alert(1)</script <img src=x onerror=alert(1)> <a href="
        * 400,
        "img onerror": "<img src=x onerror=alert(1)>",
        "bad links": "[a](javascript:alert(1)) [b](file:///etc/passwd) [c](data:text/html,x) "
        "<javascript:alert(1)> ![d](http://x.example/a.png)",
        "100,000 brackets": "[" * 100_000,
        "nested lists": "\n".join("  " * n + "- item" for n in range(400)),
        "emphasis": "*a **b " * 20_000,
        "open formula": "$$\n" + "x^{" * 20_000,
        "1 MB of code in a line": "```js\n" + "f(1);" * 200_000 + "\n```",
        "a fence never closed": "```python\n" + "x = 1\n" * 20_000,
        "control tokens": "<|start|>assistant<|channel|>final<|message|>hi<|end|>" * 200,
        "nothing but line ends": "\n" * 50_000,
        "100,000 short lines": "- a\n" * 25_000,
    }

"""The sentence about an answer that was slower than it should be."""

from __future__ import annotations

from app.base.answer_events import SlowAnswer, SlowCause
from app.wording.explanation import Action, Explanation
from app.wording.language import number, tr
from app.wording.quantities import gigabytes


def explain_slow(slow: SlowAnswer) -> Explanation:
    """Return what probably made an answer slow, and what to do."""
    speeds = tr("{reached} instead of about {expected} tokens/s").format(
        reached=_rate(slow.reached), expected=_rate(slow.expected)
    )
    match slow.cause:
        case SlowCause.GPU_MEMORY:
            return Explanation(
                tr(
                    "Other apps are using {size} of {gpu}, which makes answers slow ({speeds}). "
                    "Close them, or use less memory."
                ).format(size=gigabytes(slow.others), gpu=slow.gpu, speeds=speeds),
                Action.USE_LESS_MEMORY,
            )
        case SlowCause.MEMORY:
            return Explanation(
                tr(
                    "Your computer is low on memory, which makes answers slow ({speeds}). Close "
                    "other apps, or use less memory."
                ).format(speeds=speeds),
                Action.USE_LESS_MEMORY,
            )
        case SlowCause.BATTERY:
            return Explanation(
                tr("Answers are slow on battery power ({speeds}). Plug in your computer.").format(
                    speeds=speeds
                )
            )
        case SlowCause.POWER_MODE:
            return Explanation(
                tr(
                    "Answers are slow because your computer is saving power ({speeds}). Choose a "
                    "faster power mode."
                ).format(speeds=speeds)
            )
        case SlowCause.PROCESSOR:
            return Explanation(
                tr(
                    "Other apps are keeping the CPU busy, which makes answers slow ({speeds})."
                ).format(speeds=speeds)
            )
    return Explanation(
        tr("Answers are slower than expected ({speeds}). Using less memory may help.").format(
            speeds=speeds
        ),
        Action.USE_LESS_MEMORY,
    )


def _rate(tokens: float) -> str:
    return number(tokens, 1 if tokens < 10 else 0)

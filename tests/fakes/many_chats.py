"""A database of very many chats in English, German and Chinese, the same every time.

usage: python -m tests.fakes.many_chats FILE [--chats N] [--messages N]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
from pathlib import Path

from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import Store

ENGLISH = (
    "the of and to a in is that for it as was with be by on not he this are or his from at "
    "which but have an had they you were their one all we can her has there been if more when "
    "will would who so no said what up its about into than them only other time new some "
    "could these two may then do first any my now such like our over man me even most made "
    "after also did many before must through years where much your way well down should "
    "because each just those people how too little state good very make world still own see "
    "men work long here between both life being"
)
GERMAN = (
    "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es "
    "an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen "
    "so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei größe straße "
    "können müssen schön früh Zeitung Wort Schiff Fahrt Dampf Haus Tür Schlüssel Rechnung "
    "Prüfung Wetter Karte"
)
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo za sch ter ung ion ment"


class Words:
    """The words of a language, with a few very frequent ones, as in every language."""

    def __init__(self, language: str, dice: random.Random, rare_ones: int) -> None:
        self._dice = dice
        syllables = SYLLABLES.split()
        self._gap = "" if language == "zh" else " "
        match language:
            case "en":
                rare = {
                    "".join(dice.choices(syllables, k=dice.randint(2, 4))) for _ in range(rare_ones)
                }
                self._words = ENGLISH.split() + sorted(rare)
            case "de":
                parts = [w for w in GERMAN.split() if len(w) > 3]
                rare = {
                    "".join(dice.choices(parts, k=2)).capitalize()
                    + "".join(dice.choices(syllables, k=dice.randint(0, 2)))
                    for _ in range(rare_ones * 4 // 3)
                }
                self._words = GERMAN.split() + sorted(rare)
            case _:
                self._words = [chr(0x4E00 + 7 * n % 5000) for n in range(3500)] + ["，", "。"]
        weights = (1 / (n + 2) for n in range(len(self._words)))
        self._weights = list(itertools.accumulate(weights))

    def text(self, length: int) -> str:
        """Return words of about ``length`` characters in all."""
        count = max(length if not self._gap else length // 6, 1)
        return self._gap.join(self._dice.choices(self._words, cum_weights=self._weights, k=count))


def fill(store: Store, chats: int = 2000, messages: int = 100_000, seed: int = 1) -> None:
    """Fill the store, half in English, the other half in German and Chinese."""
    dice = random.Random(seed)
    rare = min(30_000, messages)
    languages = {name: Words(name, dice, rare) for name in ("en", "de", "zh")}
    each, more = divmod(messages, chats)
    for number in range(chats):
        words = languages[dice.choice(("en", "en", "de", "zh"))]
        with store.database.transaction():  # one commit per message would take minutes
            chat = store.chats.create(Effort.MEDIUM).id
            parent = None
            for turn in range(each + (number < more)):
                if turn % 2 == 0:
                    message = Message(Role.USER, (Part(words.text(dice.randint(20, 300))),))
                else:
                    thought = Part(words.text(dice.randint(50, 800)), PartKind.REASONING)
                    said = Part(words.text(dice.randint(100, 1500)))
                    message = Message(Role.ASSISTANT, (thought, said))
                parent = store.messages.add(chat, parent, message).id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--chats", type=int, default=2000)
    parser.add_argument("--messages", type=int, default=100_000)
    options = parser.parse_args()
    with contextlib.closing(Store(options.file)) as store:
        fill(store, options.chats, options.messages)


if __name__ == "__main__":
    main()

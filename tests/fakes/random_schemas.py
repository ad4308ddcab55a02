"""Schemas made at random, of all keywords that are followed."""

from __future__ import annotations

import random
from typing import Any

from app.formats.json_schema.format_patterns import FORMATS

_NUMBERS = (0, 1, -3, 17, 100, 2**53, -(2**53), 0.1, -0.5, 2.5, 0.001, 1234.5678, 10**7 + 0.5)
_STEPS = (2, 3, 5, 10, 0.5, 0.1, 0.01, 0.25, 7, 100, 1.5)
_CONSTANTS: tuple[Any, ...] = (
    None, True, False, 1, 0, -3, 2.5, "a", 'é"\\\n', [1, "x"], {"a": 1}, [], {}, "", 0.1,
)  # fmt: skip
_PATTERNS = (
    "^a+$", "b", "^[a-c]{2,4}$", "^\\d{3}-\\d{2}$", "x|^y", "^(foo|bar)?$", "\\s", "^\\S+$",
    "^\\w+@\\w+\\.com$", "^[^,]*$", "^.{2,5}$", "[^\\d]", "^\\W\\D$", "^[\\w.-]+$", "^\\/", "a$",
    "^(?:a|b(?:c|d)+)*$", "^[\\s\\S]{3}$", "^\\x41",
)  # fmt: skip
_NAMES = ("a", "b", "c", "foo", "x-y", "né", 'q"t', "long name")


class RandomSchemas:
    """A source of schemas."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def schema(self, depth: int = 3) -> Any:
        """Return one that is nested so deep at most."""
        if depth <= 0:
            kinds = ("null", "boolean", "string", "integer", "number")
            return self._chance.choice([True, {}, {"type": self._chance.choice(kinds)}])
        kind = self._chance.choice(
            [self._number, self._string, self._string, self._values, self._array, self._object,
             self._object, self._choice, self._all]
        )  # fmt: skip
        return kind(depth - 1)

    def _often(self, share: float) -> bool:
        return self._chance.random() < share

    def _number(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {"type": self._chance.choice(["integer", "number"])}
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if self._often(0.35):
                found[word] = self._chance.choice(_NUMBERS)
        return found | ({"multipleOf": self._chance.choice(_STEPS)} if self._often(0.25) else {})

    def _string(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "string"}
        if self._often(0.3):
            found["minLength"] = self._chance.randint(0, 6)
        if self._often(0.5):
            found["maxLength"] = self._chance.randint(0, 12)
        if self._often(0.4):
            found["pattern"] = self._chance.choice(_PATTERNS)
        if self._often(0.2):
            found["format"] = self._chance.choice(list(FORMATS))
        return found

    def _values(self, depth: int) -> dict[str, Any]:
        values = [self._chance.choice(_CONSTANTS) for _ in range(self._chance.randint(1, 4))]
        return {"enum": values} if self._often(0.7) else {"const": values[0]}

    def _array(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {} if self._often(0.1) else {"type": "array"}
        if self._often(0.7):
            found["items"] = self.schema(depth)
        if self._often(0.3):
            found["prefixItems"] = [self.schema(depth) for _ in range(self._chance.randint(1, 3))]
        if self._often(0.4):
            found["minItems"] = self._chance.randint(0, 3)
        if self._often(0.5):
            found["maxItems"] = self._chance.randint(0, 5)
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        names = self._chance.sample(_NAMES, self._chance.randint(0, 4))
        found: dict[str, Any] = {"properties": {name: self.schema(depth) for name in names}}
        if self._often(0.9):
            found["type"] = "object"
        if self._often(0.7):
            found["required"] = self._chance.sample(names, self._chance.randint(0, len(names)))
        if self._often(0.15):
            found["required"] = [*found.get("required", ()), "extra"]
        if self._often(0.6):
            found["additionalProperties"] = self._chance.choice([False, self.schema(depth)])
        if self._often(0.15):
            pattern = self._chance.choice(["^x", "^a", "o$", "^\\d+$"])
            found["patternProperties"] = {pattern: self.schema(depth)}
        if self._often(0.15):
            found["minProperties"] = self._chance.randint(0, 3)
        if self._often(0.15):
            found["maxProperties"] = self._chance.randint(0, 4)
        if names and self._often(0.2):
            found["dependentRequired"] = {self._chance.choice(names): self._some(names)}
        if names and self._often(0.15):
            found["dependentSchemas"] = {self._chance.choice(names): self.schema(depth)}
        if self._often(0.15):
            found["not"] = {"required": self._some(["more", *names])} | (
                {"properties": {names[0]: self.schema(depth)}} if names else {}
            )
        if self._often(0.1):
            found["propertyNames"] = self._chance.choice(
                [{"pattern": "^[a-f]"}, {"enum": ["a", "b"]}, {"type": "string"}]
            )
        return found

    def _some(self, names: list[str]) -> list[str]:
        return self._chance.sample(names, self._chance.randint(1, len(names)))

    def _choice(self, depth: int) -> dict[str, Any]:
        if self._often(0.1):
            return {"not": self.schema(depth)}
        word = self._chance.choice(["anyOf", "oneOf"])
        return {word: [self.schema(depth) for _ in range(self._chance.randint(1, 3))]}

    def _all(self, depth: int) -> Any:
        found = self.schema(depth)
        if not isinstance(found, dict) or self._often(0.3):
            return {"allOf": [found, self.schema(depth)]}
        return found | {"allOf": [self.schema(depth) for _ in range(2)], "title": "t"}

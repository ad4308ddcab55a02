"""The values of ``format``, as regular expressions of ECMAScript's kind.

They are bounded, and stricter than their RFCs where readers differ: no 60th second, no year 0, no
double hyphen in a name of a host.
"""

from __future__ import annotations

import difflib
from typing import Any

_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP_YEAR = (
    "(?:(?:[1-9][0-9]|0[1-9])(?:0[48]|[2468][048]|[13579][26])"
    "|00(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26]|0[48])00)"
)
_DATE = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP_YEAR}-02-29)"
)
_TIME = (
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_COUNT = "[0-9]{1,6}"
_DAYS = f"(?:{_COUNT}Y(?:{_COUNT}M(?:{_COUNT}D)?)?|{_COUNT}M(?:{_COUNT}D)?|{_COUNT}D)"
_HOURS = f"T(?:{_COUNT}H(?:{_COUNT}M(?:{_COUNT}S)?)?|{_COUNT}M(?:{_COUNT}S)?|{_COUNT}S)"
_LABEL = "[a-zA-Z0-9](?:-?[a-zA-Z0-9]){0,30}"
_TOP = "[a-zA-Z](?:-?[a-zA-Z0-9]){0,30}"
_HOST = rf"(?:{_LABEL}\.){{0,3}}{_TOP}"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"(?:{_BYTE}\.){{3}}{_BYTE}"
_HEX = "[0-9a-fA-F]"
_WORD = f"{_HEX}{{1,4}}"
_IPV6 = "|".join(
    [
        f"(?:{_WORD}:){{7}}{_WORD}",
        f"(?:{_WORD}:){{1,7}}:",
        *(f"(?:{_WORD}:){{1,{7 - n}}}(?::{_WORD}){{1,{n}}}" for n in range(1, 7)),
        f":(?::{_WORD}){{1,7}}",
        "::",
    ]
)
_PATH = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_SEGMENT = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@]|%[0-9A-Fa-f]{2})"  # without a colon
_LITERAL = _SEGMENT.replace("'", "")  # RFC 6570 has no apostrophe
_QUERY = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})"

_URI = (
    rf"[A-Za-z][A-Za-z0-9+\-.]{{0,20}}:(?://{_HOST}(?::[0-9]{{1,4}})?(?:/{_PATH}{{0,200}}){{0,20}}"
    rf"|{_PATH}{{1,200}})(?:\?{_QUERY}{{0,500}})?(?:#{_QUERY}{{0,200}})?"
)
_RELATIVE = (
    rf"/?(?:{_SEGMENT}{{1,200}}/){{0,20}}{_SEGMENT}{{0,200}}"
    rf"(?:\?{_QUERY}{{0,500}})?(?:#{_QUERY}{{0,200}})?"
)
_EMAIL = (
    r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,20}(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,20}){0,2}"
    f"@{_HOST}"
)
_POINTER = "(?:/(?:[A-Za-z0-9 _.:@$-]|~[01]){0,60}){0,20}"
_CHARACTERS = r"[A-Za-z0-9 _@#%&=:;,!~.]|\\[dDwWsS.\\/()|^$*+?]|\[[A-Za-z0-9_]{1,20}\]"

FORMATS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "duration": f"P(?:{_DAYS}(?:{_HOURS})?|{_HOURS}|{_COUNT}W)",
    "email": _EMAIL,
    "idn-email": _EMAIL,
    "hostname": _HOST,
    "idn-hostname": _HOST,
    "ipv4": _IPV4,
    "ipv6": f"(?:{_IPV6})",
    "uuid": f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    "uri": _URI,
    "iri": _URI,
    "uri-reference": f"(?:{_URI}|{_RELATIVE})",
    "iri-reference": f"(?:{_URI}|{_RELATIVE})",
    "uri-template": rf"(?:{_LITERAL}|[/?&=]|\{{[A-Za-z0-9_]{{1,40}}\}}){{1,200}}",
    "json-pointer": _POINTER,
    "relative-json-pointer": f"(?:0|[1-9][0-9]{{0,3}})(?:#|{_POINTER})",
    "regex": rf"\^?(?:(?:{_CHARACTERS})[*+?]?){{1,100}}\$?",
    # of OpenAPI, and of draft 3
    "byte": (
        "(?:[A-Za-z0-9+/]{4}){0,1000}(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
    ),
    "host-name": _HOST,
    "ip-address": _IPV4,
    "color": f"#{_HEX}{{6}}",
    "phone": r"\+[1-9][0-9]{6,14}",
    # of no draft, but commonly written
    "url": _URI,
}
"""The formats that are guaranteed, each an expression for the whole of a text."""
NUMBER_FORMATS: dict[str, dict[str, Any]] = {
    "int32": {"allOf": [{"minimum": -(2**31), "maximum": 2**31 - 1}]},
    "int64": {},
    "float": {},
    "double": {},
    "utc-millisec": {},  # draft 3's
}
"""Those of numbers, as schemas: OpenAPI's. Whole numbers have 53 bits at most in any case."""
_LETTERS = {name.replace("-", ""): name for name in FORMATS}
_UNGUARANTEED = frozenset({"style"})  # of draft 3: CSS


def guaranteed(name: str) -> str | None:
    """Return the expression of a format; empty for one that nobody has defined.

    That is an annotation, by every draft. None for one that cannot be guaranteed.
    """
    if name in FORMATS:
        return FORMATS[name]
    letters = "".join(filter(str.isalnum, name.lower()))
    if known := _LETTERS.get(letters):  # "datetime" is meant as "date-time"
        return FORMATS[known]
    close = difflib.get_close_matches(letters, _LETTERS, n=1, cutoff=0.8)
    return None if close or name in _UNGUARANTEED else ""

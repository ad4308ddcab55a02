"""The values of ``format``, as regular expressions of ECMAScript's kind.

They are bounded, and stricter than their RFCs where readers differ: no 60th second, no year 0, no
double hyphen in a name of a host.
"""

from __future__ import annotations

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
_QUERY = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})"

FORMATS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "duration": f"P(?:{_DAYS}(?:{_HOURS})?|{_HOURS}|{_COUNT}W)",
    "email": (
        r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,20}(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,20}){0,2}"
        f"@{_HOST}"
    ),
    "hostname": _HOST,
    "ipv4": _IPV4,
    "ipv6": f"(?:{_IPV6})",
    "uuid": f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    "uri": (
        rf"[A-Za-z][A-Za-z0-9+\-.]{{0,20}}:(?://{_HOST}(?::[0-9]{{1,4}})?(?:/{_PATH}{{0,200}}){{0,20}}"
        rf"|{_PATH}{{1,200}})(?:\?{_QUERY}{{0,500}})?(?:#{_QUERY}{{0,200}})?"
    ),
}
"""The formats that are guaranteed, each an expression for the whole of a text."""

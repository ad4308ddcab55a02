"""Text in encodings from before Unicode, and in Unicode without a mark."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.base.errors import DocumentUnknown
from app.documents import charset
from app.documents.plain_text import decode

CASES = Path(__file__).resolve().parents[1] / "cases" / "attachments"
HERE = Path("a.txt")
TEXTS = {
    "cp1252 iso8859_1 iso8859_15 cp850 cp437 mac_roman": (
        "Die Straße ist schön, die Bäume grünen, und überall hört man Vögel."
    ),
    "cp1252 cp850 mac_roman": (
        "L'été dernier, nous avons déjeuné à la plage. Où êtes-vous né ? Un garçon sucré."
    ),
    "cp1252 iso8859_1": "El niño comió una manzana. ¿Dónde está el baño? ¡Qué difícil lección!",
    "cp1252 iso8859_1 cp865": "Blåbærgrød på Ærø. Åke gikk over åen, og så kjøpte han øl.",
    "cp1250 iso8859_2 cp852": "Zażółć gęślą jaźń. Dzień dobry, proszę o łyżkę i świeże jabłka.",
    "cp1250 iso8859_2 ": "Příliš žluťoučký kůň úpěl ďábelské ódy. Děkuji, že jste přišli.",
    "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic cp855": (
        "Съешь ещё этих мягких французских булок, да выпей чаю. Вчера вечером мы ходили в театр."
    ),
    "cp1251 koi8_u": "Щиро дякую, що прийшли вчора. Її сестра живе у Києві, а брат їде до Львова.",
    "cp1253 iso8859_7": "Καλημέρα σας, τι κάνετε σήμερα; Χθες πήγαμε στο θέατρο και ήταν ωραία.",
    "cp1254 iso8859_9": "Günaydın, bugün nasılsınız? Dün akşam çok güzeldi. Yağmur yağıyor, İzmir.",
    "cp1255 iso8859_8": "שלום לכולם, מה שלומכם היום? אתמול בערב הלכנו לתיאטרון והיה מאוד יפה.",
    "cp1256 iso8859_6": "السلام عليكم، كيف حالكم اليوم؟ أمس ذهبنا إلى المسرح وكان جميلا جدا.",
    "cp1257": "Ačiū už pagalbą. Šiandien yra gražus oras, o vakar žiūrėjome spektaklį.",
    "cp874 tis_620": "สวัสดีครับ วันนี้เป็นอย่างไรบ้าง เมื่อวานเย็นเราไปดูละครและสนุกมาก",
    "cp932 euc_jp iso2022_jp": "おはようございます。いい天気ですね。昨日の夜、劇場に行きました。",
    "gb18030 gbk": "大家好，今天天气很好。昨天晚上我们去了剧院，演出非常精彩。请问图书馆在哪里？",
    "big5": "大家好，今天天氣很好。昨天晚上我們去了劇院，演出非常精彩。請問圖書館在哪裡？",
    "cp949 euc_kr iso2022_kr": "안녕하세요, 오늘 날씨가 좋네요. 어제 저녁에 극장에 갔습니다.",
}
OLD = [(encoding, text) for names, text in TEXTS.items() for encoding in names.split()]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    speaks(monkeypatch, "en_US.UTF-8")


def speaks(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Set the system's language."""
    monkeypatch.setattr("locale.getencoding", lambda: "utf-8")
    for variable in ("LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", name)


@pytest.mark.parametrize(("encoding", "text"), OLD, ids=[f"{e}-{t[:9]}" for e, t in OLD])
def test_a_guess(encoding: str, text: str) -> None:
    rows = "\n".join(f"{n};{text};x" for n in range(100))
    for said in (text, rows):
        assert decode(HERE, said.encode(encoding, "ignore")).text == said.encode(
            encoding, "ignore"
        ).decode(encoding)


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        ("de_DE.UTF-8", "cp1252", "Grüße"),
        ("fr_FR.UTF-8", "cp1252", "à"),
        ("pl_PL.UTF-8", "cp1250", "żółw"),
        ("ru_RU.UTF-8", "cp1251", "мир"),
        ("el_GR.UTF-8", "cp1253", "ναι"),
        ("tr_TR.UTF-8", "cp1254", "ağ"),
        ("he_IL.UTF-8", "cp1255", "כן"),
        ("th_TH.UTF-8", "cp874", "ครับ"),
        ("ja_JP.UTF-8", "cp932", "東京"),
        ("zh_CN.UTF-8", "gb18030", "鞠躬"),
        ("zh_TW.UTF-8", "big5", "鞠躬"),
        ("ko_KR.UTF-8", "cp949", "뷁"),
    ],
)
def test_the_systems_own_comes_first_where_little_is_said(
    monkeypatch: pytest.MonkeyPatch, language: str, encoding: str, text: str
) -> None:
    speaks(monkeypatch, language)
    found = decode(HERE, f"a;b\n{text};c\n".encode(encoding))
    assert found.text == f"a;b\n{text};c\n"
    assert text in found.readings[0].example


def test_windows_tells_its_code_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "cp1251")
    assert charset.system_code_page() == "cp1251"
    speaks(monkeypatch, "C.UTF-8")
    assert charset.system_code_page() == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode_without_a_mark(encoding: str) -> None:
    for text in TEXTS.values():
        for said in (text, text[:12], f"key;value\n{text}\n" * 50):
            found = decode(HERE, said.encode(encoding))
            assert (found.text, found.encoding) == (said, "")


def test_mostly_utf_8_is_utf_8() -> None:
    data = (CASES / "c14_utf8_onebad.txt").read_bytes()
    found = decode(HERE, data)
    assert found.text == data.decode("utf-8", errors="replace")
    assert (found.encoding, found.bad) == ("utf-8", 1)
    cut = "Grüße aus Köln".encode()[:-1] + "ö".encode()[:1]  # in the middle of a character
    assert decode(HERE, cut).text == "Grüße aus Köl\ufffd"
    assert decode(HERE, "a � b".encode()).bad == 0  # it is in the file


def test_the_case_of_a_table_in_windows_1252() -> None:
    path = CASES / "c40_cp1252_german_40rows.csv"
    found = decode(path, path.read_bytes())
    assert found.text == path.read_bytes().decode("cp1252").replace("\r\n", "\n")
    assert found.text.startswith("Kunde;Straße;Ort;Betrag\nMüller & Söhne 0;Königsstraße 0;Düsseld")
    assert "0,50 €" in found.text
    assert found.encoding == found.readings[0].encoding == "cp1252"
    assert len({reading.example for reading in found.readings}) == len(found.readings) > 3
    for reading in found.readings:
        assert decode(path, path.read_bytes(), reading.encoding).encoding == reading.encoding


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'<?xml version="1.0" encoding="iso-8859-2"?><a>\xb1</a>', "ą"),
        (b"# -*- coding: koi8-r -*-\ns = '\xd0\xd2'", "пр"),
        (b'@charset "windows-1251";\n/* \xef\xf0 */', "пр"),
        (b"<meta charset=latin1>\x80", "€"),  # as browsers read it
        (b'<meta charset="utf-8">\xfcber', "über"),  # its declaration is wrong
        ('<meta charset="iso-8859-1">Grüße'.encode(), "Grüße"),  # and so is this one
        (b"\xef\xbb\xbf<meta charset=cp1251>\xc3\xbc", "ü"),  # a byte-order mark takes precedence
        (b"encoding: base64\n\xfcber", "über"),  # not a text encoding
    ],
)
def test_what_a_file_says_of_itself(data: bytes, said: str) -> None:
    assert said in decode(HERE, data).text


def test_logs_are_text() -> None:
    log = b"\x1b[31mred\x1b[0m\x1b]0;title\x07 line\x00\x00\x00\r\nN\x08NA\x08AM\x08ME\x1b[2K\x07\n"
    assert decode(HERE, log + bytes(5000)).text == "red line\nNAME\n"
    assert decode(HERE, "gr\x00ün".encode("cp1252")).text == "grün"
    for line in ("error at line\0 in module\n", "errors\0ofmanykinds"):  # Chinese in UTF-16
        assert decode(HERE, line.encode() * 50).text == line.replace("\0", "") * 50
    steps = b"\x1b[1mStep\x1b[K 10%\rStep 20%\r\n"
    assert decode(HERE, steps).text == "Step 10%\nStep 20%\n"


def test_what_is_no_text() -> None:
    dice = random.Random(7)
    for size in (300, 5000, 60_000):
        with pytest.raises(DocumentUnknown):
            decode(HERE, dice.randbytes(size))
    for mark in (b"\xff\xfe", b"\xfe\xff"):
        with pytest.raises(DocumentUnknown):
            decode(HERE, mark + dice.randbytes(3000))

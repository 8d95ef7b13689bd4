"""Words in the languages of the station."""

from __future__ import annotations

import pytest

from sinks.station.words import Words, catalogue, chosen


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("", "", "de-DE,es-MX;q=0.8,en;q=0.7"), "es"),
        (("zh-CN", "es", "en"), "zh-CN"),
        (("", "", "zh"), "zh-CN"),
        (("", "", "en-GB,es;q=0.9"), "en"),
        (("", "", "es;q=0.1, zh-CN;q=0.5"), "zh-CN"),
        (("../../etc/passwd", "", ""), "en"),
        (("", "", ";q=,,*"), "en"),
    ],
)
def test_the_language_that_is_wished_for(wishes: tuple[str, ...], language: str) -> None:
    assert chosen(*wishes).language == language


def test_a_catalogue_is_read_as_it_is_written() -> None:
    text = '# a note\nmsgid ""\nmsgstr "Language: es\\n"\n\n'
    text += '#: belt\nmsgid "Belt "\n"speed"\nmsgstr ""\n"Velocidad \\"B\\""\n\nmsgid "Lost"\nmsgstr ""\n'
    assert catalogue(text) == {"Belt speed": 'Velocidad "B"'}


def test_a_page_is_filled_and_nothing_in_it_is_markup() -> None:
    words = Words("es", {"All alarms": "Todas & <todas>"})
    assert words.filled('<p lang="{{language}}">{{All\n  alarms}} {{Lost}}') == (
        '<p lang="es">Todas &amp; &lt;todas&gt; Lost'
    )

"""Words in the languages of the station."""

from __future__ import annotations

import pytest

from sinks.station.words import Words, catalogue, chosen, words_in


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


SAID = {
    "olga is viewer: stop is for engineers": "olga tiene el papel «observador»: stop exige el de «ingeniero»",
    "valve 17: up to 1.6 % of what is shot is lost": "válvula 17: se pierde hasta el 1.6 % de lo que se sopla",
    "log has shown no progress for 2 s: killed": "log no avanza desde hace 2 s: terminado",
    "stones of at least 20 samples are ejected where white mica or epidote is at least 50 %": (
        "las piedras de al menos 20 muestras se expulsan donde mica blanca o epidota es al menos 50 %"
    ),
    "stones of at least 4 samples are ejected where (talc is more than 5 %, or quartz is at most 1 %), and "
    "muscovite plus half of illite is at least 40 %": (
        "las piedras de al menos 4 muestras se expulsan donde (talco es más de 5 %, o cuarzo es como máximo 1 %), y "
        "moscovita más la mitad de illita es al menos 40 %"
    ),
    "what nobody has a sentence for, and never will": "what nobody has a sentence for, and never will",
    "no line comes": "no llega ninguna línea",
}
"""By what was said in English, in Spanish."""


@pytest.mark.parametrize("text", SAID)
def test_what_was_put_together_elsewhere_is_said_with_its_values(text: str) -> None:
    assert words_in("es").said(text) == SAID[text]
    assert words_in("en").said(text) == text


def test_what_is_long_is_no_sentence() -> None:
    listing = "no frame for " + "x" * 500
    assert words_in("es").said(listing) == listing

"""English is whole: every message translated with its placeholders, and compiled."""

from tools import translations


def test_every_message_has_its_english():
    assert translations.faults(translations.read(), translations.extract()) == []


def test_compiled_catalog_is_the_written_one():
    assert translations.is_compiled(translations.read())

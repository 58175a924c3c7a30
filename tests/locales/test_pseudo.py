"""The two languages for layout really are longer, really run the other way, and keep every hole."""

from dialogs.script import FACTS
from locales.bidi import runs_right
from locales.interface import interface_template
from locales.render import holes, labels, render
from tests.locales import pseudo
from tests.locales.small import script


def test_a_longer_language_is_longer_and_keeps_its_holes() -> None:
    small = script()
    ours = pseudo.words(small, pseudo.longer)
    for name, message in small.messages.items():
        said = render(ours, name, FACTS)
        assert said.startswith("[")
        assert len(pseudo.longer(message.text)) >= len(message.text) * 1.3
        assert holes(pseudo.longer(message.text)) == holes(message.text)


def test_a_mirrored_language_runs_from_right_to_left() -> None:
    ours = pseudo.words(script(), pseudo.mirrored)
    assert ours.rtl
    assert runs_right(render(ours, "talk.promise", {}))
    assert FACTS["zone"] in render(ours, "talk.by", FACTS)
    assert labels(ours, "talk.no") == (pseudo.mirrored("No"), *pseudo.mirrored("not now").split(", "))


def test_the_pages_speak_them_too() -> None:
    left, right = pseudo.interface(pseudo.longer), pseudo.interface(pseudo.mirrored)
    assert (left.direction, right.direction) == ("ltr", "rtl")
    for each in interface_template():
        if not each.msgid_plural:
            assert left.pgettext(each.msgctxt, each.msgid).startswith("[")
            assert runs_right(right.pgettext(each.msgctxt, each.msgid)) or not any(
                map(str.isalpha, each.msgid)
            )

"""A talk stays on the edition it began with; safety texts are the newest for everybody (promise 8)."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from storage import editions
from storage.editions import Edition
from storage.work import open_database
from tests.promises.conftest import the_edition, town

AGE, DELETE = "first-contact.age-ask", "always.delete-what"
CHANGED = {
    AGE: "Roughly how old might they be?",
    DELETE: "I will wipe your answers, your words and all notes. For good.",
}


async def publish_changed(home: Path, texts: Mapping[str, str]) -> tuple[str, str]:
    """Another edition, as a coordinator makes it: some texts differ, in the sheet and in the English words."""
    old = await the_edition(home)
    content = json.loads(json.dumps(dict(old.content)))
    for message, text in texts.items():
        sheet, was = message.partition(".")[0], content["words"]["en"][message][0]
        assert was in content["sheets"][sheet]
        content["sheets"][sheet] = content["sheets"][sheet].replace(was, text)
        content["words"]["en"][message] = [text]
    name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    db = await open_database(f"sqlite:///{home / 'data' / 'beside.db'}")
    async with db.work() as w:
        await editions.publish(w, Edition(name, content, old.made_at, "Two people"))
    await db.close()
    return old.hash, name


TO_THE_AGE = (
    "first-contact.safe-yes",
    "limits.limits-yes",
    "limits.consent-keep",
    "first-contact.relation-parent",
)


async def test_a_running_talk_keeps_its_texts_and_everybody_has_the_newest_safety_texts(home: Path) -> None:
    async with town(home) as place:
        before = place.family("Before")
        await before.do("hello", "lang:en", "first-contact.safe-yes")
        was = {message: place.text(message) for message in CHANGED}
        first = (await before.talk()).edition
    old, new = await publish_changed(home, CHANGED)
    assert first == old

    async with town(home) as place:
        assert place.open.house.shelf.newest.hash == new
        place.api.bot().queue.next_id += 10_000  # the messenger goes on counting where it was
        again = place.family("Before")
        assert again.person.id == before.person.id, "the same family, after a restart"
        later = place.family("Later")
        await again.do("hello")
        await later.do("hello", "lang:en")
        await again.walk(*TO_THE_AGE[1:])
        await later.walk(*TO_THE_AGE)
        assert again.last_question().text == was[AGE], "the talk that ran stays as it was"
        assert later.last_question().text == CHANGED[AGE]
        assert ((await again.talk()).edition, (await later.talk()).edition) == (old, new)

        for family in (again, later):
            family.news()
            await family.do("/mydata", "always.mine-delete")
            assert CHANGED[DELETE] in [line.text for line in family.news()], (
                "a text that must be fresh is fresh for both"
            )

        await again.do("always.delete-yes", "hello", "lang:en")
        await again.walk(*TO_THE_AGE)
        assert again.last_question().text == CHANGED[AGE], "a new talk begins with the newest"


async def test_the_old_edition_comes_back_in_one_step(home: Path) -> None:
    old, new = await publish_changed(home, CHANGED)
    db = await open_database(f"sqlite:///{home / 'data' / 'beside.db'}")
    async with db.work() as w:
        found = await editions.get(w, old)
        assert found is not None
        await editions.publish(w, found)
    await db.close()
    async with town(home) as place:
        family = place.family()
        await family.do("hello", "lang:en")
        await family.walk(*TO_THE_AGE)
        assert family.last_question().text != CHANGED[AGE]
        assert (await family.talk()).edition == old != new

"""All sheets of one edition become one Script. Nothing is judged here; that is `check.py`'s work."""

import hashlib
from collections.abc import Iterable

from dialogs.script import Button, Choose, Script, Sheet
from dialogs.write import write

ALWAYS = "always.always"  # the scene whose buttons are there at any time


def join(sheets: Iterable[Sheet]) -> Script:
    """One script of all sheets, also of faulty ones for a preview. Pieces give messages but no scenes."""
    ordered = tuple(sorted(sheets, key=lambda sheet: sheet.name))
    scenes = {scene.id: scene for sheet in ordered if not sheet.pieces for scene in sheet.scenes}
    always = scenes.pop(ALWAYS, None)
    buttons: tuple[Button, ...] = ()
    for step in always.steps if always else ():
        if isinstance(step, Choose):
            buttons += step.buttons
    return Script(
        scenes=scenes,
        messages={name: message for sheet in ordered for name, message in sheet.messages.items()},
        start=next((sheet.start for sheet in ordered if sheet.start), ""),
        always=buttons,
        hash=fingerprint(ordered),
        sheets=ordered,
    )


def fingerprint(sheets: Iterable[Sheet]) -> str:
    """The name of an edition: sha256 over the canonical text of its sheets."""
    digest = hashlib.sha256()
    for sheet in sorted(sheets, key=lambda sheet: sheet.name):
        digest.update(f"{sheet.name}\0{write(sheet)}\0".encode())
    return digest.hexdigest()

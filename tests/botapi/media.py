"""Photos, documents and voice notes: what a file looks like inside a message.

Source: Client.cpp get_input_file, process_get_file_query; core.telegram.org/bots/api "Sending files".
"""

from __future__ import annotations

import mimetypes
import struct

from . import render
from .errors import ApiError
from .model import Bot, Json, StoredFile
from .params import Params, Upload
from .world import World

MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
MAX_DOWNLOAD = 20 * 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
SIDES = 10_000


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; None for what is no picture."""
    if data.startswith(PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if not data.startswith(JPEG):
        return None
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in {0xC0, 0xC1, 0xC2}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    return 320, 240


def content_of(stored: StoredFile, name: str, mime: str | None, duration: int = 0) -> Json:
    """The field of a message that shows this file."""
    base: Json = {"file_unique_id": stored.unique_id, "file_size": len(stored.data)}
    if stored.kind == "photo":
        width, height = image_size(stored.data) or (320, 240)
        return {"photo": [{**base, "width": width, "height": height}]}
    mime = mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if stored.kind == "voice":
        return {"voice": {**base, "duration": duration, "mime_type": mime if "/" in mime else "audio/ogg"}}
    return {"document": {**base, "file_name": name, "mime_type": mime}}


def from_request(world: World, bot: Bot, params: Params, kind: str) -> Json:
    """The file of sendPhoto, sendDocument or sendVoice: an upload, attach://name, or this bot's file_id."""
    upload = _upload(params, kind)
    if upload is None:
        return _known(world, bot, params.text(kind), kind)
    if not upload.data:
        raise ApiError("file_empty")
    if len(upload.data) > MAX_UPLOAD:
        raise ApiError("entity_too_large")
    if kind == "photo":
        size = image_size(upload.data)
        if size is None or len(upload.data) > MAX_PHOTO:
            raise ApiError("image_failed")
        if sum(size) > SIDES or min(size) < 1 or max(size) > 20 * min(size):
            raise ApiError("photo_dimensions")
    stored = world.store(kind, upload.data, upload.filename)
    mime = "audio/ogg" if kind == "voice" else upload.content_type
    return content_of(stored, upload.filename, mime, params.integer("duration"))


def _upload(params: Params, kind: str) -> Upload | None:
    value = params.text(kind)
    if value.startswith("attach://"):
        upload = params.uploads.get(value.removeprefix("attach://"))
        if upload is None:
            raise ApiError("wrong_file_id")
        return upload
    return params.uploads.get(kind)


def _known(world: World, bot: Bot, given: str, kind: str) -> Json:
    if not given:
        raise ApiError("no_file", kind=kind)
    if given.startswith(("http://", "https://")):
        raise ApiError("http_url")
    unique = render.unique_of(bot, given)
    if unique is None or unique not in world.files:
        raise ApiError("wrong_remote_file")
    stored = world.files[unique]
    return content_of(stored, stored.path.rpartition("/")[2], None)

"""Style, script and picture of the pages, kept in memory and packed once. Only files found at start exist."""

import gzip
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class File(NamedTuple):
    plain: bytes
    packed: bytes
    kind: str


class Static:
    """Serves the files of some folders by their bare names."""

    def __init__(self, *folders: Path) -> None:
        self._files = {
            path.name: File(path.read_bytes(), gzip.compress(path.read_bytes(), mtime=0), KINDS[path.suffix])
            for folder in folders
            for path in sorted(folder.iterdir())
            if path.suffix in KINDS
        }

    async def file(self, request: Request) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Response(found.packed, media_type=found.kind, headers=headers)
        return Response(found.plain, media_type=found.kind, headers={"Vary": "Accept-Encoding"})

"""Files to attach, and what is attached (contracts/votel.md 0.7)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import info_of, json_response
from antiphon.contracts.votel.downloads import file_response
from antiphon.contracts.votel.errors import invalid, not_found
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.contracts.votel.schemas_conversations import FileReference, ImageAddress
from antiphon.contracts.votel.upload import incoming_directory, receive
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import is_uuid, new_id
from antiphon.core.media_types import HEAD_BYTES, media_type_of
from antiphon.domain.conversations.files import (
    create_file,
    delete_file,
    file_key,
    find_image,
    get_file,
    image_key,
)
from antiphon.domain.conversations.queries import find_linked_media, get_media
from antiphon.domain.conversations.records import File, Media
from antiphon.speech.audio import MAX_BYTES, AudioError

ROUTES = Routes("Files")

MAX_IMAGE_BYTES = 5 * 1024 * 1024
IMAGES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}

_PATHS = re.compile(r".*[/\\]", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_UPLOAD = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        }
    }
}


@ROUTES.add(
    "POST",
    "/storage/attachment",
    permission="conversations:send",
    status=201,
    answer=FileReference,
    extra=_UPLOAD,
)
async def upload_attachment(call: Call) -> Response:
    """Store a file of up to 25 MiB; its type is told from the bytes, not the name."""
    services, file_id = call.services, new_id()
    key = file_key(call.account_id, file_id)
    try:
        async with receive(call.request, incoming_directory(services), "file") as upload:
            if upload.path is None:
                raise invalid("file", "required", "required")
            if upload.size == 0:
                raise invalid("file", "is empty")
            content_type = media_type_of(await asyncio.to_thread(_head, upload.path))
            await services.store.take_file(key, upload.path)
            name, size = _safe_name(upload.name), upload.size
    except AudioError:
        raise invalid("file", f"larger than {MAX_BYTES // 2**20} MiB", "too_large") from None
    file = await services.database.write(
        create_file,
        call.account_id,
        file_id,
        name=name,
        content_type=content_type,
        size=size,
        created_by_id=call.caller.user.id,
    )
    return json_response(_view(file, services.settings.origin), 201)


_SIG = {"sig": {"type": "string", "description": "Instead of a key: the signature of a signed address"}}


@ROUTES.add("GET", "/storage/files/{id:uuid}", access=Access.OPEN, query=_SIG)
async def get_stored_file(call: Call) -> Response:
    """The bytes of an uploaded file or of a message's attachment, whole or one range."""
    services, file_id = call.services, call.path_id()
    signature = call.request.query_params.get("sig", "")
    found: File | Media | None
    if signature and services.media_links.allows(file_id, signature, services.clock.now()):
        found = await services.database.read(find_linked_media, file_id)
    else:
        await call.admit("conversations:read")
        found = await services.database.read(_find, call.account_id, file_id)
    if found is None or found.object_key is None:
        raise not_found()
    info_of(call.request).account_id = found.account_id
    name = found.name if isinstance(found, File) else found.filename
    return await file_response(call.request, services.store, found.object_key, found.content_type, name)


ROUTES.add("HEAD", "/storage/files/{id:uuid}", access=Access.OPEN, documented=False)(get_stored_file)


@ROUTES.add("DELETE", "/storage/files/{id:uuid}", permission="conversations:send", status=204)
async def delete_stored_file(call: Call) -> Response:
    """Erase one's own upload, admins any; messages keep name and size."""
    file = await call.services.database.read(_own_file, call.account_id, call.path_id())
    if file.created_by_id != call.caller.user.id:
        call.require("conversations:manage")
    await call.services.database.write(delete_file, call.account_id, file.id)
    return Response(status_code=204)


@ROUTES.add(
    "POST",
    "/upload/image",
    permission="conversations:send",
    status=201,
    answer=ImageAddress,
    extra=_UPLOAD,
)
async def upload_image(call: Call) -> Response:
    """Store a public image of up to 5 MiB: png, jpg, webp or gif by its bytes."""
    services, file_id, account_id = call.services, new_id(), call.account_id
    try:
        async with receive(call.request, incoming_directory(services), "file") as upload:
            if upload.path is None:
                raise invalid("file", "required", "required")
            if upload.size > MAX_IMAGE_BYTES:
                raise AudioError("too_large")
            content_type = media_type_of(await asyncio.to_thread(_head, upload.path))
            if content_type not in IMAGES:
                raise invalid("file", "a png, jpg, webp or gif image")
            await services.store.put_file(image_key(account_id, file_id), upload.path)
            name, size = _safe_name(upload.name), upload.size
    except AudioError:
        raise invalid("file", f"larger than {MAX_IMAGE_BYTES // 2**20} MiB", "too_large") from None
    await services.database.write(
        create_file,
        account_id,
        file_id,
        name=name,
        content_type=content_type,
        size=size,
        created_by_id=call.caller.user.id,
        is_image=True,
    )
    path = f"/api/upload/{account_id}/image/{file_id}.{IMAGES[content_type]}"
    return json_response({"url": services.settings.origin + path}, 201)


@ROUTES.add("GET", "/upload/{tenant:uuid}/image/{name}", access=Access.OPEN)
async def get_image(call: Call) -> Response:
    """The bytes of a public image."""
    services = call.services
    file_id, _, suffix = call.path_id("name").partition(".")
    found = None
    if is_uuid(file_id):
        tenant = call.path_id("tenant")
        found = await services.database.read(find_image, tenant, file_id.lower())
    if found is None or IMAGES.get(found.content_type) != suffix:
        raise not_found()
    info_of(call.request).account_id = found.account_id
    response = await file_response(call.request, services.store, found.object_key, found.content_type, "")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


ROUTES.add("HEAD", "/upload/{tenant:uuid}/image/{name}", access=Access.OPEN, documented=False)(get_image)


def _find(tx: ReadTx, account_id: str, file_id: str) -> File | Media | None:
    try:
        return get_file(tx, account_id, file_id)
    except NotFoundError:
        pass
    try:
        return get_media(tx, account_id, file_id)
    except NotFoundError:
        return None


def _own_file(tx: ReadTx, account_id: str, file_id: str) -> File:
    try:
        return get_file(tx, account_id, file_id)
    except NotFoundError:
        raise NotFoundError("Not found") from None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _safe_name(name: str) -> str:
    """The last part of a path, without what hides or breaks a name."""
    return _CONTROL.sub("", _PATHS.sub("", name)).strip() or "file"


def _view(file: File, origin: str) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "url": f"{origin}/api/storage/files/{file.id}",
        "content_type": file.content_type,
        "size": file.size,
    }

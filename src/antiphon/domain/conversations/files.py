"""Uploaded files: stored to be attached to what is sent (contracts/votel.md 0.7)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.audit import Target, record
from antiphon.domain.conversations.records import File
from antiphon.domain.conversations.tables import files
from antiphon.domain.pipeline import delete_object

MAX_NAME = 255

f = files.c
_ONE = select(
    f.id, f.account_id, f.created_by_id, f.object_key, f.name, f.content_type, f.size, f.created_at
).where(f.account_id == bindparam("account_id"), f.id == bindparam("id"), f.deleted_at.is_(None))
_DELETE = (
    files.update()
    .where(f.account_id == bindparam("p_account"), f.id == bindparam("p_id"))
    .values(deleted_at=bindparam("p_now"), object_key=None)
)


def file_key(account_id: str, file_id: str) -> str:
    return f"files/{account_id}/{file_id}"


def image_key(account_id: str, file_id: str) -> str:
    """Of an image that everybody may see."""
    return f"images/{account_id}/{file_id}"


def find_image(tx: ReadTx, account_id: str, file_id: str) -> File | None:
    """A file that was uploaded as a public image."""
    try:
        file = get_file(tx, account_id, file_id)
    except NotFoundError:
        return None
    return file if file.object_key == image_key(account_id, file_id) else None


def create_file(
    tx: WriteTx,
    account_id: str,
    file_id: str,
    *,
    name: str,
    content_type: str,
    size: int,
    created_by_id: str | None,
    is_image: bool = False,
) -> File:
    """The row of a stored object; `size` in bytes. An image is seen by everybody."""
    file = File(
        file_id,
        account_id,
        created_by_id,
        (image_key if is_image else file_key)(account_id, file_id),
        name[:MAX_NAME],
        content_type,
        size,
        tx.now,
    )
    tx.execute(
        files.insert(),
        {
            "id": file.id,
            "account_id": account_id,
            "created_by_id": created_by_id,
            "object_key": file.object_key,
            "name": file.name,
            "content_type": content_type,
            "size": size,
            "created_at": tx.now,
        },
    )
    record(tx, account_id, "file.created", Target("file", file.id, file.name))
    return file


def get_file(tx: ReadTx, account_id: str, file_id: str) -> File:
    """Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "id": file_id})
    if row is None:
        raise NotFoundError("File not found")
    return File(*row)


def delete_file(tx: WriteTx, account_id: str, file_id: str) -> None:
    """The bytes go, messages keep name and size. Raises NotFoundError."""
    file = get_file(tx, account_id, file_id)
    tx.execute(_DELETE, {"p_account": account_id, "p_id": file_id, "p_now": tx.now})
    delete_object(tx, file.object_key)
    record(tx, account_id, "file.deleted", Target("file", file_id, file.name))

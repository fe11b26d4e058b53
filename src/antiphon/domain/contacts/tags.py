"""Tags by name: one spelling in an account, any case (contracts/votel.md 3.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.tables import contact_tags, tags

MAX_NAME = 100
MAX_TAGS = 100
MAX_ACCOUNT_TAGS = 5000

_BY_KEYS = select(tags.c.id, tags.c.name, tags.c.name_key).where(
    tags.c.account_id == bindparam("account_id"),
    tags.c.name_key.in_(bindparam("keys", expanding=True)),
)
_INSERT = tags.insert()
_LINK = contact_tags.insert()
_UNLINK = contact_tags.delete().where(
    contact_tags.c.account_id == bindparam("p_account"),
    contact_tags.c.contact_id == bindparam("p_contact"),
    contact_tags.c.tag_id == bindparam("p_tag"),
)


@dataclass(frozen=True, slots=True)
class TagName:
    id: str
    name: str


def key_of(name: str) -> str:
    """What two spellings of one tag have in common."""
    return name.casefold()[: 2 * MAX_NAME]


def check_name(name: str, field: str = "name") -> str:
    """The name trimmed, single spaces. Raises ContactFieldError."""
    clean = " ".join(name.replace("\0", " ").split())
    # A lone comma would look like the one between two elements of a list.
    if not 1 <= len(clean) <= MAX_NAME or clean == ",":
        raise ContactFieldError(f"A tag has 1 to {MAX_NAME} characters", field=field)
    return clean


def find_tags(tx: ReadTx, account_id: str, names: Iterable[str]) -> dict[str, TagName]:
    """Those of the names that are tags, by key."""
    keys = list({key_of(name) for name in names})
    if not keys:
        return {}
    rows = tx.all(_BY_KEYS, {"account_id": account_id, "keys": keys})
    return {row.name_key: TagName(row.id, row.name) for row in rows}


def use_tags(tx: WriteTx, account_id: str, names: Collection[str], field: str = "tags") -> tuple[str, ...]:
    """The names as the account spells them, each once, in their order; new ones are made.

    The account's contacts must be locked. Raises ContactFieldError.
    """
    wanted = {key_of(name): name for name in (check_name(name, field) for name in reversed(list(names)))}
    if len(wanted) > MAX_TAGS:
        raise ContactFieldError(f"At most {MAX_TAGS} tags", field=field)
    known = find_tags(tx, account_id, wanted.values())
    if missing := [key for key in wanted if key not in known]:
        tx.execute(
            _INSERT,
            [
                {
                    "id": new_id(),
                    "account_id": account_id,
                    "name": wanted[key],
                    "name_key": key,
                    "color": None,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                }
                for key in missing
            ],
        )
    return tuple(known[key].name if key in known else wanted[key] for key in reversed(wanted))


def link_tags(
    tx: WriteTx,
    account_id: str,
    contact_id: str,
    contact_created_at: int,
    added: Sequence[TagName],
    removed: Sequence[TagName],
) -> None:
    """The rows that a list by tag is chosen on."""
    if removed:
        own = {"p_account": account_id, "p_contact": contact_id}
        tx.execute(_UNLINK, [{**own, "p_tag": tag.id} for tag in removed])
    if added:
        tx.execute(
            _LINK,
            [
                {
                    "contact_id": contact_id,
                    "tag_id": tag.id,
                    "account_id": account_id,
                    "contact_created_at": contact_created_at,
                }
                for tag in added
            ],
        )

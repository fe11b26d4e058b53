"""The fields of a lead by category, built-in and custom ones (contracts/votel.md 3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from antiphon.domain.contacts.records import Field, Lifecycle, Option

BUILT_IN: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Contact",
        (
            ("first_name", "First Name", "text"),
            ("last_name", "Last Name", "text"),
            ("name", "Name", "text"),
            ("email", "Email", "email"),
            ("phone", "Phone", "phone"),
            ("company", "Company", "text"),
            ("job_title", "Job Title", "text"),
            ("website", "Website", "text"),
            ("date_of_birth", "Date of Birth", "date"),
            ("language", "Language", "text"),
            ("timezone", "Time Zone", "text"),
        ),
    ),
    (
        "Address",
        (
            ("address", "Address", "text"),
            ("city", "City", "text"),
            ("state", "State", "text"),
            ("postal_code", "Postal Code", "text"),
            ("country", "Country", "text"),
        ),
    ),
    (
        "Sales",
        (
            ("lead_source", "Lead Source", "text"),
            ("lifecycle_stage", "Lifecycle Stage", "dropdown"),
            ("tags", "Tags", "text"),
            ("pipeline_id", "Pipeline", "dropdown"),
            ("pipeline_stage_id", "Pipeline Stage", "dropdown"),
            ("pipeline_stage", "Pipeline Stage Name", "text"),
            ("owner_id", "Owner", "dropdown"),
            ("score", "Score", "number"),
            ("deal_value", "Deal Value", "number"),
            ("deal_currency", "Deal Currency", "text"),
            ("dnd", "Do Not Disturb", "dropdown"),
        ),
    ),
)
"""Category, then name, label and type of each field."""

_HIDDEN = frozenset({"name", "pipeline_stage"})
_SHORT = ("mql", "sql")
_LIFECYCLE = tuple(
    Option(stage.upper() if stage in _SHORT else stage.title(), stage.value) for stage in Lifecycle
)


@dataclass(frozen=True, slots=True)
class ShownField:
    field_name: str
    label: str
    data_type: str
    visible: bool
    is_custom: bool
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    fields: list[ShownField]


def categories(fields: Iterable[Field]) -> list[Category]:
    """Built-in categories first; those with custom fields alone follow in the order of their fields."""
    stored = {field.field_name: field for field in fields}
    found = {name: Category(name, []) for name, _ in BUILT_IN}
    for name, group in BUILT_IN:
        for field_name, label, data_type in group:
            own = stored.get(field_name)
            visible = field_name not in _HIDDEN if own is None else own.show_in_fields
            options = _LIFECYCLE if field_name == "lifecycle_stage" else ()
            found[name].fields.append(ShownField(field_name, label, data_type, visible, False, options))
    for field in stored.values():
        if not field.is_builtin:
            category = found.setdefault(field.category, Category(field.category, []))
            category.fields.append(shown(field))
    return list(found.values())


def shown(field: Field) -> ShownField:
    return ShownField(
        field.field_name, field.name, field.data_type, field.show_in_fields, True, field.options
    )

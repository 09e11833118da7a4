"""Settings as dataclasses, of the plain values that a configuration's section holds."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def settings_from(kind: type[T], values: Mapping[str, Any], **others: Any) -> T:
    """Return settings of a kind from those of the values that it has fields for; `others` go before them."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # settings are dataclasses
    return kind(**{name: value for name, value in values.items() if name in known} | others)

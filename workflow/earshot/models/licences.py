"""What the licences of data say of weights that were trained on them."""

import re
from collections.abc import Sequence

from earshot.models.cards import DataSet

# What a licence forbids or asks for, by how its name says so.
_TERMS = {
    "non-commercial": re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE),
    "research only": re.compile(r"research|academic", re.IGNORECASE),
    "no derivatives": re.compile(r"\bND\b"),
    "share alike": re.compile(r"\bSA\b"),
}


def terms_of(licence: str | None) -> list[str]:
    """Return what a licence forbids or asks for, by its name; nothing of one that is not known."""
    return [] if licence is None else [words for words, pattern in _TERMS.items() if pattern.search(licence)]


def licence_of_weights(data: Sequence[DataSet] | None) -> str:
    """Say whose weights are that were trained on these data sets, and what may be done with them.

    `data` is None where nothing says what they were trained on, and empty where that was made up or one's own.
    """
    if data is None:
        return (
            "The weights are your own. What they were trained on is not known here: find out before you pass them on."
        )
    if not data:
        return (
            "The weights are your own. They were trained on no published data set: on what the workflow made up, or on "
            "recordings of yours, whose terms you know."
        )
    said = [f"The weights are your own, and were trained on data of others: {'; '.join(map(_called, data))}."]
    terms = [words for words in _TERMS if any(words in terms_of(one.licence) for one in data)]
    if terms:
        said.append(f"Take it that these terms hold for the weights too ({', '.join(terms)}).")
    if any(one.licence is None for one in data):
        said.append("Where a licence is not known, ask the publisher before you pass weights on.")
    return " ".join(said)


def in_short(data: Sequence[DataSet] | None) -> str:
    """Return the licences of data sets in a few words."""
    if data is None:
        return "data not known"
    return "; ".join(dict.fromkeys(one.licence or "licence not known" for one in data)) or "no data of others"


def _called(one: DataSet) -> str:
    return f"{one.title} ({', '.join([one.licence or 'licence not known', *terms_of(one.licence)])})"

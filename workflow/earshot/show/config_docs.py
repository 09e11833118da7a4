"""What a person reads about the configuration, made from its model: a schema for editors and tables of all keys.

`python -m earshot.show.config_docs config` (or `make config-docs`) writes both to the folder `config`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from earshot.config import Config
from earshot.config_section import Name
from earshot.files import replacing

Node = dict[str, Any]

HEAD = """\
# The configuration

`config/config.yaml` is the full study. Every other configuration says only what differs from it:

- in a file, `--configfile config/demo.yaml`; keys that the file does not name keep their values;
- on the command line, `--config seed=2 'localisation={{network: {{max_epochs: 50}}}}'`, which wins over files.

A key that is set nowhere has the default that the tables below show. An unknown key, a wrong type or an impossible
value stops the run before anything is computed, with a line that names the key and what is allowed.

| File | What it is |
|---|---|
| `config.yaml` | the full study: the people of ITA-HRTF, downloaded |
| `local.yaml` | the same on data that you already have: `--configfile config/local.yaml --config data_dir=FOLDER` |
| `demo.yaml` | the same on a few synthetic listeners, sounds, chords and rooms: for a laptop, without a download |
| `sources.yaml` | no configuration but the table of data sets: addresses, checksums, licences |

Results go to `results/<name>/`, so give a configuration of your own a name of its own.

An editor with a YAML language server completes and checks keys when a file of this folder begins with

    # yaml-language-server: $schema=config.schema.json

This page and the schema are made from `workflow/earshot/config*.py`: edit these, then run `make config-docs`.
A *name* matches `{name}`.
"""

NAME = TypeAdapter(Name).json_schema()
LIMITS = {"exclusiveMinimum": "> {}", "minimum": "≥ {}", "exclusiveMaximum": "< {}", "maximum": "≤ {}"}
WORDS = {"null": "`null`", "string": "text", "number": "number", "integer": "integer", "boolean": "true or false"}


def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration file. A file holds what differs, so it need not have a name."""
    whole = Config.model_json_schema()
    del whole["required"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | whole


def key_tables() -> str:
    """Return Markdown: a heading and a table of keys for each section."""
    whole = Config.model_json_schema()
    defaults = {name: node["default"] for name, node in whole["properties"].items() if "default" in node}
    return "\n".join(_section("", whole, defaults, whole["$defs"]))


def readme() -> str:
    """Return the page about the configuration."""
    return HEAD.format(name=NAME["pattern"]) + "\n" + key_tables()


def write(folder: Path) -> None:
    """Write `config.schema.json` and `README.md` to a folder."""
    texts = {"config.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", "README.md": readme()}
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _section(place: str, node: Node, defaults: Node, definitions: Mapping[str, Node]) -> Iterator[str]:
    """Go through the Markdown of a section, from its schema, and of the sections in it."""
    lines = [f"## {place or 'Top level'}", "", node["description"].removesuffix(".") + "."]
    if place and "required" in node and "<name>" not in place:
        lines[-1] += " They belong together: a file that changes one gives them all."
    lines += ["", "| Key | Allowed | Default | What it is |", "|---|---|---|---|"]
    inner: list[str] = []
    for name, part in node["properties"].items():
        key = f"{place}.{name}".removeprefix(".")
        if "$ref" in part:
            section = definitions[part["$ref"].rpartition("/")[2]]
            inner += _section(key, section | part, defaults[name], definitions)
        else:
            for at, section in _sections_in(part, definitions):
                own = {at: one["default"] for at, one in section["properties"].items() if "default" in one}
                inner += _section(key + at, section, own, definitions)
            default = f"`{_value(defaults[name])}`" if name in defaults else "none: it must be set"
            cells = (f"`{key}`", _allowed(part), default, part["description"])
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    yield "\n".join(lines) + "\n"
    yield from inner


def _sections_in(node: Node, definitions: Mapping[str, Node]) -> Iterator[tuple[str, Node]]:
    """Go through the sections that a key may have: itself, or under each name where names are a person's own."""
    for at, value in [("", node), *((".<name>", value) for value in node.get("patternProperties", {}).values())]:
        for choice in value.get("anyOf", [value]):
            if "$ref" in choice:
                yield at, definitions[choice["$ref"].rpartition("/")[2]]


def _allowed(node: Node) -> str:
    """Say what a key's schema allows."""
    match node:
        case {"anyOf": choices}:
            said = " or ".join(map(_allowed, choices))
        case {"enum": values}:
            said = ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            said = f"`{value}`"
        case {"type": "array", "items": items}:
            fewest = f", {node['minItems']} or more" if "minItems" in node else ""
            said = f"list{fewest} (each: {_allowed(items)})"
        case {"type": "array", "prefixItems": [first, *_]}:
            said = f"pair (each: {_allowed(first)})"
        case {"type": "object", "patternProperties": dict(values)}:
            (value,) = values.values()
            said = f"section (each name: {_allowed(value)})"
        case {"$ref": _}:
            said = "a section as below"
        case {"pattern": pattern} if pattern == NAME["pattern"]:
            said = "name"
        case _:
            said = node.get("format", WORDS[node["type"]])
    limits = ", ".join(limit.format(node[name]) for name, limit in LIMITS.items() if name in node)
    return f"{said} {limits}".rstrip()


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    write(Path(sys.argv[1]))

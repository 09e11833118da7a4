"""What a person reads about the configuration, made from its model: a schema for editors and tables of all keys.

`python -m earshot.show.config_docs config` (or `make config-docs`) writes both to the folder `config`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from earshot.config import Config, Name
from earshot.files import replacing

HEAD = """\
# The configuration

`config/config.yaml` is the full study. Every other configuration says only what differs from it, in two ways:

| | | |
|---|---|---|
| in a file | `--configfile config/demo.yaml` | keys that the file does not name keep their values |
| on the command line | `--config seed=2 'localisation={{network: {{max_epochs: 50}}}}'` | wins over files |

A key that is set nowhere has the default that the tables below show. An unknown key, a wrong type or an impossible
value stops the run before anything is computed, with a line that names the key and what is allowed.

| File | What it is |
|---|---|
| `config.yaml` | the full study, as published: the people of ITA-HRTF, downloaded |
| `local.yaml` | the same on data that you already have: `--configfile config/local.yaml --config data_dir=FOLDER` |
| `demo.yaml` | the same on a few synthetic listeners: minutes on a laptop, without a network |
| `sources.yaml` | no configuration but the table of data sets: addresses, checksums, licences |

Results go to `results/<name>/`, so give a configuration of your own a name of its own.

An editor with a YAML language server completes and checks keys when a file of this folder begins with

    # yaml-language-server: $schema=config.schema.json

This page and the schema are made from `workflow/earshot/config.py`: edit that, then run `make config-docs`.
A *name* matches `{name}`.
"""

NAME = TypeAdapter(Name).json_schema()
LIMITS = {"exclusiveMinimum": "> {}", "minimum": "≥ {}", "exclusiveMaximum": "< {}", "maximum": "≤ {}"}
WORDS = {"null": "null", "string": "text", "number": "number", "integer": "integer", "boolean": "true or false"}


def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration file.

    No key is required in it: a file holds what differs from the full study.
    """
    whole = Config.model_json_schema()
    for section in _objects(whole):
        section.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | whole


def key_tables() -> str:
    """Return Markdown: a heading and a table of keys for each section."""
    whole = Config.model_json_schema()
    defaults = Config(name="?").model_dump(mode="json", exclude={"name"})
    return "\n".join(_section(whole, whole, defaults, ""))


def readme() -> str:
    """Return the page about the configuration."""
    return HEAD.format(name=NAME["pattern"]) + "\n" + key_tables()


def write(folder: Path) -> None:
    """Write `config.schema.json` and `README.md`."""
    texts = {"config.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", "README.md": readme()}
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _objects(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Go through the schemas of all sections."""
    yield from (node for node in (whole, *whole["$defs"].values()) if "properties" in node)


def _section(
    whole: Mapping[str, Any], section: Mapping[str, Any], defaults: Mapping[str, Any], place: str
) -> Iterator[str]:
    """Go through the lines of a section's table, and of those of the sections in it."""
    inner = {name: whole["$defs"][node["$ref"].split("/")[-1]] for name, node in section["properties"].items() if "$ref" in node}
    yield f"## {place.rstrip('.') or 'At the top'}\n\n{section['description']}\n"
    ...


if __name__ == "__main__":
    write(Path(sys.argv[1]))

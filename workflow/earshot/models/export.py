"""Models as ONNX files, which answer without Python and without this project."""

import importlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earshot.errors import ConfigError, EarshotError
from earshot.files import replacing
from earshot.models.graphs import Graph, graph_of
from earshot.models.manifest import Model

_OPSET = 18
_LARGEST_ERROR = 1e-4  # of probabilities and of unit vectors
_TRACED_WITH, _TRIED_WITH = 2, (1, 5)  # sizes of batches
_ERRORS_ALONE = 3  # of what onnxruntime says


def export_onnx(model: Model, path: Path | str) -> None:
    """Write a model as one ONNX file, once it answers there as it does here.

    Networks of a classifier that answer together are one graph that gives their mean, as `earshot predict` does, so
    that its user has nothing to put together. Those of people are one graph too, with an output for each person.
    Metadata are the fields of the card, and `measures` in words: text as it is, all else as JSON.

    Raises ConfigError for a model that is not exported and where onnx, onnxscript or onnxruntime is not installed,
    DataError for a damaged file, and EarshotError where answers differ by more than 1e-4; then no file is written.
    """
    onnx, runtime, optimizer = map(_optional, ("onnx", "onnxruntime", "onnxscript.optimizer"))
    graph = graph_of(model)
    quiet = runtime.SessionOptions()
    quiet.log_severity_level = _ERRORS_ALONE
    with torch.no_grad():
        made = _without_traces(_exported(graph, optimizer), graph.batch)
        for key, value in _metadata(model, graph).items():
            made.metadata_props.add(key=key, value=value)
        with replacing(path) as temporary:
            onnx.save(made, temporary)
            onnx.checker.check_model(temporary)
            session = runtime.InferenceSession(temporary, quiet, providers=["CPUExecutionProvider"])
            error = max(_error(graph, session, batch) for batch in _TRIED_WITH)
            if not error <= _LARGEST_ERROR:  # nor is it where it is no number
                raise EarshotError(
                    f"{path}: what the graph answers is {error:.1e} from what {model.name} does, and "
                    f"{_LARGEST_ERROR:g} is the most, so it was not kept. Install the versions of onnx, onnxscript and "
                    "onnxruntime that envs/requirements-app.txt names."
                )


def _optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"{missing.name} is not installed, without which no model is exported. Install it "
            "(pip install -r envs/requirements-app.txt)."
        ) from missing


def _exported(graph: Graph, optimizer: Any) -> Any:
    """Return the ONNX model of a graph, in which constants are folded.

    It gets no other optimisation: rules of onnxscript take a sum with 1e-8 for one with nothing, and the floors of
    levels are such sums.
    """
    given = graph.draw(_TRACED_WITH, torch.Generator().manual_seed(0))
    axes = ({0: torch.export.Dim(graph.batch)}, *[None] * (len(given) - 1))
    with _quietly():
        # Strictly: else `len` of a batch is the number that it happens to be here.
        traced = torch.export.export(graph.module.eval(), given, dynamic_shapes=axes, strict=True)
        program = torch.onnx.export(
            traced,
            dynamo=True,
            input_names=graph.inputs,
            output_names=graph.outputs,
            opset_version=_OPSET,
            optimize=False,
        )
        assert program is not None
        for improve in (optimizer.inline, optimizer.fold_constants, optimizer.remove_unused_nodes):
            improve(program.model)
    return program.model_proto


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep back what exporters say of their own affairs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _without_traces(made: Any, batch: str) -> Any:
    """Return an ONNX model in which the batch is called so, and nothing says on whose machine it was made."""
    made.graph.ClearField("value_info")
    for part in (*made.graph.node, *made.graph.input, *made.graph.output):
        part.ClearField("metadata_props")
    called = made.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for value in (*made.graph.input, *made.graph.output):
        for axis in value.type.tensor_type.shape.dim:
            if axis.dim_param == called:
                axis.dim_param = batch
    return made


def _metadata(model: Model, graph: Graph) -> dict[str, str]:
    """Return the card of a model, and what else is to be known of its graph, as text."""
    found = asdict(model.card) | {"measures": [f"{one.what}: {one.words}" for one in model.card.measures]}
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in (found | dict(graph.about)).items()
    }


def _error(graph: Graph, session: Any, batch: int) -> float:
    """Return by how much answers to random inputs differ at most; infinity where they differ in shape."""
    given = graph.draw(batch, torch.Generator().manual_seed(batch))
    there = session.run(graph.outputs, dict(zip(graph.inputs, (one.numpy() for one in given), strict=True)))
    return max(
        float(np.abs(one.numpy() - other).max()) if one.shape == other.shape else np.inf
        for one, other in zip(graph.module(*given), there, strict=True)
    )

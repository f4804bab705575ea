"""Records are frozen and strict, and what the kernel writes is bounded everywhere."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.schema.evidence import Evidence, Network, Parameter, Phase, Place, TrainingRun
from grader.schema.generate import FOLDER, MODELS, text_of
from grader.schema.graph import Graph, Node, functional
from grader.schema.profile import Profile
from grader.schema.result import ClassResult, Finding, Result
from tests.unit.judging.networks import TABLE, a_phase, a_run, seen
from tests.unit.judging.networks import Small as SmallNet
from tests.unit.reporting.sample import QUICK

FINDING = Finding(title="t", holds=None, observed="o")
EVIDENCE = Evidence(networks=(seen(SmallNet()),), phases=(a_phase(),), runs=(a_run(),)).model_dump()
A_USE = EVIDENCE["runs"][0]["optimizers"][0]


def a_result(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "student": "Zoë",
        "slug": "zoe",
        "assignment": "lab",
        "assignment_title": "A lab",
        "profile": QUICK,
        "data": "2,000 images",
        "score": 1.5,
        "max_score": 20,
        "pending_points": 6,
        "score_range": (1.5, 3),
        "tasks": (),
        "seed": 1,
    }
    return Result(**(fields | changes))


def changed(part: str, **changes: Any) -> dict[str, Any]:
    """The evidence with the first entry of one part changed."""
    return EVIDENCE | {part: [EVIDENCE[part][0] | changes]}


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FINDING.title = "other"


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        Finding(title="t", holds=None, observed="o", score=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_are_finite(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Profile.model_validate(QUICK.model_dump() | {"cell_seconds": value})


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_json_schema_is_that_of_the_models(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(MODELS[name])


def test_results_are_valid_against_the_shipped_schema() -> None:
    schema = json.loads((FOLDER / "result.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    result = a_result()
    jsonschema.validate(json.loads(result.model_dump_json()), schema)
    assert Result.model_validate_json(result.model_dump_json()) == result
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"student": "Zoë"}, schema)


def test_the_class_is_valid_against_the_shipped_schema() -> None:
    graded = ClassResult(
        assignment="lab", assignment_title="A lab", profile=QUICK, data="", results=(a_result(),)
    )
    schema = json.loads((FOLDER / "results.schema.json").read_text())
    jsonschema.validate(json.loads(graded.model_dump_json()), schema)


@given(st.floats(max_value=-1e-9))
def test_no_score_is_negative(score: float) -> None:
    with pytest.raises(ValidationError):
        a_result(score=score)


def test_evidence_comes_back_as_it_was_written() -> None:
    evidence = Evidence.model_validate(EVIDENCE)
    assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("networks", {"id": "../net0"}),
        ("networks", {"id": "net0\n"}),
        ("networks", {"class_name": "x" * 301}),
        ("networks", {"input_shape": [1] * 9}),
        ("networks", {"input_shape": [-1]}),
        ("networks", {"export_error": "x" * 2001}),
        ("networks", {"parameters": [{"name": "w", "shape": [1], "trainable": True}] * 5001}),
        ("phases", {"kind": "other"}),
        ("phases", {"samples": 10**10}),
        ("phases", {"sample": "../../phase0"}),
        ("phases", {"confusion": [[0] * 21]}),
        ("phases", {"confusion": [[-1]]}),
        ("phases", {"place": {"cell": -1}}),
        ("phases", {"place": {"cell": 10**6}}),
        ("runs", {"steps": -1}),
        ("runs", {"losses": [[0, float("nan")]]}),
        ("runs", {"losses": [[0, 1.0]] * 20_001}),
        ("runs", {"losses_used": [{}]}),
        ("runs", {"optimizers": [A_USE | {"settings": {"lr": "x" * 301}}]}),
        ("runs", {"optimizers": [A_USE | {"settings": {"x" * 301: 1.0}}]}),
        ("runs", {"optimizers": [A_USE | {"settings": {"lr": float("inf")}}]}),
        ("runs", {"grade": 20}),
    ],
)
def test_evidence_out_of_bounds_is_refused(part: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Evidence.model_validate(changed(part, **changes))


@pytest.mark.parametrize(
    ("part", "most"),
    [("networks", 200), ("phases", 20_000), ("runs", 200), ("remarks", 200), ("probe_errors", 50)],
)
def test_lists_of_evidence_are_bounded(part: str, most: int) -> None:
    entries = EVIDENCE[part] or ["a sentence"]
    with pytest.raises(ValidationError, match="at most"):
        Evidence.model_validate({part: [entries[0]] * (most + 1)})


def test_every_text_and_number_of_evidence_is_bounded() -> None:
    """No field of the kernel's records is a bare str, int or list."""
    for model in (Evidence, Network, Parameter, Phase, Place, TrainingRun):
        for name, field in model.model_json_schema()["properties"].items():
            kinds = [field, *field.get("anyOf", [])]
            text = [k for k in kinds if k.get("type") == "string" and "enum" not in k]
            assert all("maxLength" in k or "pattern" in k for k in text), (model, name)
            assert all("maximum" in k for k in kinds if k.get("type") == "integer"), (model, name)
            assert all("maxItems" in k for k in kinds if k.get("type") == "array"), (model, name)


@pytest.mark.parametrize(
    "argument",
    [
        [[[[[[[[1]]]]]]]],
        {"n": 1},
        {"n": "a", "f": "1"},
        {"x": "a"},
        {},
        {"f": "1" * 301},
        "x" * 301,
        2**63,
        float("nan"),
        {"n": ["a"]},
    ],
)
def test_arguments_that_the_probe_never_writes_are_refused(argument: Any) -> None:
    with pytest.raises(ValidationError):
        Node(name="a", op="aten.relu.default", args=[argument])
    with pytest.raises(ValidationError):
        Node(name="a", op="aten.relu.default", kwargs={"other": argument})


def test_deep_arguments_are_refused_without_recursion() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValidationError, match="too deeply"):
        Node(name="a", op="aten.relu.default", args=deep)


def test_a_graph_comes_back_as_it_was_written() -> None:
    assert Graph.model_validate_json(TABLE.model_dump_json()) == TABLE
    assert TABLE.input_shape == (2, 3, 8, 8)
    assert TABLE.scores == "linear_1"


def test_a_graph_is_bounded_and_its_names_are_unique() -> None:
    node = {"name": "a", "op": "aten.relu.default"}
    with pytest.raises(ValidationError, match="same name"):
        Graph.model_validate({"nodes": [node, node]})
    with pytest.raises(ValidationError, match="at most"):
        Graph.model_validate({"nodes": [node] * 20_001})


def test_whoever_uses_a_changed_value_uses_the_result() -> None:
    calls = [("a", "aten.relu_.default", "x"), ("b", "aten.mul_.Tensor", "a"), ("c", "aten.neg.default", "x")]
    calls += [("d", "aten.neg.default", "a")]
    nodes = [Node(name=name, op=op, args=[{"n": of}]) for name, op, of in calls]
    used = [node.args[0]["n"] for node in functional(Graph(nodes=tuple(nodes))).nodes]
    assert used == ["x", "a", "b", "b"]

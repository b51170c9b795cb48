"""docs/compatibility.md names every operation and parameter of the published model, and the server knows them.

The model is what the AWS SDK for JavaScript v3 serialises by (tests/js/model.mjs), so a new version of the SDK with
new operations or parameters makes these tests fail until the tables, and the server, have them.

A row of the tables of operations reads

    | Operation | State | Parameters | Not yet | Differences |

where State is "yes" or "not yet", and the two columns after it hold the names of all the operation's parameters,
each in exactly one of them.
"""
import functools
import json
import os
import re
import subprocess

import pytest

import test_later
from calls import SERIALIZATION

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
HEADER = ["Operation", "State", "Parameters", "Not yet", "Differences"]


@functools.cache
def model():
    run = subprocess.run([f"{ROOT}/scripts/node/node", f"{ROOT}/tests/js/model.mjs"],
                         capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@functools.cache
def rows():
    """The rows of all tables of operations: (operation, state, parameters, not yet)."""
    found, inside = [], False
    with open(f"{ROOT}/docs/compatibility.md", encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
            if cells == HEADER:
                inside = True
            elif cells is None:
                inside = False
            elif inside and not set(cells[0]) <= set("-"):
                assert len(cells) == len(HEADER), f"columns of {line}"
                found.append((cells[0], cells[1], names(cells[2]), names(cells[3])))
    return found


def names(cell):
    return re.findall(r"`(\w+)`", cell)


def test_every_operation_has_one_row():
    assert sorted(row[0] for row in rows()) == sorted(model())


@pytest.mark.parametrize("operation", sorted(model()))
def test_every_parameter_is_named_once(operation):
    _, state, built, later = next(row for row in rows() if row[0] == operation)
    assert state in ("yes", "not yet")
    assert sorted(built + later) == sorted(model()[operation]["members"])
    if state == "not yet":
        assert not built


@pytest.mark.parametrize("operation", sorted(model()))
def test_the_server_knows_the_operation(tropic, operation):
    """An operation that is not built says so by name, and one that is built does not."""
    _, state, _, _ = next(row for row in rows() if row[0] == operation)
    _, answer = tropic.call(operation, {})
    answer = answer or {}
    text = answer.get("message", answer.get("Message", ""))
    assert "UnknownOperation" not in answer.get("__type", "")
    assert (text == f"Tropic does not support {operation} yet") == (state == "not yet")


def wrong_values(shape):
    """JSON of the wrong type at every place of a shape: (path, value)."""
    kind = shape["kind"]
    if kind in ("structure", "list", "map"):
        yield "", "wrong"
    elif kind != "attribute value": # a scalar in its place has a message of its own: test_wire.py
        yield "", {}
    if kind == "structure":
        for name, member in shape["members"].items():
            for path, value in wrong_values(member):
                yield f".{name}{path}", {name: value}
    elif kind == "list":
        for path, value in wrong_values(shape["element"]):
            yield f"[0]{path}", [value]
    elif kind == "map":
        for path, value in wrong_values(shape["element"]):
            yield f".key{path}", {"key": value}


@pytest.mark.parametrize("operation", sorted(row[0] for row in rows() if row[1] == "yes"))
def test_the_server_reads_every_parameter(tropic, operation):
    """Whatever the server does not declare it would accept and ignore: so a value of the wrong type must be noticed
    at every place of a parameter that is built, and at the top of one that is not."""
    _, _, built, later = next(row for row in rows() if row[0] == operation)
    ignored = []
    for name, shape in model()[operation]["members"].items():
        for path, value in wrong_values(shape):
            if name in later and path:
                continue
            _, answer = tropic.call(operation, {name: value})
            if (answer or {}).get("__type") != SERIALIZATION:
                ignored.append(f"{name}{path}")
    assert not ignored


def test_every_parameter_not_built_is_refused_by_a_test():
    tested = {(operation, name) for operation, _, later in test_later.PARAMETERS for name in later}
    listed = {(operation, name) for operation, state, _, later in rows() if state == "yes" for name in later}
    assert listed - tested == set()

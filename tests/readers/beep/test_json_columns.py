"""Large JSON by pieces: the same values as ``json.loads``, whatever the block borders."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltlake.errors import CorruptFile
from voltlake.readers.column_spool import MAX_WORDS, ColumnSpool
from voltlake.readers.json_columns import JsonCursor, TooLarge, _scan, _string_end, parse_elements

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def cursor(text: str | bytes, block_bytes: int = 1 << 20) -> JsonCursor:
    data = text.encode() if isinstance(text, str) else text
    return JsonCursor(io.BytesIO(data), "made.json", block_bytes=block_bytes)


def walk(at: JsonCursor) -> object:
    """Rebuild a document with the pull methods alone."""
    if at.peek() == "{":
        return {key: walk(at) for key in at.members()}
    if at.peek() == "[":
        return [value for piece in at.elements() for value in at.parse(b"[" + piece + b"]")]
    return at.value()


@given(DOCUMENTS, st.integers(1, 40), st.sampled_from([None, 2]))
def test_any_document_is_walked_to_what_json_loads_gives(document, block_bytes, indent):
    text = json.dumps(document, indent=indent)
    at = cursor(text, block_bytes)
    assert repr(walk(at)) == repr(json.loads(text))
    assert at.at_end()


@given(DOCUMENTS, st.integers(1, 40))
def test_skipping_a_value_leads_to_the_next_one(document, block_bytes):
    at = cursor(f'{{"skipped": {json.dumps(document)}, "kept": 7}}', block_bytes)
    found = {}
    for key in at.members():
        found[key] = at.skip() if key == "skipped" else at.value()
    assert found == {"skipped": None, "kept": 7}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.none() | st.floats() | st.integers(-(2**60), 2**60), min_size=1))
def test_numbers_equal_pythons_float_of_the_token(values):
    """Long enough for the fast parser, with and without blanks after the commas."""
    repeated = values * (70_000 // len(json.dumps(values)) + 1)
    for separators in ((", ", ": "), (",", ":")):
        text = json.dumps(repeated, separators=separators).encode()[1:-1]
        read = parse_elements(cursor("0"), text)
        expected = [math.nan if value is None else float(value) for value in repeated]
        assert np.array_equal(read, expected, equal_nan=True)


@given(DOCUMENTS, st.integers(0, 30))
def test_the_compiled_scan_is_the_python_one(document, cut):
    letters = np.frombuffer(json.dumps([document]).encode(), dtype=np.uint8)[cut:]
    for kernel, state in ((_scan, (0, 1, False, False)), (_scan, (0, 1, True, False))):
        assert kernel(letters, *state) == kernel.py_func(letters, *state)
    assert _string_end(letters, 0, False) == _string_end.py_func(letters, 0, False)


@pytest.mark.parametrize("piece", ["1 2", "1,,2", "1,", ",1", "a", "1;2", '"open', "[1"])
@pytest.mark.parametrize("before", ["", "0.125, " * 20_000])
def test_what_is_no_json_is_never_read_as_a_number(piece, before):
    with pytest.raises(CorruptFile, match="no JSON"):
        parse_elements(cursor("0"), (before + piece).encode())


def test_huge_integers_and_words_come_back_as_they_are():
    assert parse_elements(cursor("0"), b"1, " + b"9" * 400) == [1, int("9" * 400)]
    assert parse_elements(cursor("0"), b'"a, b", null, true') == ["a, b", None, True]


def test_a_byte_order_mark_is_passed_over():
    assert cursor(b"\xef\xbb\xbf {}").peek() == "{"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1, 2', "byte 9: the file ends inside an array"),
        ('{"a": "open', "the file ends inside a value"),
        ('{"a": {"b": 1', "'}' was expected|',' was expected"),
        ("{1: 2}", "a key was expected"),
        ('{"a" 1}', "':' was expected, not 1"),
        ('{"a": 1 "b": 2}', "',' was expected"),
        ('{"a": }', "a value was expected"),
        ('{"a": nope}', "no JSON"),
        ('{"a": 1', "',' was expected, not the end of the file"),
    ],
)
def test_damage_is_named_with_its_byte(text, message):
    with pytest.raises(CorruptFile, match=message):
        walk(cursor(text))


def test_absurd_nesting_is_refused_and_not_a_crash():
    with pytest.raises(CorruptFile, match="no JSON"):
        cursor("[" * 100_000 + "]" * 100_000).value()


def test_a_value_beyond_the_limit_is_passed_over():
    at = cursor('{"long": "0123456789", "next": 1}', block_bytes=4)
    values = {key: at.value(limit_bytes=8) for key in at.members()}
    assert values == {"long": TooLarge, "next": 1}


def test_a_spool_gives_columns_back_in_any_order_of_rows():
    spool = ColumnSpool()
    spool.append("number", np.array([1.0, math.nan]))
    spool.append("number", [2, None, math.inf, True])
    spool.append("word", ["b", None, "a", "b"])
    spool.pad("word", 6)
    assert spool.names == ["number", "word"]
    assert spool.rows == 6
    assert spool.rows_of("word") == 6
    assert spool.rows_of("unknown") == 0
    assert (spool.infinite("number"), spool.odd("number")) == (1, 1)
    assert spool.series("number").to_list() == [1, None, 2, None, None, None]
    assert spool.series("word", 2, 2).to_list() == ["a", "b"]
    spool.finish()
    turned = spool.reordered(np.array([2, 0]))
    assert turned.series("number").to_list() == [2, 1]
    assert turned.series("word").to_list() == ["a", "b"]


def test_the_scratch_files_go_with_the_last_reference():
    spool = ColumnSpool()
    spool.append("number", [1.0])
    spool.finish()
    folder = spool._folder
    assert list(folder.iterdir())
    del spool
    assert not folder.exists()


def test_words_among_numbers_and_numbers_among_words_are_counted():
    spool = ColumnSpool()
    spool.append("number", [1.5, "word", math.nan])
    spool.append("word", ["a", 1, math.nan, 10**400])
    spool.append("word", np.array([1.0, math.nan]))
    spool.append("huge", [10**400, 1])
    spool.finish()
    assert [spool.odd(name) for name in spool.names] == [1, 3, 1]
    assert spool.series("number").to_list() == [1.5, None, None]
    assert spool.series("word").to_list() == ["a", None, None, None, None, None]


def test_prose_is_not_kept_as_labels():
    spool = ColumnSpool()
    spool.append("prose", [str(number) for number in range(MAX_WORDS + 2)])
    spool.finish()
    assert spool.odd("prose") == 2


def test_pretty_printed_numbers_are_read_by_the_careful_way():
    text = json.dumps([0.5] * 20_000, indent=2).encode()[1:-1]
    assert parse_elements(cursor("0"), text).tolist() == [0.5] * 20_000


def test_an_empty_spool_has_no_rows():
    assert ColumnSpool().rows == 0

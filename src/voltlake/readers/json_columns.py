"""Reads large JSON documents piece by piece: objects by their keys, arrays as columns.

``json.load`` needs five to ten times the file's size in memory, and strict parsers refuse
the bare ``NaN`` that Python writes. Here a compiled scan finds the borders of values, and
only the piece at hand is parsed: arrays of numbers by a CSV parser (correctly rounded, so
that each value equals Python's ``float`` of the token), everything else by ``json.loads``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from voltlake.errors import CorruptFile
from voltlake.readers.column_spool import Values

__all__ = ["JsonCursor", "TooLarge", "parse_elements"]

BLOCK_BYTES = 1 << 20
SMALL_BYTES = 64 << 20
_SHORT_BYTES = 1 << 16
_SPACE = re.compile(rb"[ \t\r\n]*")
_LITERAL = re.compile(rb"[^\s,\]}]*")
_NUMBER_LETTERS = b"0123456789+-.eENaNnulIifty\n"
_QUOTE, _BACKSLASH, _COMMA = ord('"'), ord("\\"), ord(",")
_OPEN, _CLOSE = (ord("["), ord("{")), (ord("]"), ord("}"))


class TooLarge:
    """Stands for a value that was passed over because it is larger than was allowed."""


@njit(nogil=True, cache=True)
def _string_end(text: NDArray[np.uint8], start: int, escaped: bool) -> tuple[int, bool, bool]:
    """Walk through a string: position after it, whether it goes on, whether escaped."""
    for at in range(start, text.size):
        if escaped:
            escaped = False
        elif text[at] == _BACKSLASH:
            escaped = True
        elif text[at] == _QUOTE:
            return at + 1, False, False
    return text.size, True, escaped


@njit(nogil=True, cache=True)
def _scan(
    text: NDArray[np.uint8], start: int, depth: int, in_string: bool, escaped: bool
) -> tuple[int, int, bool, bool, int]:
    """Walk until ``depth`` is 0: position after it, the state, and the last comma at depth 1."""
    comma, at = -1, start
    if in_string:
        at, in_string, escaped = _string_end(text, at, escaped)
    while at < text.size and (depth > 0 or at == start):
        letter = text[at]
        at += 1
        if letter == _QUOTE:
            at, in_string, escaped = _string_end(text, at, False)
        elif letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
        elif letter == _COMMA and depth == 1:
            comma = at - 1
    return at, depth, in_string, escaped, comma


class JsonCursor:
    """Walks through one JSON document from left to right.

    At a value, exactly one of :meth:`value`, :meth:`skip`, :meth:`members` (an object) or
    :meth:`elements` (an array) must be called, and the iterators must be exhausted.

    Parameters
    ----------
    stream, name
        The bytes, and the file's name for error messages.
    block_bytes
        How much is read at a time.
    """

    def __init__(self, stream: BinaryIO, name: str, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._name = name
        self._block_bytes = block_bytes
        self._text = b""
        self._at = 0
        self._before = 0
        self._more()
        if self._text.startswith(b"\xef\xbb\xbf"):
            self._at = 3

    def corrupt(self, message: str) -> CorruptFile:
        """Return the error that names the place of the cursor."""
        return CorruptFile(f"byte {self._before + self._at}: {message}", file=self._name)

    def peek(self) -> str:
        """Return the next letter that is not white space; empty at the end of the file."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return chr(self._text[self._at])
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Iterate over the keys of an object; the cursor stands at the value of each."""
        self._take("{")
        if self.peek() == "}":
            self._take("}")
            return
        while True:
            if self.peek() != '"':
                raise self.corrupt("a key was expected")
            key = self.value()
            self._take(":")
            yield str(key)
            if self.peek() == "}":
                self._take("}")
                return
            self._take(",")

    def elements(self) -> Iterator[bytes]:
        """Iterate over an array in pieces of whole elements, without brackets and end commas."""
        self._take("[")
        scan_from, depth, in_string, escaped, pieces = self._at, 1, False, False, 0
        while True:
            letters = np.frombuffer(self._text, dtype=np.uint8)
            end, depth, in_string, escaped, comma = _scan(
                letters, scan_from, depth, in_string, escaped
            )
            if depth == 0:
                piece, self._at = self._text[self._at : end - 1], end
                if piece.strip() or pieces:
                    yield piece
                return
            if comma >= 0:
                piece, self._at = self._text[self._at : comma], comma + 1
                pieces += 1
                yield piece
            scan_from = end - self._at
            if not self._more():
                raise self.corrupt("the file ends inside an array")

    def value(self, limit_bytes: int = SMALL_BYTES) -> object:
        """Return a whole value, or the class ``TooLarge`` where it exceeds the limit."""
        if self.peek() in ("", "]", "}", ",", ":"):
            raise self.corrupt("a value was expected")
        compound = self.peek() in '{["'
        raw = self._raw_container(limit_bytes) if compound else self._raw_literal()
        return TooLarge if raw is None else self.parse(raw)

    def skip(self) -> None:
        """Pass over a value without looking into it."""
        self.value(0) if self.peek() in '{["' else self.value()

    def parse(self, raw: bytes) -> object:
        """Parse a piece of JSON, ``NaN`` and ``Infinity`` allowed."""
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as reason:
            raise self.corrupt(f"this is no JSON: {reason}") from reason

    def at_end(self) -> bool:
        """Say whether nothing but white space follows."""
        return self.peek() == ""

    def _take(self, letter: str) -> None:
        if self.peek() != letter:
            found = self.peek() or "the end of the file"
            raise self.corrupt(f"'{letter}' was expected, not {found}")
        self._at += 1

    def _more(self) -> bool:
        block = self._stream.read(self._block_bytes)
        self._text = self._text[self._at :] + block
        self._before += self._at
        self._at = 0
        return bool(block)

    def _raw_container(self, limit_bytes: int) -> bytes | None:
        """Take an object, array or string; ``None`` where it is longer than the limit."""
        kept, size = bytearray(), 0
        scan_from, depth, in_string, escaped = self._at, 0, False, False
        while True:
            letters = np.frombuffer(self._text, dtype=np.uint8)
            end, depth, in_string, escaped, _ = _scan(letters, scan_from, depth, in_string, escaped)
            size += end - self._at
            if size <= limit_bytes:
                kept += self._text[self._at : end]
            self._at = end
            if depth == 0 and not in_string:
                return bytes(kept) if size <= limit_bytes else None
            if not self._more():
                raise self.corrupt("the file ends inside a value")
            scan_from = 0

    def _raw_literal(self) -> bytes:
        while True:
            match = _LITERAL.match(self._text, self._at)
            end = match.end() if match else self._at
            if end < len(self._text) or not self._more():
                raw, self._at = self._text[self._at : end], end
                return raw


def parse_elements(cursor: JsonCursor, piece: bytes) -> Values:
    """Parse some elements of an array.

    Numbers come as float64 with NaN for null; anything else as a list of Python values.
    Raises ``CorruptFile`` where the piece is no JSON.
    """
    # Below some thousand numbers the CSV parser costs more to start than it saves.
    numbers = _numbers(piece) if len(piece) > _SHORT_BYTES else None
    if numbers is not None:
        return numbers
    values = cursor.parse(b"[" + piece + b"]")
    return _as_numbers(values) if isinstance(values, list) else []


def _as_numbers(values: list[object]) -> Values:
    """Return numbers and nulls as float64; a list with anything else as it is."""
    if not set(map(type, values)) <= {float, int, type(None)}:
        return values
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return values


def _numbers(piece: bytes) -> NDArray[np.float64] | None:
    """Parse plain numbers fast; ``None`` where ``json.loads`` must have a look."""
    piece = piece.strip()
    if b"\n" in piece:
        return None
    lines = piece.replace(b", ", b"\n").replace(b",", b"\n")
    strange = lines.translate(None, _NUMBER_LETTERS)
    blank = not lines or b"\n\n" in lines or lines[:1] == b"\n" or lines[-1:] == b"\n"
    if strange or blank:
        return None
    try:
        table = pl.read_csv(
            lines,
            has_header=False,
            schema={"value": pl.Float64()},
            null_values=["null", "NaN"],
            quote_char=None,
        )
    except pl.exceptions.ComputeError:
        return None
    values = table["value"].fill_null(float("nan")).to_numpy(writable=True)
    return values if values.size == lines.count(b"\n") + 1 else None

"""Which reader takes a file: by content, with a reason, and never by chance."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import polars as pl
import pytest

from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import AmbiguousFormat, EmptyFile, InvalidRequest, UnknownFormat
from voltlake.readers import registry
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.registry import Readers, installed_readers


def reader(name: str, confidence: int | None, because: str = "its head") -> Reader:
    def claim(_: Source) -> Claim | None:
        return None if confidence is None else Claim(confidence, because)

    def read(_: Source, options: ReadOptions) -> RawTest:
        frame = pl.DataFrame({"voltage_volt": [float(options.batch_rows)]})
        return RawTest(TestMetadata(test_name=name), TableStream.of(frame))

    return Reader(name, "1", name.title(), "nobody", (".csv",), claim, read)


def source(content: bytes = b"some text", path: Path = Path("x.csv")) -> Source:
    return Source(path, path.name, content[:65_536], len(content), path.parent)


def test_the_strongest_claim_wins_whatever_the_order() -> None:
    some = (reader("weak", 50), reader("none", None), reader("strong", 80))
    for readers in (some, some[::-1]):
        identified = Readers(readers).identify(source())
        assert (identified.reader.name, identified.claim.confidence) == ("strong", 80)
    assert [each.reader.name for each in Readers(some).claims(source())] == ["strong", "weak"]


def test_a_tie_is_an_error_that_lists_the_candidates() -> None:
    readers = Readers((reader("b", 80, "B"), reader("a", 80, "A"), reader("c", 50)))
    with pytest.raises(
        AmbiguousFormat, match=r"x\.csv: equally claimed by a \(A\), b \(B\)"
    ) as tie:
        readers.identify(source())
    assert tie.value.remedy == "Name the reader with --reader"
    assert "c (" not in tie.value.message


def test_nobody_claims() -> None:
    with pytest.raises(UnknownFormat, match="none of 1 readers recognises"):
        Readers((reader("a", None),)).identify(source())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b" \t\r\n", "only blank bytes"),
        (bytes(70_000), "only blank bytes"),
        (b"\xef\xbb\xbf\r\n", "only blank bytes"),
        (b"\xff\xfe\x00\x00", "only blank bytes"),
    ],
)
def test_empty_files_are_told_from_unknown_ones(content: bytes, words: str) -> None:
    for named in (None, "a"):
        with pytest.raises(EmptyFile, match=words):
            Readers((reader("a", 80),)).identify(source(content), reader=named)


def test_a_named_reader_skips_the_contest() -> None:
    readers = Readers((reader("a", 80), reader("b", None)))
    identified = readers.identify(source(), reader="b")
    assert (identified.reader.name, identified.claim.because) == ("b", "named by the user")
    with pytest.raises(InvalidRequest, match=r"no reader is called 'c'\. Use one of a, b"):
        readers.identify(source(), reader="c")


def test_read_hands_the_options_on() -> None:
    readers = Readers((reader("a", 80),))
    identified, raw = readers.read(source(), ReadOptions(batch_rows=7))
    assert (identified.reader.name, raw.metadata.test_name) == ("a", "a")
    assert raw.samples is not None
    assert raw.samples.collect()["voltage_volt"].to_list() == [7.0]
    _, by_default = readers.read(source(), reader="a")
    assert by_default.samples is not None
    assert by_default.samples.collect()["voltage_volt"].to_list() == [131_072.0]


def test_within_lists_files_in_order_without_noise(tmp_path: Path) -> None:
    for name in ("b/2.csv", "a.csv", "b/1.csv", ".hidden", ".git/x", "~$a.xlsx", ".~lock.a.csv#"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    names = [path.relative_to(tmp_path).as_posix() for path in Readers(()).within(tmp_path)]
    assert names == ["a.csv", "b/1.csv", "b/2.csv"]


def test_a_folder_below_a_hidden_one_is_searched_when_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "lab"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("x")
    assert Readers(()).within(folder) == [folder / "a.csv"]


def test_a_broken_plugin_is_set_aside_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("z_missing", "no_such_module_at_all:READER", registry.ENTRY_POINT_GROUP),
        EntryPoint("a_nameless", "voltlake.readers.contract:NOTHING", registry.ENTRY_POINT_GROUP),
        EntryPoint(
            "arbin", "voltlake.readers.formats.arbin_csv:READER", registry.ENTRY_POINT_GROUP
        ),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    loaded = installed_readers.__wrapped__()
    assert [each.name for each in loaded.readers] == ["arbin_csv"]
    assert [each.name for each in loaded.broken] == ["a_nameless", "z_missing"]
    assert "no_such_module_at_all" in loaded.broken[1].reason


def test_a_plugin_whose_import_fails_in_any_way_is_set_aside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A third party's mistake must not take our own readers away."""
    (tmp_path / "mistaken_reader.py").write_text("READER = 1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    points = [EntryPoint("mistaken", "mistaken_reader:READER", registry.ENTRY_POINT_GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    loaded = installed_readers.__wrapped__()
    assert [(each.name, each.reason) for each in loaded.broken] == [
        ("mistaken", "ZeroDivisionError: division by zero")
    ]


def test_a_plugin_that_is_no_reader_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("odd", "json:dumps", registry.ENTRY_POINT_GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    loaded = installed_readers.__wrapped__()
    assert loaded.readers == ()
    assert loaded.broken[0].reason == "it is a function, not a Reader"


def test_all_our_readers_come_in_by_the_door() -> None:
    loaded = installed_readers()
    assert loaded.broken == ()
    assert {each.name for each in loaded.readers} >= {
        "arbin_csv", "bdf_csv", "bdf_parquet", "beep_json", "chroma_pair", "maccor_text",
        "neware_nda", "neware_ndax",
    }  # fmt: skip
    assert installed_readers() is loaded

"""Bad input: a slug with place and remedy, a line in the ledger, and no harm to the others."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.made_files import arbin_file, nda_content, ndax_content
from voltlake.errors import ALL_ERRORS, FileVanished, NotAFile, SourceChanged
from voltlake.readers.contract import RawTest, Source
from voltlake.services import explore, inspection, preparation
from voltlake.services.ingest import ingest
from voltlake.services.inspection import KnownContent, inspect_file
from voltlake.services.workspace import Workspace

ARBIN_HEADER = (
    "Data_Point,Test_Time,DateTime,Step_Time,Step_Index,Cycle_Index,Current,Voltage,"
    "Charge_Capacity,Discharge_Capacity,Charge_Energy,Discharge_Energy,dV/dt,"
    "Internal_Resistance,Temperature\n"
)


def zip_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, ARBIN_HEADER)
    return buffer.getvalue()


def bomb() -> bytes:
    """501 MiB of zeros in half a megabyte: members of a gzip file follow one another."""
    return gzip.compress(bytes(1 << 20), 9) * 501


def damaged_gzip() -> bytes:
    packed = bytearray(gzip.compress(os.urandom(4000)))
    packed[2000] ^= 0xFF
    return bytes(packed)


BAD: dict[str, tuple[str, Callable[[], bytes], set[str], str]] = {
    "no bytes": ("x.csv", bytes, {"empty-file"}, "quarantined"),
    "blank bytes": ("x.csv", lambda: b" \r\n\t \n" * 99, {"empty-file"}, "quarantined"),
    "NUL bytes": ("x.nda", lambda: bytes(5000), {"empty-file"}, "quarantined"),
    "a byte order mark alone": ("x.csv", lambda: b"\xef\xbb\xbf", {"empty-file"}, "quarantined"),
    "no rows": ("x.csv", ARBIN_HEADER.encode, {"no-samples"}, "quarantined"),
    "wrong headers": ("x.csv", lambda: b"a,b,c\n1,2,3\n" * 50, {"unknown-format"}, "quarantined"),
    "a missing column": (
        "x.csv",
        lambda: ARBIN_HEADER.replace(",Voltage", "").encode() + b"1," * 13 + b"1\n",
        {"missing-columns", "unknown-format"},
        "quarantined",
    ),
    "prose": ("x.txt", lambda: b"Dear cycler, measure.\n", {"unknown-format"}, "quarantined"),
    "noise": ("x.csv", lambda: b"\x01" + os.urandom(3000), {"unknown-format"}, "quarantined"),
    "a cut .nda": (
        "x.nda", lambda: nda_content()[:3000], {"corrupt-file", "unsupported-version"},
        "quarantined",
    ),
    "a cut .ndax": (
        "x.ndax", lambda: ndax_content()[:-200], {"corrupt-file", "unknown-format"}, "quarantined",
    ),
    "a damaged gzip": ("x.csv.gz", damaged_gzip, {"corrupt-file"}, "quarantined"),
    "a cut gzip": (
        "x.csv.gz", lambda: gzip.compress(bytes(9999))[:-9], {"corrupt-file"}, "quarantined",
    ),
    "a damaged zip": ("x.zip", lambda: zip_of("a.csv")[:-30], {"corrupt-file"}, "quarantined"),
    "a zip of several": (
        "x.zip", lambda: zip_of("a.csv", "b.csv"), {"suspicious-archive", "unknown-format"},
        "quarantined",
    ),
    "a bomb": ("x.csv.gz", bomb, {"suspicious-archive"}, "quarantined"),
}  # fmt: skip


def test_sound_binaries_are_stored(lake: Workspace, tmp_path: Path) -> None:
    """So that the cut ones below fail because they are cut."""
    (tmp_path / "a.nda").write_bytes(nda_content())
    (tmp_path / "b.ndax").write_bytes(ndax_content())
    settled = ingest(lake, [tmp_path / "a.nda", tmp_path / "b.ndax"])
    reports = sorted(settled, key=lambda report: report.file)  # they settle as they finish
    assert [(r.status, r.reader, r.rows) for r in reports] == [
        ("stored", "neware_nda", 40),
        ("stored", "neware_ndax", 40),
    ]


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_named_with_its_reason_and_harms_no_other(
    lake: Workspace, tmp_path: Path, kind: str
) -> None:
    name, content, slugs, status = BAD[kind]
    folder = tmp_path / "files"
    arbin_file(folder / "a_good.csv", seed=1)
    offered = content()
    (folder / name).write_bytes(offered)
    arbin_file(folder / "z_good.csv", seed=2)
    reports = {Path(report.file).name: report for report in ingest(lake, [folder])}
    assert {n: r.status for n, r in reports.items()} == {
        "a_good.csv": "stored", name: status, "z_good.csv": "stored",
    }  # fmt: skip
    error = reports[name].error or {}
    assert error["code"] in slugs, error
    assert ALL_ERRORS[str(error["code"])].transient == (status == "failed")
    assert error["place"]
    assert error["remedy"]
    assert str(error["message"]).strip(".")
    row = explore.files(lake, states=[status]).row(0, named=True)
    assert (row["name"], row["state"], row["error_code"]) == (name, status, error["code"])
    assert (row["error_message"], row["remedy"]) == (error["message"], error["remedy"])
    assert row["test_id"] is None
    assert explore.cells(lake)["cell_name"].to_list() == ["a_good", "z_good"]
    assert (folder / name).read_bytes() == offered


def test_after_a_failure_no_object_is_kept_for_it(lake: Workspace, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(ARBIN_HEADER)
    (report,) = ingest(lake, [tmp_path / "x.csv"])
    assert report.error is not None
    assert list(lake.objects.keys()) == []


def test_a_mended_file_is_stored_at_the_next_run(lake: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(ARBIN_HEADER)
    (bad,) = ingest(lake, [path])
    arbin_file(path)
    (good,) = ingest(lake, [path])
    assert (bad.status, good.status) == ("quarantined", "stored")


def test_a_bad_file_offered_again_is_one_line_with_two_attempts(
    lake: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text(ARBIN_HEADER)
    for _ in range(2):
        (report,) = ingest(lake, [tmp_path / "x.csv"])
        assert report.status == "quarantined"
    assert explore.files(lake)["attempts"].to_list() == [2]


def test_a_path_that_vanishes_is_failed(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "a.csv")
    gone, there = list(ingest(lake, [tmp_path / "gone.csv", tmp_path / "a.csv"]))
    assert (gone.status, (gone.error or {})["code"]) == ("failed", "file-vanished")
    assert (gone.error or {})["place"] == "gone.csv"
    assert there.status == "stored"


def test_a_file_that_vanishes_between_look_and_reading_is_failed(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    arbin_file(path)
    look = inspection.inspect_file

    def looked_and_gone(*arguments: object) -> object:
        inspected = look(*arguments)  # type: ignore[arg-type]
        path.unlink()
        return inspected

    monkeypatch.setattr("voltlake.services.ingest.inspect_file", looked_and_gone)
    (report,) = ingest(lake, [path])
    assert (report.status, (report.error or {})["code"]) == ("failed", "file-vanished")
    assert explore.files(lake)["state"].to_list() == ["failed"]
    with lake.catalogue.reading() as unit:
        counts = unit.jobs.counts()
    assert (counts["queued"], counts["running"]) == (0, 0)


def test_unreadable_bytes_are_failed(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, whom no permission stops: the refusal is made here."""
    path = tmp_path / "a.csv"
    arbin_file(path)
    real = Path.open

    def refused(self: Path, *arguments: object, **options: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    (report,) = ingest(lake, [path])
    assert (report.status, (report.error or {})["code"]) == ("failed", "unreadable-file")
    assert (report.error or {})["message"] == "Permission denied"


def test_a_file_that_grows_while_it_is_looked_at_waits_for_the_next_run(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, good = tmp_path / "a.csv", tmp_path / "b.csv"
    arbin_file(path, rows=90, seed=1)
    arbin_file(good, seed=2)
    hashed = inspection._hash

    def growing(source: Source, known: KnownContent | None) -> tuple[str, str | None]:
        found = hashed(source, known)
        if source.path == path:
            with path.open("a") as stream:
                stream.write("1,2,3\n")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(inspection, "_hash", growing)
        reports = list(ingest(lake, [path, good]))
    assert [report.status for report in reports] == ["failed", "stored"]
    assert (reports[0].error or {})["code"] == "source-changed"
    assert explore.tests(lake).height == 1
    arbin_file(path, seed=1)
    assert [report.status for report in ingest(lake, [path])] == ["stored"]


def test_a_file_that_grows_while_it_is_read_leaves_nothing_behind(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is hashed, kept and read must be the same bytes."""
    path = tmp_path / "a.csv"
    arbin_file(path, rows=90)
    opened = preparation.open_source

    def grown(given: Path) -> object:
        arbin_file(path)
        return opened(given)

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "open_source", grown)
        (report,) = ingest(lake, [path])
    assert (report.status, (report.error or {})["code"]) == ("failed", "source-changed")
    assert explore.tests(lake).is_empty()
    assert list(lake.objects.keys()) == []
    assert [report.status for report in ingest(lake, [path])] == ["stored"]


def test_a_file_that_grows_while_its_rows_are_read_is_noticed(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were appended after the hash must not get into the test."""
    path = tmp_path / "a.csv"
    arbin_file(path, rows=90)
    copied = preparation._copy

    def copied_then_grown(*arguments: object) -> object:
        copy = copied(*arguments)  # type: ignore[arg-type]
        arbin_file(path)
        return copy

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "_copy", copied_then_grown)
        (report,) = ingest(lake, [path])
    assert (report.status, (report.error or {})["code"]) == ("failed", "source-changed")
    assert explore.tests(lake).is_empty()
    assert [report.status for report in ingest(lake, [path])] == ["stored"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotAFile, match="this is a directory"):
        inspect_file(tmp_path, None, None)
    with pytest.raises(FileVanished):
        inspect_file(tmp_path / "gone", None, None)


def test_a_look_says_what_the_content_grew_from(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    arbin_file(path, rows=90)
    first = inspect_file(path, None, None)
    known = KnownContent(first.sha256, first.size)
    assert inspect_file(path, known, None).grown_from is None  # the same
    arbin_file(path)
    assert inspect_file(path, known, None).grown_from == first.sha256
    other = KnownContent("0" * 64, first.size)
    assert inspect_file(path, other, None).grown_from is None  # begins differently
    longer = KnownContent(first.sha256, 10**9)
    assert inspect_file(path, longer, None).grown_from is None  # it shrank


def test_a_reader_that_raises_is_the_problem_of_its_file_only(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader may find out late, in the middle of its stream."""
    arbin_file(tmp_path / "a.csv", seed=1)
    arbin_file(tmp_path / "b.csv", seed=2)
    spooled = preparation._write_samples

    def late(test: RawTest, request: object, objects: object) -> object:
        if Path(request.path).name == "a.csv":  # type: ignore[attr-defined]
            raise SourceChanged("it grew", file="a.csv")
        return spooled(test, request, objects)  # type: ignore[arg-type]

    monkeypatch.setattr(preparation, "_write_samples", late)
    reports = list(ingest(lake, [tmp_path / "a.csv", tmp_path / "b.csv"]))
    assert sorted(report.status for report in reports) == ["failed", "stored"]
    assert explore.cells(lake)["cell_name"].to_list() == ["b"]

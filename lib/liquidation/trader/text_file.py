"""The text of a file as people have them, packed or not, in the encodings of exchanges and spreadsheets; its rows."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..algebra.checks import InputError, refuse, shown

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]  # pandas ships no types

LARGEST = 1 << 30
"""Bytes, unpacked: what is larger is refused before it fills the memory."""
LONGEST = 1_000_000
"""Characters of a line of a table."""
_SAVE = "save it as CSV in UTF-8"
_KINDS = {
    b"BZh": "packed with bzip2: unpack it",
    b"\xfd7zXZ": "packed with xz: unpack it",
    b"(\xb5/\xfd": "packed with zstd: unpack it",
    b"7z\xbc\xaf": "a .7z archive: unpack it",
    b"Rar!": "a .rar archive: unpack it",
    b"PAR1": f"a Parquet file: {_SAVE}",
    b"\xd0\xcf\x11\xe0": f"a spreadsheet (.xls): {_SAVE}",
}
"""What is no text, by its first bytes."""


def read_text(source: str | Path | IO[Any]) -> str:
    """Return the text of a file: a path (also packed, .gz or .zip with one file), an open file, or the text itself.

    A string is the text if it has more than one line, and else a path. UTF-8, UTF-16 and Windows-1252 are read.

    >>> read_text("time,price\\n2026-01-01,50000")
    'time,price\\n2026-01-01,50000'

    Raises ``ValueError`` for what cannot be opened or unpacked, is no text or is larger than a gigabyte.
    """
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        return source.removeprefix("\ufeff")
    if isinstance(source, (str, Path)):
        if source == "":
            raise InputError("source is empty")
        try:
            path = Path(source)
            if path.is_dir():
                raise IsADirectoryError("it is a folder: give one file")
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            raise InputError(f"source={shown(str(source))} cannot be read: {error}"[:300]) from None
    else:
        try:
            data = source.read()
        except Exception as error:  # whatever a thing with this name does
            raise InputError(f"source cannot be read: {error}"[:300]) from None
        if isinstance(data, str):
            return data.removeprefix("\ufeff")
        if not isinstance(data, (bytes, bytearray)):
            raise refuse("source", source, "an open file of text or bytes")
    return _decoded(_unpacked(bytes(data)))


def as_frame(source: object) -> pandas.DataFrame | None:
    """Return a pandas DataFrame as it is, and ``None`` for all else, without loading pandas for it.

    >>> as_frame({"time": [1]}) is None
    True
    """
    pandas = sys.modules.get("pandas")
    return source if pandas is not None and isinstance(source, pandas.DataFrame) else None


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a table, their ends kept; one that no table has is refused before it fills the memory.

    >>> list(lines_of("a,b\\r1,2"))
    ['a,b\\r', '1,2']
    """
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > LONGEST:
            raise InputError(f"line {number} has {len(line):,} characters: source is no table")
        yield line


def rows_of(text: str, delimiter: str, first: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the first lines of a table, each with the number of the line on which it begins.

    >>> list(rows_of('a,b\\n1,"2\\n3"\\n4,5', ",", first=1))
    [(2, ['1', '2\\n3']), (4, ['4', '5'])]

    Raises ``ValueError`` that names the line where a quote is opened and not closed as it should be.
    """
    reader, number = reader_of(islice(lines_of(text), first, None), delimiter, strict=True), first + 1
    try:
        for row in reader:
            yield number, row
            number = first + reader.line_num + 1
    except csv.Error as error:
        why = "a quote is opened and not closed" if "end of data" in str(error) else error
        raise InputError(f"line {number} is no row of a table: {why}") from None


def reader_of(lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Any:
    """Return a reader of the csv module.

    >>> list(reader_of(['1, "2"'], ","))
    [['1', '2']]
    """
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)


def _unpacked(data: bytes) -> bytes:
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(LARGEST + 1)
        elif data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")]
                if "[Content_Types].xml" in names:
                    raise InputError(f"source is a spreadsheet (.xlsx): {_SAVE}")
                if len(names) != 1:
                    said = ", ".join(names[:5])[:200] or "nothing"
                    raise InputError(f"source is a .zip of {said}: unpack it and give one file")
                with archive.open(names[0]) as packed:
                    data = packed.read(LARGEST + 1)
    except InputError:
        raise
    except Exception as error:  # broken archives make the unpackers raise of all kinds
        raise InputError(f"source is packed and cannot be unpacked: {error}"[:300]) from None
    if len(data) > LARGEST:
        raise InputError(f"source has more than {LARGEST:,} bytes: give a part of it")
    return data


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif data[:400:2].count(0) > len(data[:400:2]) / 2 or data[1:400:2].count(0) > len(data[1:400:2]) / 2:
        encodings = ["utf-16-le" if data[1:400:2].count(0) > data[:400:2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    kind = next((words for magic, words in _KINDS.items() if data.startswith(magic)), None)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or (kind and encoding == "cp1252"):
            break
        return text
    raise InputError(f"source is {kind or f'no text in UTF-8, UTF-16 or Windows-1252: {_SAVE}'}")

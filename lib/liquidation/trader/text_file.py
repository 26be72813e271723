"""The text of a file as people have them: packed or not, in the encodings of exchanges and spreadsheets."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from ..algebra.checks import InputError, refuse, shown

LARGEST = 1 << 30
"""Bytes, unpacked: what is larger is refused before it fills the memory."""


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
        try:
            path = Path(source)
            if path.is_dir():
                raise InputError(f"source={shown(str(source))} is a folder: give one file")
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            raise InputError(f"source={shown(str(source))} cannot be read: {error}"[:300]) from None
    else:
        try:
            data = source.read()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise InputError(f"the open file cannot be read: {error}"[:300]) from None
        if isinstance(data, str):
            return data.removeprefix("\ufeff")
        if not isinstance(data, (bytes, bytearray)):
            raise refuse("source", source, "an open file of text or bytes")
    return _decoded(_unpacked(bytes(data)))


def _unpacked(data: bytes) -> bytes:
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(LARGEST + 1)
        elif data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")]
                if len(names) != 1:
                    said = ", ".join(names[:5]) or "nothing"
                    raise InputError(f"the .zip holds {said}: unpack it and give one file")
                with archive.open(names[0]) as packed:
                    data = packed.read(LARGEST + 1)
    except (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise InputError(f"the packed file cannot be unpacked: {error}") from None
    if len(data) > LARGEST:
        raise InputError(f"the file has more than {LARGEST:,} bytes: give a part of it")
    return data


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif data[:400:2].count(0) > len(data[:400:2]) / 2 or data[1:400:2].count(0) > len(data[1:400:2]) / 2:
        encodings = ["utf-16-le" if data[1:400:2].count(0) > data[:400:2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise InputError("the file is no text in UTF-8, UTF-16 or Windows-1252: save it as CSV in UTF-8")

"""The file's bytes as text, whatever encoding it was saved in; refused where it is no text at all."""

import io
import re
import tokenize

from grader.errors import SubmissionError
from grader.schema.submission import WorkFile

_SIGNATURES = {  # first bytes of what gets handed in under the wrong name
    b"PK\x03\x04": "a zip archive or an office document",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x89HDF": "an HDF5 file",
}
_MARKUP = re.compile(r"\s*<(!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_CONFLICT = re.compile(r"^(<{7} .*|>{7} .*)$", re.MULTILINE)


def read_text(work: WorkFile, remarks: list[str]) -> str:
    """The file's text with \\n line ends."""
    name = work.path.name
    try:
        data = work.path.read_bytes()
    except OSError as error:
        raise SubmissionError(f"{name}: it cannot be read ({error.strerror}). Hand it in again.") from error
    if not data.strip(b"\0 \t\r\n"):
        what = f"{len(data)} bytes, none of them text" if data else "0 bytes"
        raise SubmissionError(
            f"{name}: the file is empty ({what}). Save the {work.kind} and hand it in again."
        )
    for start, kind in _SIGNATURES.items():
        if data.startswith(start):
            raise SubmissionError(f"{name}: {_expected(work, kind)}")
    text = _decoded(data, work, remarks)
    if _MARKUP.match(text):
        raise SubmissionError(f"{name}: {_expected(work, 'a web page (HTML)')}")
    if "\0" in text:
        raise SubmissionError(f"{name}: {_expected(work, 'a binary file')}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _expected(work: WorkFile, found: str) -> str:
    wanted = "a notebook (.ipynb)" if work.kind == "notebook" else "a Python script (.py)"
    return f"the file is {found}; expected {wanted}. Download the {work.kind} itself and hand it in."


def _decoded(data: bytes, work: WorkFile, remarks: list[str]) -> str:
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            remarks.append(f"its encoding is {encoding.upper()}; read as such")
            return data.decode(encoding, "replace")
    for zeros, encoding in ((data[1:64:2], "utf-16-le"), (data[0:64:2], "utf-16-be")):
        if len(data) > 3 and not zeros.strip(b"\0"):
            remarks.append("its encoding is UTF-16; read as such")
            return data.decode(encoding, "replace")
    if work.kind == "notebook" and data.startswith(b"\xef\xbb\xbf"):
        remarks.append("it starts with a byte order mark, which was removed")
    encoding = "utf-8-sig"
    if work.kind == "script":
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError as error:
            if "unknown encoding" in str(error):  # and not bytes that are no UTF-8
                remarks.append("its encoding line names no known encoding; read as UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        remarks.append(
            f"it is not valid {encoding.removesuffix('-sig').upper()}; read as Windows-1252 or Latin-1"
        )
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def merge_conflict(text: str) -> str:
    """A sentence about the first marker that a version control system left at a conflict, or nothing."""
    found = _CONFLICT.search(text)
    if not found:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    return f"line {line} is a merge-conflict marker ({found[0][:20]}). Resolve the conflict and hand it in again."

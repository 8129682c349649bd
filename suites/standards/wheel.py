"""A wheel whose bytes are all ASCII, so that it can be given to a subject as text: `seatrial_probe`, an empty module.

A wheel is a zip archive. Its numbers are small, its date is the earliest there is, and the comment in each of its files
is chosen so that no byte of the file's checksum is above 127.
"""

from __future__ import annotations

import io
import zipfile
import zlib

__all__ = ["WHEEL", "WHEEL_NAME"]

WHEEL_NAME = "seatrial_probe-1.0-py3-none-any.whl"
INFO = "seatrial_probe-1.0.dist-info"
EPOCH = (1980, 1, 1, 0, 0, 0)
PLAIN = 128
LOCAL_HEADER = 30
FILES = {
    "seatrial_probe.py": '"""A package that does nothing but be there."""\n#{comment}\n',
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: seatrial-probe\nVersion: 1.0\nSummary: {comment}\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: {comment}\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}/RECORD": f"seatrial_probe.py,,{{comment}}\n{INFO}/METADATA,,\n{INFO}/WHEEL,,\n{INFO}/RECORD,,\n",
}


def _plain(number: int) -> bool:
    return all(byte < PLAIN for byte in number.to_bytes(4, "little"))


def _filled(template: str, digits: int) -> bytes:
    """The first text, with a number of so many digits, whose checksum is written without a byte above 127."""
    texts = (template.format(comment=str(number).zfill(digits)).encode() for number in range(4096))
    return next(text for text in texts if _plain(zlib.crc32(text)))


def _fitting(template: str, begins: int) -> bytes:
    """The shortest such text whose length is plain, and the place where the archive goes on after it."""
    texts = (_filled(template, digits) for digits in range(4, 2 * PLAIN))
    return next(text for text in texts if _plain(len(text)) and _plain(begins + len(text)))


def _wheel() -> str:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, template in FILES.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o444 << 16
            archive.writestr(entry, _fitting(template, whole.tell() + LOCAL_HEADER + len(name)))
    return whole.getvalue().decode("ascii")


WHEEL = _wheel()

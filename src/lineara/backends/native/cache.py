"""Machine code on disk, so that another process need not translate the same program again.

A file holds one module's object code. Its name is a digest of all that the code depends on, and it
holds a digest of itself, so that a file that is damaged, cut off, or of something else is never
used. Files appear as a whole, by renaming. The folder belongs to the user alone: one that others
can write to is not used. When files take up too much room, those go that were not used for longest.

The environment variable ``LINEARA_CACHE_DIR`` says where the folder is; ``LINEARA_CACHE=off`` does
without one. Whatever goes wrong with a file, there is just no code in it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

MAGIC = b"lineara object code 1\n"
DIGEST = hashlib.sha256().digest_size
ROOM = 512 << 20
"""Bytes that the files may take up,"""
LEFT = ROOM * 3 // 4
"""and down to what they are removed when they take up more."""
OFF = ("0", "off", "no", "false")
ROUND = 64
"""Files that are written between two looks at how much room there is."""

_written = 0


def digest(*parts: str) -> bytes:
    """What stands for texts in a row."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode()
        state.update(len(data).to_bytes(8, "little") + data)
    return state.digest()


def load(key: bytes) -> bytes | None:
    """The code that was stored under a digest."""
    folder = _folder()
    if folder is None:
        return None
    path = folder / key.hex()
    try:
        data = path.read_bytes()
        os.utime(path)  # for the sake of those that remove what is old
    except OSError:
        return None
    head = len(MAGIC) + 2 * DIGEST
    body = data[head:]
    expected = MAGIC + key + hashlib.sha256(key + body).digest()
    return body if data[:head] == expected else None


def store(key: bytes, body: bytes) -> None:
    """Keeps code under a digest."""
    global _written
    folder = _folder()
    if folder is None:
        return
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix="new-", delete=False) as file:
            try:
                file.write(MAGIC + key + hashlib.sha256(key + body).digest() + body)
                file.close()
                Path(file.name).replace(folder / key.hex())
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        if _written % ROUND == 0:
            _make_room(folder)
        _written += 1
    except OSError:
        return


def _folder() -> Path | None:
    """The folder, which nobody else can write to; None if there is to be none, or cannot be."""
    if os.environ.get("LINEARA_CACHE", "").lower() in OFF:
        return None
    chosen, base = os.environ.get("LINEARA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(chosen) if chosen else Path(base or Path.home() / ".cache") / "lineara"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except (OSError, RuntimeError):  # there may be no home
        return None
    own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    private = os.name == "nt" or not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if own and private and stat.S_ISDIR(found.st_mode) else None


def _make_room(folder: Path) -> None:
    """Removes the files that were not used for longest, if all together are too large."""
    files = []
    for path in folder.iterdir():
        found = path.stat(follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            files.append((found.st_mtime_ns, found.st_size, path))
    total = sum(size for _, size, _ in files)
    if total <= ROOM:
        return
    for _, size, path in sorted(files):
        path.unlink(missing_ok=True)
        total -= size
        if total <= LEFT:
            return

"""The file of a backup: a tar inside an authenticated encrypted stream that is written and read in pieces.

Layout: magic, length and JSON of the header (readable without a key: it names the keys that are needed), then
pieces of ``length + AES-256-GCM``. The nonce counts the pieces and marks the last, and the header is authenticated
with each: pieces cannot be changed, left out, swapped or cut off unnoticed.
"""

import base64
import io
import json
import os
import struct
from collections.abc import Mapping
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"WUYEBAK1"
PIECE = 1024 * 1024
TAG = 16
LARGEST_HEADER = 64 * 1024
KEY, PASSPHRASE = "key", "passphrase"
SHORTEST_PASSPHRASE = 12
SCRYPT_COST = 2**16  # 64 MB and a fifth of a second for each guess


class BackupError(Exception):
    """A backup or restore that cannot be done; the text is shown to the operator."""


class Lock:
    """What a backup is locked with: the installation's ``BACKUP_KEY`` or a passphrase."""

    def __init__(self, kind: str, secret: str) -> None:
        self.kind = kind
        if kind == PASSPHRASE:
            if len(secret) < SHORTEST_PASSPHRASE:
                raise BackupError(f"口令至少 {SHORTEST_PASSPHRASE} 个字符")
            self._secret = secret.encode()
            return
        try:
            self._secret = base64.b64decode(secret, validate=True)
        except ValueError:
            self._secret = b""
        if len(self._secret) != 32:
            raise BackupError("BACKUP_KEY 不是 base64 编码的 32 字节密钥，可用 openssl rand -base64 32 生成")

    def key(self, salt: bytes) -> bytes:
        """The key of one file."""
        if self.kind == PASSPHRASE:
            return Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=8, p=1).derive(self._secret)
        return HKDF(hashes.SHA256(), 32, salt, b"backup").derive(self._secret)


class Writer(io.RawIOBase):
    """Takes the bytes of the tar and writes them encrypted; ``close`` marks the end."""

    def __init__(self, file: IO[bytes], lock: Lock, about: Mapping[str, Any]) -> None:
        salt = os.urandom(16)
        header = json.dumps({**about, "lock": lock.kind, "salt": salt.hex()}, ensure_ascii=False).encode()
        self._file, self._header, self._cipher = file, header, AESGCM(lock.key(salt))
        self._pending = bytearray()
        self._count = 0
        file.write(MAGIC + struct.pack(">I", len(header)) + header)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._pending += content
        while len(self._pending) > PIECE:
            self._put(bytes(self._pending[:PIECE]), last=False)
            del self._pending[:PIECE]
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._pending), last=True)
        super().close()

    def _put(self, piece: bytes, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._count, last), piece, self._header)
        self._file.write(struct.pack(">I", len(sealed)) + sealed)
        self._count += 1


class Reader(io.RawIOBase):
    """Gives the bytes of the tar back, each piece checked before it is given.

    Raises BackupError when the key is another one, or the file is damaged or cut off.
    """

    def __init__(self, file: IO[bytes], lock: Lock) -> None:
        self._file = file
        self.header, self._raw = read_header(file)
        if self.header["lock"] != lock.kind:
            needed = "口令（--passphrase）" if self.header["lock"] == PASSPHRASE else "BACKUP_KEY"
            raise BackupError(f"此备份须用{needed}解密")
        self._cipher = AESGCM(lock.key(bytes.fromhex(self.header["salt"])))
        self._ready, self._count, self._ended = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._ended:
            self._ready = self._next()
        given = self._ready[: len(buffer)]
        self._ready = self._ready[len(given) :]
        buffer[: len(given)] = given
        return len(given)

    def finish(self) -> None:
        """Read what is left, so that the end has been seen and checked."""
        while self.read(PIECE):
            pass

    def _next(self) -> bytes:
        sealed = _exactly(self._file, struct.unpack(">I", _exactly(self._file, 4))[0])
        for last in (False, True):
            try:
                piece = self._cipher.decrypt(_nonce(self._count, last), sealed, self._raw)
            except InvalidTag:
                continue
            self._ended, self._count = last, self._count + 1
            if last and self._file.read(1):
                break
            return piece
        raise BackupError("密钥或口令不对，或备份文件已损坏" if self._count == 0 else "备份文件已损坏")


def read_header(file: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The readable part, and its own bytes. Raises BackupError for another kind of file."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupError("这不是本系统的备份文件")
    length = struct.unpack(">I", _exactly(file, 4))[0]
    if length > LARGEST_HEADER:
        raise BackupError("备份文件已损坏")
    raw = _exactly(file, length)
    try:
        return json.loads(raw), raw
    except ValueError:
        raise BackupError("备份文件已损坏") from None


def _exactly(file: IO[bytes], length: int) -> bytes:
    if length > PIECE + TAG:
        raise BackupError("备份文件已损坏")
    content = file.read(length)
    if len(content) != length:
        raise BackupError("备份文件不完整")
    return content


def _nonce(count: int, last: bool) -> bytes:
    return b"\0\0\0" + struct.pack(">Q", count) + (b"\1" if last else b"\0")

"""Pictures in an S3-compatible store, spoken to over HTTP: a local server that knows the protocol."""

from collections.abc import Iterator

import boto3
import pytest
from flask import Flask
from moto.server import ThreadedMotoServer

from app.core import media
from app.integrations.storage import S3Storage, chosen
from tests.conftest import PhoneOf

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a store."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, request: pytest.FixtureRequest) -> S3Storage:
    """An empty bucket."""
    bucket = f"pictures-{abs(hash(request.node.name))}"
    boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    ).create_bucket(Bucket=bucket)
    return S3Storage(bucket, endpoint, "us-east-1", "id", "secret")


def test_bytes_go_in_come_back_and_go(s3: S3Storage) -> None:
    assert s3.empty()
    s3.put(KEY, b"picture")
    assert (s3.get(KEY), s3.empty()) == (b"picture", False)
    s3.delete(KEY)
    s3.delete(KEY)
    with pytest.raises(FileNotFoundError):
        s3.get(KEY)
    assert s3.empty()


@pytest.mark.parametrize("key", ["../secret", ".hidden", "a/b", ""])
def test_what_is_no_key_is_refused(s3: S3Storage, key: str) -> None:
    for call in (s3.get, s3.delete, lambda name: s3.put(name, b"")):
        with pytest.raises(ValueError):
            call(key)


def test_uploads_lie_there_and_private_ones_sealed(
    app: Flask, phone: PhoneOf, s3: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "storage", s3)
    li = phone("dev-li")
    li.post("/me/consents", {"kind": "certification_material", "version": "2026-11"})
    uploaded = li.upload()
    assert uploaded.status_code == 201
    assert uploaded.json is not None
    key = uploaded.json["id"]
    assert not s3.get(key).startswith(b"\xff\xd8")
    with app.app_context():
        assert media.keyring().unseal_bytes(s3.get(key)).startswith(b"\xff\xd8")
    assert li.get(f"/media/{key}").data.startswith(b"\xff\xd8")


def test_incomplete_settings_stop_the_start(app: Flask) -> None:
    with pytest.raises(SystemExit, match="S3_BUCKET、S3_ACCESS_KEY、S3_SECRET_KEY"):
        chosen(app.config | {"STORAGE": "s3"})
    with pytest.raises(SystemExit, match="STORAGE='ftp'"):
        chosen(app.config | {"STORAGE": "ftp"})

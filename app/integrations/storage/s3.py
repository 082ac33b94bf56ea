"""An S3-compatible object store, for installations of several nodes."""

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from app.integrations.storage.store import check

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 10, 3
ABSENT = ("NoSuchKey", "404")


class S3Storage:
    """Objects of one private bucket; the keys are the objects' names."""

    def __init__(self, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        self.bucket = bucket
        self._settings: dict[str, Any] = {
            "endpoint_url": endpoint or None,
            "region_name": region,
            "aws_access_key_id": access_key,
            "aws_secret_access_key": secret_key,
        }

    @cached_property
    def _client(self) -> Any:
        """Made in the process that uses it, after the server has forked; safe for its threads."""
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"max_attempts": ATTEMPTS, "mode": "standard"},
            request_checksum_calculation="when_required",  # stores other than AWS know no trailing checksums
            response_checksum_validation="when_required",
        )
        return boto3.session.Session().client("s3", config=config, **self._settings)

    def put(self, key: str, content: bytes) -> None:
        check(key)
        self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType="application/octet-stream")

    def get(self, key: str) -> bytes:
        check(key)
        try:
            return bytes(self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                raise FileNotFoundError(key) from None
            raise

    def delete(self, key: str) -> None:
        check(key)
        self._client.delete_object(Bucket=self.bucket, Key=key)

    def empty(self) -> bool:
        return not self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1).get("KeyCount")

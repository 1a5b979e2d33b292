"""Addresses of buckets: one spelling, everything in it that leads there, and nothing that opens it."""

import pytest

from nskeys.destinations.s3.address import parse
from nskeys.errors import DestinationInvalid


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("s3://nskeys-backups", "s3://nskeys-backups"),
        ("S3://nskeys-backups/", "s3://nskeys-backups"),
        ("s3://nskeys-backups//ns01/./x/", "s3://nskeys-backups/ns01/x"),
        ("s3://bucket/Ä b#c", "s3://bucket/Ä b#c"),
        ("s3://bucket/p?region=eu-central-1", "s3://bucket/p?region=eu-central-1"),
        ("s3://bucket?endpoint=https://MinIO.example.net/", "s3://bucket?endpoint=minio.example.net"),
        ("s3://bucket?endpoint=minio:9000&tls=yes", "s3://bucket?endpoint=minio:9000"),
        (
            "s3://bucket/p?profile=backup&region=eu-1&endpoint=minio:9000",
            "s3://bucket/p?endpoint=minio:9000&region=eu-1&profile=backup",
        ),
        ("s3://bucket?endpoint=http://127.0.0.1:9000", "s3://bucket?endpoint=127.0.0.1:9000&tls=no"),
        ("s3://bucket?endpoint=http://localhost", "s3://bucket?endpoint=localhost&tls=no"),
        ("s3://bucket?endpoint=http://[::1]:9000/", "s3://bucket?endpoint=[::1]:9000&tls=no"),
        ("s3://bucket?tls=no&endpoint=10.1.2.3:9000", "s3://bucket?endpoint=10.1.2.3:9000&tls=no"),
        ("s3://bucket?auth=instance", "s3://bucket?auth=instance"),
    ],
)
def test_an_address_has_one_spelling(written: str, spelt: str) -> None:
    assert str(parse(written)) == spelt
    assert str(parse(spelt)) == spelt


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("s3://", "bad_bucket"),
        ("s3:///prefix", "bad_bucket"),
        ("s3://B", "bad_bucket"),
        ("s3://under_score", "bad_bucket"),
        ("s3://bucket/../x", "bad_path"),
        ("s3://bucket/a?b/c?region=x", "bad_path"),
        ("s3://bucket/a\nb", "bad_path"),
        ("s3://bucket/x?", "bad_query"),
        ("s3://bucket/x?y", "bad_query"),
        ("s3://bucket/x?region=", "bad_query"),
        ("s3://bucket/x?region=a&region=b", "bad_query"),
        ("s3://bucket/x?region=EU", "bad_query"),
        ("s3://bucket/x?profile=a/b", "bad_query"),
        ("s3://bucket/x?auth=always", "bad_query"),
        ("s3://bucket/x?tls=no", "bad_endpoint"),
        ("s3://bucket/x?endpoint=minio:0", "bad_endpoint"),
        ("s3://bucket/x?endpoint=minio:99999", "bad_endpoint"),
        ("s3://bucket/x?endpoint=minio/path", "bad_endpoint"),
        ("s3://bucket/x?endpoint=ftp://minio", "bad_endpoint"),
        ("s3://bucket/x?endpoint=https://minio&tls=no", "bad_endpoint"),
        ("s3://bucket/x?endpoint=minio&tls=perhaps", "bad_endpoint"),
        ("s3://bucket/x?endpoint=http://minio.example.net", "plain_http"),
        ("s3://bucket/x?endpoint=http://10.1.2.3:9000", "plain_http"),
    ],
)
def test_what_is_none_is_refused(address: str, problem: str) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        parse(address)
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    "address",
    [
        "s3://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI@bucket/x",
        "s3://wJalrXUtnFEMI@bucket",
        "s3://bucket?endpoint=https://me:wJalrXUtnFEMI@minio:9000",
        "s3://bucket?secret_access_key=wJalrXUtnFEMI",
        "s3://bucket?wJalrXUtnFEMI",
    ],
)
def test_a_key_in_an_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        parse(address)
    assert refused.value.problem in ("has_login", "bad_query")
    assert "wJalrXUtnFEMI" not in repr(vars(refused.value))


def test_a_file_stands_before_the_question_mark() -> None:
    place = parse("s3://bucket/ns01?endpoint=minio:9000")
    address = str(place.file("a b.zip"))
    assert address == "s3://bucket/ns01/a b.zip?endpoint=minio:9000"
    assert parse(address).split() == (place, "a b.zip")
    assert parse("s3://bucket/a.zip").split() == (parse("s3://bucket"), "a.zip")
    assert parse("s3://bucket").split() == (parse("s3://bucket"), "")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.zip", "a?b.zip", "a\n.zip", "\0"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        parse("s3://bucket/ns01").file(name)
    assert refused.value.problem == "no_file"

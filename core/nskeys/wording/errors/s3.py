"""What to do where a bucket cannot be used. Words for the tokens themselves are in `tokens`."""

from types import MappingProxyType

TO_NAME = MappingProxyType(
    {
        "has_login": "Put a key into ~/.aws/credentials, and retire this one: others may have seen it.",
        "bad_bucket": "Name it as s3://bucket/prefix, in small letters.",
        "bad_path": "Name it as s3://bucket/prefix, without '..' and without a question mark in it.",
        "bad_query": "Behind it may stand endpoint=, tls=no, region=, profile= and auth=instance, with '&' "
        "between them.",
        "bad_endpoint": "Name it as endpoint=minio.example.net:9000.",
        "plain_http": "Use TLS; or, where the network may see the backups come and go, say so with tls=no.",
    }
)
_LOGIN = "Put an access key into ~/.aws/credentials of the user who runs nskeys"
TO_REACH = MappingProxyType(
    {
        "not_installed": "Install it with: pip install 'nskeys[s3]'",
        "missing_bucket": "Make the bucket, or check its name, endpoint and region",
        "access_denied": "Let its policy permit to list, read and write there",
        "unknown_access_key": "Check the access key in ~/.aws/credentials, and the endpoint",
        "wrong_secret_key": "Check the secret key in ~/.aws/credentials",
        "login_expired": "Get a new login",
        "clock_skew": "Set this machine's clock",
        "wrong_region": "Name the region in the address, as region=eu-central-1",
        "no_login": _LOGIN,
        "no_profile": "Check the name of the profile, and the files in ~/.aws of the user who runs nskeys",
        "login_incomplete": f"{_LOGIN}: roles, programs and single sign-on are not asked",
        "login_file": "Check the files in ~/.aws of the user who runs nskeys",
        "no_instance_login": "Give this machine a role in its cloud, or leave out auth=instance",
        "ca_bundle": "Check the path in AWS_CA_BUNDLE, or ca_bundle in ~/.aws/config",
        "certificate": "Name its authority's certificate in AWS_CA_BUNDLE, or ca_bundle in ~/.aws/config",
        "no_tls": "Check the port of the endpoint",
        "refused": "Check that the server runs, and its port",
        "unknown_host": "Check the name of the server",
        "no_connection": "Check the network, and the name of the server",
        "odd_names": "Remove or rename it: no part of a name may be empty, '.' or '..', and no character a "
        "control character. Until then name a backup by its full address",
        "virtual_host_only": "Name a bucket of a server that takes its name in the path, as most do",
        "bad_request": "Look what the bucket's rules ask for",
        "server_error": "Look into the log of the server, and try again later",
    }
)
TO_CREATE = MappingProxyType(
    {
        "access_denied": "Let the bucket's policy permit to write there, or name another place.",
        "not_create_only": "Name a bucket whose server keeps to 'If-None-Match: *', as Amazon's does.",
        "bucket_full": "Make room there, or name another place.",
        "bad_request": "Look what the bucket's rules ask for, or name another place.",
    }
)
TO_REMOVE = MappingProxyType(
    {"access_denied": "Let the bucket's policy permit it, or leave removing to the bucket's own rules."}
)

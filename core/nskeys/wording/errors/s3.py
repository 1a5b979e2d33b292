"""What to do where a bucket cannot be used. What happened is in `problems`."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.reasons import AnyProblem, Problem

TO_NAME = MappingProxyType(
    {
        Problem.HAS_LOGIN: (
            "Put a key into ~/.aws/credentials, and retire this one: others may have seen it."
        ),
        Problem.BAD_BUCKET: "Name it as s3://bucket/prefix, in small letters.",
        Problem.BAD_PATH: "Name it as s3://bucket/prefix, without '..' and without a question mark in it.",
        Problem.BAD_QUERY: (
            "Behind it may stand endpoint=, tls=no, region=, profile= and auth=instance, with '&' "
            "between them."
        ),
        Problem.BAD_ENDPOINT: "Name it as endpoint=minio.example.net:9000.",
        Problem.PLAIN_HTTP: (
            "Use TLS; or, where the network may see the backups come and go, say so with tls=no."
        ),
    }
)
_LOGIN = "Put an access key into ~/.aws/credentials of the user who runs nskeys"
TO_REACH: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.NOT_INSTALLED: "Install it with: pip install 'nskeys[s3]'",
        Problem.MISSING_BUCKET: "Make the bucket, or check its name, endpoint and region",
        Problem.ACCESS_DENIED: "Let its policy permit to list, read and write there",
        Problem.UNKNOWN_ACCESS_KEY: "Check the access key in ~/.aws/credentials, and the endpoint",
        Problem.WRONG_SECRET_KEY: "Check the secret key in ~/.aws/credentials",
        Problem.LOGIN_EXPIRED: "Get a new login",
        Problem.CLOCK_SKEW: "Set this machine's clock",
        Problem.WRONG_REGION: "Name the region in the address, as region=eu-central-1",
        Problem.NO_LOGIN: _LOGIN,
        Problem.NO_PROFILE: (
            "Check the name of the profile, and the files in ~/.aws of the user who runs nskeys"
        ),
        Problem.LOGIN_INCOMPLETE: f"{_LOGIN}: roles, programs and single sign-on are not asked",
        Problem.LOGIN_FILE: "Check the files in ~/.aws of the user who runs nskeys",
        Problem.NO_INSTANCE_LOGIN: "Give this machine a role in its cloud, or leave out auth=instance",
        Problem.CA_BUNDLE: "Check the path in AWS_CA_BUNDLE, or ca_bundle in ~/.aws/config",
        Problem.CERTIFICATE: (
            "Name its authority's certificate in AWS_CA_BUNDLE, or ca_bundle in ~/.aws/config"
        ),
        Problem.NO_TLS: "Check the port of the endpoint",
        Problem.REFUSED: "Check that the server runs, and its port",
        Problem.UNKNOWN_HOST: "Check the name of the server",
        Problem.NO_CONNECTION: "Check the network, and the name of the server",
        Problem.ODD_NAMES: (
            "Remove or rename it: no part of a name may be empty, '.' or '..', and no character a "
            "control character. Until then name a backup by its full address"
        ),
        Problem.VIRTUAL_HOST_ONLY: "Name a bucket of a server that takes its name in the path, as most do",
        Problem.BAD_REQUEST: "Look what the bucket's rules ask for",
        Problem.SERVER_ERROR: "Look into the log of the server, and try again later",
    }
)
TO_CREATE: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.ACCESS_DENIED: "Let the bucket's policy permit to write there, or name another place.",
        Problem.NOT_CREATE_ONLY: (
            "Name a bucket whose server keeps to 'If-None-Match: *', as Amazon's does."
        ),
        Problem.BUCKET_FULL: "Make room there, or name another place.",
        Problem.BAD_REQUEST: "Look what the bucket's rules ask for, or name another place.",
    }
)
TO_REMOVE: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.ACCESS_DENIED: (
            "Let the bucket's policy permit it, or leave removing to the bucket's own rules."
        ),
    }
)

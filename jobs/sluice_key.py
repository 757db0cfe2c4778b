"""
The key under which erased persons are remembered. It is in no description and no argument, since those lie in the lake and in consoles:
whoever starts the job on this machine gives it in the environment, elsewhere the job asks Secrets Manager with its own role.
"""
import base64
import binascii
import hashlib
import json
import os

GIVEN = "SLUICE_ERASURE_PADS"
_BLOCK = 64
_KEY = 32


class NoKey(Exception):
    """Without the key, or with another one, nobody's lines would be known as theirs."""

    def __init__(self, what, on, fix):
        super().__init__(what)
        self.known = {"kind": "configuration", "what": what, "on": on, "fix": fix}


def pads_of(suppression):
    """The two blocks of HMAC (RFC 2104) in hex; `suppression` as in the description."""
    given = os.environ.get(GIVEN)
    inner, outer = given.split(":") if given is not None else _pads(_key_of(suppression["secret"]))
    if _id_of(inner, outer) != suppression["keyId"]:
        name = (suppression.get("secret") or {"id": GIVEN})["id"]
        raise NoKey("the secret is not the key by which persons were erased", name, "Put the worker's SLUICE_ERASURE_KEY into it")
    return inner, outer


def _key_of(secret):
    # A refusal of AWS names the secret and never its value; whatever else goes wrong must not show it either.
    try:
        text = _secret_text(secret)
        value = text if secret.get("field") is None else json.loads(text)[secret["field"]]
        key = base64.b64decode(value, validate=True)
        if len(key) == _KEY:
            return key
    except (ValueError, KeyError, TypeError, binascii.Error):
        pass
    raise NoKey("the secret is not a key of 32 bytes in base64", secret["id"], "Put the worker's SLUICE_ERASURE_KEY into it")


def _secret_text(secret):
    import boto3
    client = boto3.client("secretsmanager", region_name=secret["region"])
    try:
        return client.get_secret_value(SecretId=secret["id"])["SecretString"]
    except client.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure", "InvalidRequestException"):
            raise
        raise NoKey(f"Secrets Manager does not give the secret: {code}", secret["id"], "Create it, and give the job's role secretsmanager:GetSecretValue on it") from None


def _pads(key):
    block = key + bytes(_BLOCK - len(key))
    return bytes(byte ^ 0x36 for byte in block).hex(), bytes(byte ^ 0x5C for byte in block).hex()


def _id_of(inner, outer):
    """As contract/erasure.ts makes it."""
    first = hashlib.sha256(bytes.fromhex(inner) + b"sluice erasure key id").digest()
    return hashlib.sha256(bytes.fromhex(outer) + first).hexdigest()[:12]

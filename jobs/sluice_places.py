"""Files of this machine and objects of S3 by one set of verbs. Places are uris: file:///folder/name or s3://bucket/key."""
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, unquote, urlsplit

from sluice_objects import CHUNK, Stale

AT_ONCE = 16
_clients = {}


def path_of(uri):
    """None where the place is not on this machine."""
    parts = urlsplit(uri)
    if parts.scheme == "":
        return uri
    return unquote(parts.path) if parts.scheme == "file" else None


def hadoop_path(uri):
    """As Spark takes it: without the escapes of a uri, and on this machine whatever its own default is."""
    path = path_of(uri)
    return uri if path is None else f"file:{path}"


def below(uri, name):
    """`name` as it is, whatever characters it has."""
    if path_of(uri) is None or urlsplit(uri).scheme == "":
        return f"{uri}/{name}"
    return f"{uri}/{quote(name)}"


def read_chunks(uri, etag=None, version_id=None):
    path = path_of(uri)
    if path is not None:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
        return
    bucket, key = _bucket_and_key(uri)
    wanted = {"Bucket": bucket, "Key": key}
    if version_id is not None:
        wanted["VersionId"] = version_id
    elif etag is not None:
        wanted["IfMatch"] = etag
    try:
        body = _s3().get_object(**wanted)["Body"]
    except _s3().exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412):
            raise Stale(uri) from None
        raise
    while chunk := body.read(CHUNK):
        yield chunk


def read_all(uri):
    return b"".join(read_chunks(uri))


def write_all(uri, data, kms_key=None):
    path = path_of(uri)
    if path is None:
        bucket, key = _bucket_and_key(uri)
        _s3().put_object(Bucket=bucket, Key=key, Body=data, **_sealed(kms_key))
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".writing", "wb") as file:
        file.write(data)
    os.replace(path + ".writing", path)


def files_below(uri):
    """(name below the uri, bytes) of every file, in the order of the names; those that a writer hides are left out."""
    path = path_of(uri)
    if path is not None:
        found = [(os.path.relpath(os.path.join(folder, name), path), os.path.getsize(os.path.join(folder, name)))
                 for folder, _, names in os.walk(path) for name in names]
    else:
        bucket, prefix = _bucket_and_key(uri + "/")
        pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [(entry["Key"][len(prefix):], entry["Size"]) for page in pages for entry in page.get("Contents", [])]
    return sorted((name, size) for name, size in found if not name.rsplit("/", 1)[-1].startswith(("_", ".")))


def move_all(moves, kms_key=None):
    """(from, to) each, several at once. Between S3 and this machine only towards S3: nobody else has a use for it."""
    if not moves:
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(_move, source, target, kms_key) for source, target in moves]:
            done.result()


def remove_below(uri):
    path = path_of(uri)
    if path is not None:
        shutil.rmtree(path, ignore_errors=True)
        return
    bucket, prefix = _bucket_and_key(uri + "/")
    for page in _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
        if keys:
            _s3().delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def _move(source, target, kms_key):
    from_path, to_path = path_of(source), path_of(target)
    if from_path is not None and to_path is not None:
        os.makedirs(os.path.dirname(to_path), exist_ok=True)
        shutil.move(from_path, to_path)
        return
    bucket, key = _bucket_and_key(target)
    if from_path is not None:
        _s3().upload_file(from_path, bucket, key, ExtraArgs=_sealed(kms_key))
        return
    from_bucket, from_key = _bucket_and_key(source)
    _s3().copy({"Bucket": from_bucket, "Key": from_key}, bucket, key, ExtraArgs=_sealed(kms_key))


def _sealed(kms_key):
    return {} if kms_key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}


def _bucket_and_key(uri):
    # Not urlsplit: a key may hold a question mark.
    bucket, _, key = uri.split("://", 1)[1].partition("/")
    return bucket, key


def _s3():
    # One for each process: a client does not survive being sent to another.
    if os.getpid() not in _clients:
        import boto3
        _clients[os.getpid()] = boto3.client("s3")
    return _clients[os.getpid()]

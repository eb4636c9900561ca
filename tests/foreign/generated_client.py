"""Sends a package with the client that openapi-python-client made of spec/openapi.yaml.

    generated_client.py GENERATED FOLDER FILE…

GENERATED is the package that was generated, FOLDER the one of the partner who sends. Prints what
the node answered, as JSON. Of ours is only what no generator can know: packages and receipts.
"""

import base64
import hashlib
import io
import json
import ssl
import sys
import uuid
from pathlib import Path

from office import Office
from partner import tls

generated, folder, *files = map(Path, sys.argv[1:])
sys.path.insert(0, str(generated.parent))
client = __import__(generated.name)
api = __import__(f"{generated.name}.api.default", fromlist=["get_receipts", "get_status", "put_message"])
types = __import__(f"{generated.name}.types", fromlist=["File"])
for name in ("get_receipts", "get_status", "put_message"):
    __import__(f"{generated.name}.api.default.{name}")

office = Office(folder)
id = office.pack({path.name: path.read_bytes() for path in files})
(package,) = office.outgoing()
node = client.Client(
    base_url=office.peers[package.recipient]["url"],
    verify_ssl=tls(office, ssl.PROTOCOL_TLS_CLIENT),
    raise_on_unexpected_status=True,
)


def put(data):
    digest = base64.b64encode(hashlib.sha256(package.data).digest()).decode()
    return api.put_message.sync_detailed(
        uuid.UUID(id), client=node, body=types.File(payload=io.BytesIO(data)), content_digest=f"sha-256=:{digest}:"
    )


damaged = put(package.data + b"x").parsed
answer = put(package.data)
kinds = [office.take_receipt(package, answer.parsed.payload.read(), answer=True)]
after = 0
while kinds[-1] == "ContentConsignment":
    page = api.get_receipts.sync(client=node, office=office.number, after=after, wait=25)
    after = page.next_
    for entry in page.receipts:
        if str(entry.message_id) == id:
            office.take_receipt(package, base64.b64decode(entry.receipt))
    kinds = [path.stem.split("-")[1] for path in sorted((folder / "out" / id / "receipts").glob("*.p7s"))]
print(json.dumps({
    "damaged": damaged.code,
    "status": answer.status_code,
    "receipts": kinds,
    "formats": api.get_status.sync(client=node).formats,
}))

#!/usr/bin/env python3
"""An office on a relay, after spec/PROTOCOL.md, sections 11 to 13. It opens no port.

    relayed.py FOLDER card FILE        writes the card of the office, with a key to seal to
    relayed.py FOLDER digits FILE      the check digits of the own card and the one of a partner, and
                                       those of the own signing certificate, for the operator of the relay
    relayed.py FOLDER join FILE        registers the card of a partner
    relayed.py FOLDER introduce        hands the own card to the relay, which has it until it is approved
    relayed.py FOLDER exchange FILE…   leaves a send unit for its recipient, takes one that waits, and ends
                                       when the last receipts about both are where they belong

Beside what partner.py needs, `settings.json` names the relay: `"relay": {"url", "tls", "signing"}`, two PEM
files of its certificates. Sealing needs pyhpke.
"""

import base64
import hashlib
import http.client
import json
import ssl
import sys
import time
import urllib.parse
from datetime import timedelta
from pathlib import Path

import pyhpke
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import cms
import documents
from documents import sha256
from office import Office, Package, put

SUITE = "DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM"
HPKE = pyhpke.CipherSuite.new(pyhpke.KEMId.DHKEM_P256_HKDF_SHA256, pyhpke.KDFId.HKDF_SHA256, pyhpke.AEADId.AES256_GCM)
MAGIC, INFO, PIECE, TAG = b"RNKSEAL1", b"renkei.sealed/1", 65536, 16
CARD, SEALED = "application/pkcs7-mime; smime-type=signed-data", "application/vnd.renkei.sealed"
KINDS = {"ContentConsignment": "consignment", "ContentHandover": "handover", "ContentHandoverFailure": "failure", "Rejection": "rejection"}


def time_text(when):
    return when.isoformat().replace("+00:00", "Z")


def b64(data):
    return base64.b64encode(data).decode()


# Cards: section 11.


def digits(secret, salt):
    out = hashlib.pbkdf2_hmac("sha512", secret, salt, 1_000_000, 48)
    return " ".join(f"{int.from_bytes(out[n : n + 8], 'big') % 100_000:05}" for n in range(0, 48, 8))


def sealing_key(folder):
    """The private key to which packages for this office are sealed; made once."""
    path = folder / "sealing.pem"
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        put(path, key.private_bytes(encoding, form, serialization.NoEncryption()))
    return serialization.load_pem_private_key(path.read_bytes(), None)


def make_card(office):
    point = sealing_key(office.folder).public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    now = documents.now()
    card = {
        "format": "renkei.card/1",
        "office": office.number,
        "serial": int(now.timestamp()),
        "channels": [{"kind": "relay", "url": office.settings["relay"]["url"]}],
        "certificates": {
            use: [b64(cms.der_of(office.identities[use]["certificate"]))] for use in ("tls", "signing")
        },
        "sealing": {
            "suite": SUITE, "key_id": sha256(point)[:16], "public_key": b64(point),
            "valid_until": time_text(now + timedelta(days=60)),
        },
        "valid_from": time_text(now - timedelta(hours=1)),
        "valid_until": time_text(now + timedelta(days=300)),
    }
    return cms.sign(documents.written(card), office.identities["signing"], attached=True)


def read_card(folder, message):
    """What a card says, whose signer is one of those that it names."""
    said = documents.read(cms.openssl("cms", "-verify", "-noverify", "-binary", "-inform", "DER", given=message).stdout)
    documents.check(said, CARD_SCHEMA, CARD_SCHEMA)
    anchors = folder / f"card-{said['office']}.pem"
    put(anchors, pem(said["certificates"]["signing"]))
    cms.verify(message, anchors)
    return said


def pem(certificates):
    texts = (ssl.DER_cert_to_PEM_cert(base64.b64decode(certificate)) for certificate in certificates)
    return "".join(texts).encode()


CARD_SCHEMA, HEADER, MAILBOX = (documents.schema(name) for name in ("card", "sealed-header", "mailbox-page"))


def join(folder, file):
    """Registers the certificates of a card, as people do who have compared the digits."""
    message = file.read_bytes()
    card = read_card(folder, message)
    put(folder / "cards" / card["office"], message)
    peer = {"office": card["office"]}
    for use in ("tls", "signing"):
        peer[use] = []
        for n, certificate in enumerate(card["certificates"][use]):
            put(folder / f"{card['office']}-{use}-{n}.pem", pem([certificate]))
            peer[use].append(f"{card['office']}-{use}-{n}.pem")
    settings = json.loads((folder / "settings.json").read_bytes())
    settings["peers"] = [other for other in settings["peers"] if other["office"] != card["office"]] + [peer]
    put(folder / "settings.json", documents.written(settings))


# Sealed packages: section 13.


def additional(before, number, count):
    return hashlib.sha256(before).digest() + number.to_bytes(8, "big") + bytes([number == count - 1])


def seal(package, key):
    public = HPKE.kem.deserialize_public_key(base64.b64decode(key["public_key"]))
    enc, context = HPKE.create_sender_context(public, info=INFO)
    manifest = package.manifest
    header = documents.written({
        "format": "renkei.sealed/1",
        "message_id": package.id, "sender": package.sender, "recipient": package.recipient,
        "created_at": manifest["created_at"], "expires_at": manifest["expires_at"],
        "package_sha256": sha256(package.data), "size": len(package.data),
        "suite": SUITE, "key_id": key["key_id"], "enc": b64(enc),
    })
    before = MAGIC + len(header).to_bytes(4, "big") + header
    pieces = [package.data[at : at + PIECE] for at in range(0, len(package.data), PIECE)]
    return before + b"".join(
        context.seal(piece, aad=additional(before, n, len(pieces))) for n, piece in enumerate(pieces)
    )


def unseal(sealed, key):
    length = int.from_bytes(sealed[8:12], "big")
    before = sealed[: 12 + length]
    header = documents.read(before[12:])
    documents.check(header, HEADER, HEADER)
    if sealed[:8] != MAGIC or header["suite"] != SUITE:
        raise ValueError("seal-unknown-key")
    step = PIECE + TAG
    pieces = [sealed[at : at + step] for at in range(len(before), len(sealed), step)]
    enc = base64.b64decode(header["enc"])
    context = HPKE.create_recipient_context(enc, pyhpke.KEMKey.from_pyca_cryptography_key(key), info=INFO)
    inside = b"".join(context.open(piece, aad=additional(before, n, len(pieces))) for n, piece in enumerate(pieces))
    if sha256(inside) != header["package_sha256"] or len(inside) != header["size"]:
        raise ValueError("seal-mismatch")
    return header, inside


# The relay: section 12.


class Relay:
    def __init__(self, office):
        self.office, self.settings = office, office.settings["relay"]
        self.url = urllib.parse.urlsplit(self.settings["url"])
        self.certificate = cms.der_of(office.path(self.settings["tls"]))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.check_hostname = False
        self.context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self.context.load_verify_locations(office.path(self.settings["tls"]))
        identity = office.identities["tls"]
        self.context.load_cert_chain(identity["certificate"], identity["key"])
        self.context.set_alpn_protocols(["http/1.1"])

    def ask(self, method, path, body=None, **fields):
        """Status, fields and body of an answer."""
        connection = http.client.HTTPSConnection(self.url.hostname, self.url.port or 443, context=self.context, timeout=95)
        try:
            connection.connect()
            if connection.sock.getpeercert(True) != self.certificate:
                raise SystemExit("somebody else answers")
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def good(self, method, path, body=None, good=(200,), **fields):
        status, headers, answer = self.ask(method, path, body, **fields)
        if status not in good:
            raise SystemExit(f"{method} {path}: {status} {answer[:300]!r}")
        return status, headers, answer

    def hand_over_card(self, card):
        return self.good("PUT", f"/v1/card/{self.office.number}", card, (202, 204), Content_Type=CARD)[0]

    def leave(self, package, key):
        """Leaves a package, and says how it was taken; the word of the relay is its own."""
        sealed = seal(package, key)
        digest = b64(hashlib.sha256(sealed).digest())
        status, _, message = self.good(
            "PUT", f"/v1/messages/{package.id}", sealed, (200, 202),
            Content_Type=SEALED, Content_Digest=f"sha-256=:{digest}:",
        )
        signer, content = cms.verify(message, self.office.path(self.settings["signing"]))
        said = documents.read(content)
        about = {
            "format": "renkei.acceptance/1", "message_id": package.id, "sender": package.sender,
            "recipient": package.recipient, "package_sha256": sha256(package.data), "relay": sha256(signer),
        }
        if status == 202:
            about |= {"sealed_sha256": sha256(sealed), "size": len(sealed)}
        if any(said[name] != value for name, value in about.items()):
            raise SystemExit(f"no word about this package: {said}")
        return status

    def waiting(self, after):
        path = f"/v1/mailbox?office={self.office.number}&after={after}&wait=50"
        _, _, body = self.good("GET", path)
        page = documents.read(body)
        documents.check(page, MAILBOX, MAILBOX)
        return page

    def fetch(self, item):
        """The bytes of what waits, in two parts, as after a line that broke."""
        query = f"office={self.office.number}&sender={item['sender']}"
        path, half = f"/v1/mailbox/{item['message_id']}?{query}", item["size"] // 2
        _, first, begin = self.good("GET", path, good=(206,), Range=f"bytes=0-{half - 1}")
        _, _, end = self.good("GET", path, good=(206,), Range=f"bytes={half}-", If_Range=first["ETag"])
        if first["ETag"] != f'"{sha256(begin + end)}"' or sha256(begin + end) != item["sha256"]:
            raise SystemExit("other bytes than were listed")
        return begin + end

    def hand_over(self, package, receipt, kind):
        path = f"/v1/mailbox/{package.id}/receipts/{KINDS[kind]}?office={self.office.number}&sender={package.sender}"
        self.good("PUT", path, receipt, (200, 201), Content_Type=CARD)

    def receipts(self, after):
        _, _, body = self.good("GET", f"/v1/receipts?office={self.office.number}&after={after}&wait=50")
        page = documents.read(body)
        documents.check(page, documents.PAGE, documents.PAGE)
        return page


def take_one(office, relay):
    """Waits for a package, takes it, places its files and hands over the receipts."""
    after = 0
    while not (page := relay.waiting(after))["items"]:
        after = page["next"]
    (item,) = page["items"]
    header, data = unseal(relay.fetch(item), sealing_key(office.folder))
    office.take_package(header["message_id"], data, {item["sender"]})
    while office.place_next() is not None:
        pass
    kinds = []
    package = Package(data)
    for path in office.issued(package.sender, package.id):
        kinds.append(path.name.split(".")[3])
        relay.hand_over(package, path.read_bytes(), kinds[-1])
    status, _, _ = relay.ask("GET", f"/v1/mailbox/{package.id}?office={office.number}&sender={package.sender}")
    return {"took": kinds, "then": status}


def leave_one(office, relay, files):
    """Leaves a send unit, twice."""
    id = office.pack({path.name: path.read_bytes() for path in files})
    (package,) = (package for package in office.outgoing() if package.id == id)
    # What the relay has is held against the card that was compared: section 11.
    _, _, message = relay.good("GET", f"/v1/card/{package.recipient}")
    known, newest = (read_card(office.folder, card) for card in ((office.folder / "cards" / package.recipient).read_bytes(), message))
    if newest["serial"] < known["serial"] or newest["certificates"] != known["certificates"]:
        raise SystemExit("another card than the one that was compared")
    return package, [relay.leave(package, newest["sealing"]) for _ in range(2)]


def main():
    folder, command, *files = Path(sys.argv[1]).resolve(), sys.argv[2], *map(Path, sys.argv[3:])
    if command == "join":
        join(folder, files[0])
        return
    office = Office(folder)
    own = folder / "own.card"
    if command == "card":
        put(own, make_card(office))
        files[0].write_bytes(own.read_bytes())
    elif command == "digits":
        pair = sorted(hashlib.sha256(file.read_bytes()).digest() for file in (own, files[0]))
        print(digits(b"".join(pair), b"renkei.card/1 check digits"))
        print(digits(bytes.fromhex(office.certificate), b"renkei.certificate/1 check digits"))
    elif command == "introduce":
        print(Relay(office).hand_over_card(own.read_bytes()))
    else:
        relay = Relay(office)
        # 202 until the relay has taken up what its operator decided.
        while (status := relay.hand_over_card(own.read_bytes())) == 202:
            time.sleep(0.2)
        done = {"card": status}
        package, done["left"] = leave_one(office, relay, files)
        done |= take_one(office, relay)
        after = 0
        while office.state(package.id) not in ("ContentHandover", "Rejection"):
            page = relay.receipts(after)
            after = page["next"]
            for entry in page["receipts"]:
                office.take_receipt(package, base64.b64decode(entry["receipt"]))
        paths = sorted((folder / "out" / package.id / "receipts").glob("*.p7s"))
        done["receipts"] = [path.stem.split("-")[1] for path in paths]
        print(json.dumps(done))


if __name__ == "__main__":
    main()

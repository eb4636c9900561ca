"""Signatures and certificates (spec/PROTOCOL.md, sections 4 and 7), by the program openssl."""

import hashlib
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
DATA = bytes.fromhex("2a864886f70d010701")
DIGESTS = {bytes.fromhex("6086480165030402" + last) for last in ("01", "02", "03")}  # SHA-256, 384, 512
ATTRIBUTES = [
    bytes.fromhex(oid)
    for oid in ("2a864886f70d010903", "2a864886f70d010904", "2a864886f70d010905", "2a864886f70d010910022f")
]  # contentType, messageDigest, signingTime, signingCertificateV2
ECDSA, RSA = bytes.fromhex("2a8648ce3d0403"), bytes.fromhex("2a864886f70d0101")
NOT_RSA = {RSA + bytes([last]) for last in (7, 8, 10)}  # OAEP, MGF1, PSS
# What openssl says of a certificate, and the code for it.
REASONS = {
    "certificate has expired": "certificate-expired",
    "certificate is not yet valid": "certificate-not-yet-valid",
    "certificate revoked": "certificate-revoked",
    "CRL": "revocation-unknown",
    "issuer certificate": "certificate-unknown",
    "self-signed certificate": "certificate-unknown",
    "self signed certificate": "certificate-unknown",
    "first certificate": "certificate-unknown",
    "invalid CA certificate": "certificate-unknown",
    "unhandled critical extension": "certificate-unknown",
}
USAGES = {
    "tls": {"TLS Web Server Authentication", "TLS Web Client Authentication"},
    "signing": {"E-mail Protection", "1.3.6.1.5.5.7.3.36", "TLS Web Client Authentication"},
}
ANY = "Any Extended Key Usage"


class Distrust(Exception):
    """A signature or a certificate that is not believed."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=False)


def der_of(pem):
    """The first certificate of a PEM file."""
    return openssl("x509", "-in", pem, "-outform", "DER").stdout


# A strict reader of DER: a value is (tag, contents), contents a list where the tag says so.

def der(data):
    values, at = [], 0
    while at < len(data):
        tag, length = data[at : at + 2]
        at += 2
        if tag & 31 == 31 or length == 128:
            raise ValueError("no DER")
        if length > 128:
            size = data[at : at + length - 128]
            at += len(size)
            length = int.from_bytes(size, "big")
            if length < 128 or size[0] == 0:
                raise ValueError("no DER")
        contents = data[at : at + length]
        if len(contents) != length:
            raise ValueError("cut off")
        at += length
        values.append((tag, der(contents) if tag & 32 else contents))
    return values


def check_profile(message, attached):
    """Distrust where a message is CMS, perhaps, but not as section 4 has it."""
    try:
        values = der(message)
    except (ValueError, RecursionError) as error:
        raise Distrust("bad-signature", str(error)) from None
    match values:
        case [(0x30, [(6, signed), (0xA0, [(0x30, [
            (2, b"\1"), (0x31, [(0x30, [(6, outer), *_])]), (0x30, [(6, kind), *content]), (0xA0, _), (0x31, [(0x30, [
                (2, b"\1"), (0x30, [(0x30, _), (2, _)]), (0x30, [(6, digest), *_]), (0xA0, attributes), (0x30, _), (4, _),
            ])]),
        ])])])] if (signed, kind) == (SIGNED_DATA, DATA):
            pass
        case _:
            raise Distrust("bad-signature", "not the profile of section 4")
    if outer != digest or digest not in DIGESTS:
        raise Distrust("bad-signature", "the digest")
    if bool(content) != attached:
        raise Distrust("bad-signature", "the content has to be " + ("inside" if attached else "outside"))
    parts = values[0][1][1][1][0][1]
    certificates, signer = parts[3][1], parts[4][1][0][1]
    if any(certificate in certificates[:n] for n, certificate in enumerate(certificates)):
        raise Distrust("bad-signature", "a certificate twice")
    (_, algorithm), *parameters = signer[4][1]
    if algorithm.startswith(ECDSA) and parameters or not algorithm.startswith((ECDSA, RSA)) or algorithm in NOT_RSA:
        raise Distrust("bad-signature", "the algorithm of the signature")
    for wanted in ATTRIBUTES:
        if [oid for _, [(_, oid), _] in attributes].count(wanted) != 1:
            raise Distrust("bad-signature", f"the signed attribute {wanted.hex()}")
    for _, [(_, oid), (_, values)] in attributes:
        if oid in ATTRIBUTES and len(values) != 1:
            raise Distrust("bad-signature", f"values of the signed attribute {oid.hex()}")
        if oid == ATTRIBUTES[2]:
            check_time(*values[0])


def check_time(tag, text):
    """Distrust where a signing time is not as RFC 5652, 11.3, has it."""
    form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}.get(tag, "")
    try:
        if len(text) != {0x17: 13, 0x18: 15}.get(tag):
            raise ValueError
        time.strptime(text.decode(), form)
    except ValueError:
        raise Distrust("bad-signature", "the signing time") from None


def sign(content, identity, attached):
    """Signs with `identity`: paths of `certificate` (the signer's first, then those above) and `key`."""
    with tempfile.TemporaryDirectory() as folder:
        above = Path(folder, "above.pem")
        above.write_text("".join(re.split(r"(?=-----BEGIN)", Path(identity["certificate"]).read_text())[2:]))
        done = openssl(
            "cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md", "sha256", "-outform", "DER",
            *(["-nodetach"] if attached else []),
            *(["-certfile", above] if above.stat().st_size else []),
            "-signer", identity["certificate"], "-inkey", identity["key"], given=content,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


def verify(message, anchors, content=None):
    """The signer's certificate (DER) and the content.

    `anchors` is a PEM file of the authority and of all pinned certificates. `content` is what a
    detached message signs. Whether the certificate speaks for the office is not looked at here.
    """
    check_profile(message, attached=content is None)
    with tempfile.TemporaryDirectory() as folder:
        signer, detached, out = (Path(folder, name) for name in ("signer.pem", "content", "out"))
        if content is not None:
            detached.write_bytes(content)
        done = openssl(
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
            "-CAfile", anchors, "-no-CApath", "-no-CAstore", "-partial_chain", "-signer", signer, "-out", out,
            *(["-content", detached] if content is not None else []), given=message,
        )
        if done.returncode != 0:
            said = done.stderr.decode()
            code = next((code for reason, code in REASONS.items() if reason in said), "bad-signature")
            raise Distrust(code, said[-300:])
        return der_of(signer), out.read_bytes()


class Trust:
    """Who is believed to speak for which office (section 7)."""

    def __init__(self, folder, authority, pins):
        """`pins`: use ("tls" or "signing") → office → PEM files. Writes anchor files into `folder`, each
        of them whole at any moment, because other commands on the folder read them meanwhile."""
        self.pinned, self.authority = {}, authority
        for use, offices in pins.items():
            files = [file for files in offices.values() for file in files]
            anchors = "".join(Path(file).read_text() for file in files + [authority] * bool(authority))
            beside = Path(folder, f".{use}-anchors.{os.getpid()}")
            beside.write_text(anchors)
            os.replace(beside, Path(folder, f"{use}-anchors.pem"))
            for office, files in offices.items():
                for file in files:
                    pin = (use, hashlib.sha256(der_of(file)).hexdigest())
                    self.pinned.setdefault(pin, set()).add(office)

    def offices(self, use, certificate):
        """The offices that a certificate (DER) speaks for.

        Whether its path, its time and its extensions are good has openssl decided before, in the
        handshake or in `verify`.
        """
        text = openssl("x509", "-inform", "DER", "-noout", "-text", given=certificate).stdout.decode()

        def extension(name):
            found = re.search(rf"X509v3 {name}: .*\n +(.*)", text)
            return set(found[1].split(", ")) if found else set()

        pinned = self.pinned.get((use, hashlib.sha256(certificate).hexdigest()), set())
        usage, extended = extension("Key Usage"), extension("Extended Key Usage")
        if "Version: 3 (" not in text:
            raise Distrust("certificate-version")
        if "CA:TRUE" in extension("Basic Constraints"):
            raise Distrust("certificate-wrong-usage", "CA:TRUE")
        if usage and not usage & {"Digital Signature", "Non Repudiation"}:
            raise Distrust("certificate-wrong-usage", "keyUsage")
        key = re.search(r"Public-Key: \((\d+) bit\)", text)
        curve = re.search(r"ASN1 OID: (prime256v1|secp384r1)", text)
        rsa = "Public Key Algorithm: rsaEncryption" in text and key and 2048 <= int(key[1]) <= 8192
        if not curve and not rsa:
            raise Distrust("certificate-weak-key" if use == "tls" else "bad-signature", "the key")
        if pinned:
            return pinned
        if extended and not extended & (USAGES[use] | {ANY}):
            raise Distrust("certificate-wrong-usage", "extendedKeyUsage")
        subject = openssl("x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "multiline", given=certificate)
        return set(re.findall(r"commonName += ([0-9A-Z]{10})$", subject.stdout.decode(), re.M))

#!/usr/bin/env python3
"""Makes the test vectors of renkei's protocol anew: python3 spec/vectors/make.py

Needs Python 3.9 with pyhpke, and OpenSSL 3 on the path; no part of renkei. Keys, certificates and revocation
lists under keys/ are made once and then stay (delete the folder to make new ones); everything else
is written each time. ECDSA signatures and signing times differ between runs, so the files are
committed and only verified. All data is invented and every key is thrown away already.
"""

import base64, copy, datetime, hashlib, json, os, shutil, subprocess, tempfile, zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEYS = HERE / "keys"
NOW = "2026-12-01T00:00:00Z"
SENDER, RECIPIENT, OTHER = "2770000011", "2770000045", "2770000099"
SAMPLE = "DLTPLAN_202606_2770000011_43_2770000045_17_20260703100000.CSV"
CSV = (HERE.parent / "samples/delete-usage" / SAMPLE).read_bytes()
ID = "019ad6a0-0000-7000-8000-00000000000%d"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def openssl(*arguments, cwd=KEYS):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=cwd, capture_output=True)
    if done.returncode:
        raise SystemExit(f"openssl {' '.join(map(str, arguments))}\n{done.stderr.decode()}")
    return done.stdout


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def index(folder, what, **members):
    text = json.dumps({"about": what, **members}, ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")


# -- keys and certificates -----------------------------------------------------------------------

CONFIG = """
[ca]
default_ca = it
[it]
database = index.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
policy = any
crl_extensions = list
crlnumber = crlnumber.txt
unique_subject = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[list]
authorityKeyIdentifier = keyid
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[signing]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = emailProtection
[tls]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
[server_only]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
[client_only]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
[other_usage]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
[plain]
basicConstraints = critical,CA:FALSE
[encipher]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature,keyCertSign
"""

# name: (common name, key, extensions, issuer or None for itself, start, end)
SPAN = ("20200101000000Z", "20560101000000Z")
CERTIFICATES = {
    "root": ("Vector Root", "p256", "ca_ext", None, *SPAN),
    "middle": ("Vector Middle", "p256", "ca_ext", "root", *SPAN),
    "sender": (SENDER, "p256", "signing", "root", *SPAN),
    "sender-p384": (SENDER, "p384", "signing", "root", *SPAN),
    "sender-rsa": (SENDER, "rsa", "signing", "root", *SPAN),
    "sender-middle": (SENDER, "p256", "signing", "middle", *SPAN),
    "sender-tls": (SENDER, "p256", "tls", "root", *SPAN),
    "sender-plain": (SENDER, "p256", "plain", "root", *SPAN),
    "sender-server-only": (SENDER, "p256", "server_only", "root", *SPAN),
    "sender-client-only": (SENDER, "p256", "client_only", "root", *SPAN),
    "sender-other-usage": (SENDER, "p256", "other_usage", "root", *SPAN),
    "sender-encipher": (SENDER, "p256", "encipher", "root", *SPAN),
    "sender-authority": (SENDER, "p256", "authority", "root", *SPAN),
    "sender-ended": (SENDER, "p256", "signing", "root", SPAN[0], "20260601000000Z"),
    "sender-future": (SENDER, "p256", "signing", "root", "20270101000000Z", SPAN[1]),
    "sender-revoked": (SENDER, "p256", "signing", "root", *SPAN),
    "sender-weak": (SENDER, "rsa1024", "signing", "root", *SPAN),
    "sender-pinned": ("any name", "p256", "signing", None, *SPAN),
    "sender-unknown": (SENDER, "p256", "signing", None, *SPAN),
    "recipient": (RECIPIENT, "p256", "signing", "root", *SPAN),
    "recipient-rsa": (RECIPIENT, "rsa", "signing", "root", *SPAN),
    "other": (OTHER, "p256", "signing", "root", *SPAN),
}
KINDS = {
    "p256": ("EC", "ec_paramgen_curve:P-256"),
    "p384": ("EC", "ec_paramgen_curve:P-384"),
    "rsa": ("RSA", "rsa_keygen_bits:3072"),
    "rsa1024": ("RSA", "rsa_keygen_bits:1024"),
}


def make_keys():
    if KEYS.exists():
        return
    KEYS.mkdir()
    for name, text in [("ca.cnf", CONFIG), ("index.txt", ""), ("serial.txt", "1000\n"), ("crlnumber.txt", "01\n")]:
        (KEYS / name).write_text(text)
    for name, (common_name, kind, extensions, issuer, start, end) in CERTIFICATES.items():
        algorithm, option = KINDS[kind]
        openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", f"{name}.key.pem")
        subject = f"/C=JP/O=THROW-AWAY TEST VECTORS/OU=DO NOT TRUST/CN={common_name}"
        openssl("req", "-new", "-key", f"{name}.key.pem", "-subj", subject, "-out", "request.pem")
        by = ["-selfsign", "-keyfile", f"{name}.key.pem"]
        if issuer:
            by = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key.pem"]
        openssl("ca", "-config", "ca.cnf", "-batch", "-notext", *by, "-extensions", extensions,
                "-startdate", start, "-enddate", end, "-in", "request.pem", "-out", f"{name}.pem")
    # openssl x509 -req without extensions makes version 1.
    openssl("req", "-new", "-key", "sender.key.pem", "-out", "request.pem",
            "-subj", f"/C=JP/O=THROW-AWAY TEST VECTORS/CN={SENDER}")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "root.pem", "-CAkey", "root.key.pem",
            "-set_serial", "4097", "-days", "9000", "-out", "sender-version-1.pem")
    shutil.copy(KEYS / "sender.key.pem", KEYS / "sender-version-1.key.pem")
    root = ["-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key.pem"]
    openssl("ca", *root, "-revoke", "sender-revoked.pem")
    openssl("ca", *root, "-gencrl", "-crl_lastupdate", "20261101000000Z", "-crl_nextupdate", "20270101000000Z", "-out", "list.crl.pem")
    openssl("ca", *root, "-gencrl", "-crl_lastupdate", "20260901000000Z", "-crl_nextupdate", "20261001000000Z", "-out", "stale.crl.pem")
    keep = {"list.crl.pem", "stale.crl.pem"}
    for path in KEYS.iterdir():
        if path.name not in keep and not path.name.startswith(tuple(CERTIFICATES)):
            path.unlink()
    (KEYS / "README.md").write_text(
        "THROW-AWAY TEST KEYS, known to everybody: never trust or use them for anything but these vectors.\n"
        "捨て鍵です。この検証データのほかに使わないでください。\n")


def fingerprint(name):
    return sha256(base64.b64decode("".join((KEYS / f"{name}.pem").read_text().split("-----")[2].split())))


# -- the pieces of a package ----------------------------------------------------------------------

COMMON = bytes([10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0])


def container(entries):
    """The one container that holds these entries, [(name, bytes)]."""
    out, directory = b"", b""
    for name, data in entries:
        name = name.encode()
        sizes = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little") * 2
        common = COMMON + sizes + len(name).to_bytes(2, "little") + bytes(2)
        directory += b"PK\1\2\x0a\x03" + common + bytes(6) + (0o100644 << 16).to_bytes(4, "little")
        directory += len(out).to_bytes(4, "little") + name
        out += b"PK\3\4" + common + name + data
    count = len(entries).to_bytes(2, "little")
    end = b"PK\5\6" + bytes(4) + count * 2 + len(directory).to_bytes(4, "little")
    return out + directory + end + len(out).to_bytes(4, "little") + bytes(2)


def package(manifest, signature, files):
    return container([("manifest.json", manifest), ("manifest.p7s", signature)]
                     + [(f"files/{n:04}", data) for n, data in enumerate(files, 1)])


def manifest(number=1, certificate="sender", files=((SAMPLE, CSV),), **members):
    return {
        "format": "renkei.package/1",
        "message_id": ID % number,
        "sequence": number,
        "sender": {"office": SENDER, "service_types": ["43"], "certificate": fingerprint(certificate)},
        "recipient": {"office": RECIPIENT, "service_types": ["17"]},
        "created_at": "2026-11-30T09:00:00Z",
        "expires_at": "2026-12-07T09:00:00Z",
        "kind": "K4",
        "edition": "v4.1",
        "months": ["202606"],
        "serial": "20260703100000",
        "files": [
            {"n": n, "name": name, "size": len(data), "sha256": sha256(data),
             "media": "image/jpeg" if name.lower().endswith("jpg") else "text/csv"}
            for n, (name, data) in enumerate(files, 1)
        ],
        **members,
    }


# The line that works for every kind of key; spec/PROTOCOL.md prints it.
SIGN = "cms -sign -binary -cades -nosmimecap -md sha256 -outform DER"


def cms(content, who="sender", line=SIGN, *more):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content"
        path.write_bytes(content)
        out = Path(folder) / "out"
        openssl(*line.split(), "-in", path, "-out", out, "-signer", f"{who}.pem",
                "-inkey", f"{who}.key.pem", *more)
        return out.read_bytes()


def make_containers():
    folder = fresh("container")
    text = compact(manifest())
    signature = cms(text)
    entries = [("manifest.json", text), ("manifest.p7s", signature), ("files/0001", CSV)]
    good = container(entries)
    listed = []

    def put(name, data, verdict, code=None, note=None):
        (folder / f"{name}.zip").write_bytes(data)
        listed.append({"file": f"{name}.zip", "verdict": verdict, **({"code": code} if code else {}),
                       **({"note": note} if note else {})})

    def patched(offset, data):
        return good[:offset] + data + good[offset + len(data):]

    directory = good.index(b"PK\1\2")
    put("good", good, "accept")
    two = manifest(files=((SAMPLE, CSV), (SAMPLE.replace("202606", "202607"), b"")))
    two_text = compact(two)
    put("good-empty-file", package(two_text, cms(two_text), [CSV, b""]), "accept", note="a file of 0 bytes")
    bad = lambda name, data, note, code="bad-container": put(name, data, "refuse", code, note)
    bad("order", container([entries[1], entries[0], entries[2]]), "signature before manifest")
    bad("real-name", container(entries[:2] + [(SAMPLE, CSV)]), "files by their own names")
    bad("from-0", container(entries[:2] + [("files/0000", CSV)]), "numbered from 0")
    bad("no-signature", container([entries[0], entries[2]]), "no manifest.p7s")
    bad("directory-entry", container(entries[:2] + [("files/", b"")] + entries[2:]), "an entry for the folder")
    bad("repeated", container(entries + [entries[2]]), "an entry twice")
    bad("extra-file", container(entries + [("files/0002", b"x")]), "one file more than the manifest lists", "file-mismatch")
    bad("missing-file", container(entries[:2]), "one file less than the manifest lists", "file-mismatch")
    bad("other-file", container(entries[:2] + [("files/0001", CSV[:-1] + b" ")]), "another file than the manifest describes", "file-mismatch")
    bad("empty", b"", "no bytes")
    bad("no-entries", container([]), "a ZIP without entries")
    bad("prefix", b"\0" + good, "a byte before")
    bad("suffix", good + b"\0", "a byte after")
    bad("truncated", good[:-1], "the last byte missing")
    bad("version-20", patched(4, b"\x14"), "version needed 2.0")
    bad("utf8-flag", patched(7, b"\x08"), "general purpose bit 11")
    bad("descriptor-flag", patched(6, b"\x08"), "general purpose bit 3")
    bad("deflate", patched(8, b"\x08"), "method 8")
    bad("time", patched(10, b"\x01"), "a time stamp")
    bad("crc", patched(14, b"\0\0\0\0"), "another checksum")
    bad("mode", patched(directory + 38, (0o100755 << 16).to_bytes(4, "little")), "another mode")
    bad("made-by", patched(directory + 4, b"\x14"), "made by version 2.0")
    bad("comment", good[:-2] + b"\1\0x", "a comment")
    extra = b"PK\3\4" + good[4:28] + b"\4\0" + good[30:43] + b"\0\0\0\0" + good[43:]
    bad("extra-field", extra, "an extra field")
    index(folder, "Containers; limits as in vectors.json.", cases=listed)
    return good


def make_attachments():
    folder = fresh("attachments")
    pdf = b"%PDF-1.7\n"
    about = {"title": "主治医意見書.pdf", "kind": "意見書", "month": "202606",
             "person": {"insurer": "999999", "insured": "0000900011"}}
    file = {"n": 1, "name": "ATT_0001.pdf", "size": len(pdf), "sha256": sha256(pdf), "media": "application/pdf", "document": about}
    members = manifest(format="renkei.attachments/1", sequence=2**52 + 1, kind="ATT", set="20260703100000", serial="20261130180000")
    good = compact({**{name: value for name, value in members.items() if name != "edition"}, "files": [file]})
    (folder / "good.json").write_bytes(good)
    text = good.decode()
    cases = []

    def edit(name, before, after, code=None):
        assert text.count(before) >= 1, (name, before)
        cases.append({"name": name, "replace": [before, after], "verdict": "refuse" if code else "accept", **({"code": code} if code else {})})

    bad = lambda name, before, after, code="bad-manifest": edit(name, before, after, code)
    edit("as-it-is", '"n":1', '"n":1')
    edit("no-set", ',"set":"20260703100000"', "")
    edit("no-kind", '"kind":"意見書",', "")
    edit("no-month", '"month":"202606",', "")
    edit("no-person", ',"person":{"insurer":"999999","insured":"0000900011"}', "")
    edit("insurer-without-zeros", '"999999"', '"99999"')
    edit("insured-of-another-kind", '"0000900011"', '"H000900011"')
    edit("unknown-member-of-document", '{"title"', '{"x":1,"title"')
    edit("serial-of-any-time", '"serial":"20261130180000"', '"serial":"00000000000000"')
    edit("title-taken-apart", "主治医意見書", "か\u3099く")
    edit("title-with-dots", "主治医意見書", "計画 2026.05.12 (2)")
    edit("title-of-200-bytes", "主治医意見書", "あ" * 65 + "a")
    bad("format-of-sets", "renkei.attachments/1", "renkei.package/1")
    bad("format-2", "renkei.attachments/1", "renkei.attachments/2", "unsupported-format")
    bad("sequence-of-sets", str(2**52 + 1), str(2**52))
    bad("other-kind", '"kind":"ATT"', '"kind":"K1"')
    bad("with-an-edition", '"kind":"ATT"', '"kind":"ATT","edition":"v4.1"')
    bad("set-13-digits", '"set":"20260703100000"', '"set":"2026070310000"')
    bad("null-set", '"set":"20260703100000"', '"set":null')
    bad("name-of-another-number", "ATT_0001", "ATT_0002")
    bad("name-of-another-type", "ATT_0001.pdf", "ATT_0001.png")
    bad("name-of-the-standard", "ATT_0001.pdf", SAMPLE)
    bad("media-unknown", "application/pdf", "application/zip")
    bad("no-document", ',"document":' + json.dumps(about, ensure_ascii=False, separators=(",", ":")), "")
    bad("null-document", json.dumps(about, ensure_ascii=False, separators=(",", ":")), "null")
    bad("no-title", '"title":"主治医意見書.pdf",', "")
    for name, title in [("empty", ""), ("without-extension", "主治医意見書"), ("of-a-path", "../意見書.pdf"), ("of-another-path", "a\\\\b.pdf"), ("with-a-colon", "a:b.pdf"),
                        ("that-turns", "a\u202efdp.pdf"), ("with-nothing-to-see", "a\u200b.pdf"), ("with-a-line", "a\\nb.pdf"), ("hidden", ".a.pdf"), ("of-an-open-file", "~a.pdf"),
                        ("blank-before", " a.pdf"), ("blank-behind", "a.pdf "), ("dot-behind", "a.pdf."), ("device", "nul.pdf"), ("port", "COM1.pdf"),
                        ("two-extensions", "a.exe.pdf"), ("two-types", "a.xlsx.pdf"), ("of-201-bytes", "あ" * 65 + "aa.pdf")]:
        bad("title-" + name, "主治医意見書.pdf", title)
    bad("kind-of-a-path", "意見書\",\"month", "a/b\",\"month")
    bad("kind-of-91-bytes", '"kind":"意見書"', '"kind":"' + "あ" * 30 + 'a"')
    bad("month-13", '"month":"202606"', '"month":"202613"')
    bad("person-without-insurer", '"insurer":"999999",', "")
    bad("insurer-7-digits", '"999999"', '"9999999"')
    bad("insured-9-digits", '"0000900011"', '"000090001"')
    index(folder, "Each is good.json with every `replace[0]` replaced by `replace[1]`.", cases=cases)


def make_manifests():
    folder = fresh("manifest")
    good = compact(manifest())
    (folder / "good.json").write_bytes(good)
    text = good.decode()
    cases = []

    def edit(name, before, after, code=None, note=None):
        assert text.count(before) >= 1, (name, before)
        cases.append({"name": name, "replace": [before, after], "verdict": "refuse" if code else "accept",
                      **({"code": code} if code else {}), **({"note": note} if note else {})})

    bad = lambda name, before, after, code="bad-manifest": edit(name, before, after, code)
    edit("as-it-is", '"sequence":1', '"sequence":1')
    edit("white-space", ",", " ,\n\t")
    edit("unknown-member", '{"format"', '{"x":[1,{"y":null}],"format"', note="passed over; part of what is signed")
    edit("unknown-member-of-file", '{"n":1', '{"z":true,"n":1')
    edit("largest-sequence", '"sequence":1', '"sequence":9007199254740991')
    edit("time-with-offset", "2026-11-30T09:00:00Z", "2026-11-30T18:00:00+09:00")
    edit("time-with-nanoseconds", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00.123456789Z")
    edit("upper-case-digest", fingerprint("sender"), fingerprint("sender").upper())
    edit("extension-in-lower-case", "CSV", "csv")
    edit("no-service-types", ',"service_types":["43"]', "")
    edit("no-months", '["202606"]', "[]", note="well-formed; the files say otherwise, so a Rejection follows")
    edit("other-kind", '"K4"', '"K1"', note="well-formed; the files say otherwise, so a Rejection follows")
    edit("supersedes", '"files":', f'"supersedes":"{ID % 9}","files":')
    created = "2026-11-30T09:00:00Z"
    edit("time-in-small-letters", created, created.lower())
    edit("time-with-a-blank", created, created.replace("T", " "))
    edit("time-oldest", created, "1970-01-01T00:00:00+23:59")
    edit("time-newest", "2026-12-07T09:00:00Z", "9998-12-31T23:59:59-23:59")
    edit("escape-in-a-name", '"format"', '"\\u0066ormat"')
    edit("escape-in-a-text", "renkei.package/1", "renkei.package\\/1")
    edit("months-twice", '["202606"]', '["202606","202606"]')
    edit("null-that-is-passed-over", '{"format"', '{"x":null,"format"')
    edit("nested-64-deep", '{"format"', '{"x":' + "[" * 63 + "]" * 63 + ',"format"')
    edit("large-number", '{"format"', '{"x":1.7e308,"format"')
    bad("format-2", "renkei.package/1", "renkei.package/2", "unsupported-format")
    bad("no-format", '"format":"renkei.package/1",', "")
    bad("byte-order-mark", '{"format"', '\ufeff{"format"')
    bad("repeated-member", '"sequence":1', '"sequence":1,"sequence":1')
    bad("comma-at-end", "}]}", "}],}")
    bad("trailing-text", "}]}", "}]}x")
    bad("sequence-0", '"sequence":1', '"sequence":0')
    bad("sequence-negative", '"sequence":1', '"sequence":-1')
    bad("sequence-text", '"sequence":1', '"sequence":"1"')
    bad("sequence-fraction", '"sequence":1', '"sequence":1.0')
    bad("sequence-2-53", '"sequence":1', '"sequence":9007199254740992')
    bad("id-upper-case", ID % 1, (ID % 1).upper())
    bad("id-version-4", "-7000-", "-4000-")
    bad("id-without-hyphens", ID % 1, (ID % 1).replace("-", ""))
    bad("no-certificate", f',"certificate":"{fingerprint("sender")}"', "")
    bad("digest-too-short", fingerprint("sender"), fingerprint("sender")[1:])
    bad("time-without-zone", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00")
    bad("time-ten-digits", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00.1234567890Z")
    bad("expires-before-created", "2026-12-07T09:00:00Z", "2026-11-30T09:00:00Z")
    for name, time in [("without-seconds", "2026-11-30T09:00Z"), ("basic", "20261130T090000Z"), ("comma", "2026-11-30T09:00:00,5Z"), ("point-alone", "2026-11-30T09:00:00.Z"),
                       ("leap-second", "2026-11-30T09:00:60Z"), ("hour-24", "2026-11-30T24:00:00Z"), ("day-30-of-february", "2026-02-30T09:00:00Z"), ("offset-in-hours", "2026-11-30T18:00:00+09"),
                       ("offset-without-colon", "2026-11-30T18:00:00+0900"), ("offset-of-a-day", "2026-11-30T18:00:00+24:00"), ("offset-60-minutes", "2026-11-30T18:00:00+09:60"),
                       ("offset-with-seconds", "2026-11-30T18:00:00+09:00:30"), ("zone-named", "2026-11-30T09:00:00Z[UTC]"), ("six-digits-of-a-year", "+002026-11-30T09:00:00Z"),
                       ("other-digits", "\uff12\uff10\uff12\uff16-11-30T09:00:00Z"), ("1969", "1969-12-31T23:59:59Z"), ("blank-behind", "2026-11-30T09:00:00Z ")]:
        bad("time-" + name, created, time)
    bad("time-9999", "2026-12-07T09:00:00Z", "9999-01-01T00:00:00Z")
    bad("null-supersedes", '"files":', '"supersedes":null,"files":')
    bad("null-certificate", '"office":"2770000045"', '"office":"2770000045","certificate":null')
    bad("null-service-types", '["43"]', "null")
    bad("certificate-of-recipient-too-short", '"office":"2770000045"', '"office":"2770000045","certificate":"00"')
    bad("digest-with-colons", fingerprint("sender"), ":".join(fingerprint("sender")[i:i + 2] for i in range(0, 64, 2)))
    bad("unknown-member-twice", '{"format"', '{"x":1,"x":1,"format"')
    bad("unknown-member-twice-inside", '{"format"', '{"x":[{"y":1,"\\u0079":1}],"format"')
    bad("half-a-character", '{"format"', '{"x":"\\ud800","format"')
    bad("half-a-character-in-a-name", '{"format"', '{"\\udc00":1,"format"')
    bad("nested-65-deep", '{"format"', '{"x":' + "[" * 64 + "]" * 64 + ',"format"')
    bad("number-too-large", '{"format"', '{"x":1e309,"format"')
    bad("not-a-number", '{"format"', '{"x":NaN,"format"')
    bad("control-character", '{"format"', '{"x":"a\tb","format"')
    bad("format-number", '"renkei.package/1"', "1")
    bad("kind-empty", '"K4"', '""')
    bad("kind-17-characters", '"K4"', '"' + "K" * 17 + '"')
    bad("kind-japanese", '"K4"', '"計画"')
    bad("edition-unknown", '"v4.1"', '"v9"')
    bad("month-13", '["202606"]', '["202613"]')
    bad("month-of-the-year-0", '["202606"]', '["000001"]')
    bad("months-121", '["202606"]', json.dumps(["202606"] * 121))
    bad("service-types-101", '["43"]', json.dumps(["43"] * 101))
    bad("serial-13-digits", '"serial":"20260703100000"', '"serial":"2026070310000"')
    bad("serial-of-another", '"serial":"20260703100000"', '"serial":"20260703100001"')
    bad("supersedes-itself", '"files":', f'"supersedes":"{ID % 1}","files":')
    bad("no-files", text[text.index("[{"):-1], "[]")
    bad("n-from-0", '"n":1', '"n":0')
    bad("name-of-a-path", '"name":"', '"name":"../')
    bad("name-not-of-the-standard", SAMPLE, "plan.csv")
    bad("name-month-13", "DLTPLAN_202606", "DLTPLAN_202613")
    bad("name-month-0", "DLTPLAN_202606", "DLTPLAN_000000")
    bad("name-without-month", "DLTPLAN_202606", "DLTPLAN")
    bad("name-with-one-service-type", "2770000045_17", "2770000045")
    bad("name-of-another-sender", "2770000011_43", "2770000012_43")
    bad("name-of-another-recipient", "2770000045_17", "2770000046_17")
    bad("media-of-another-kind", "text/csv", "image/jpeg")
    one = text[text.index("[{") + 1:-2]
    bad("name-twice", one, one + "," + one.replace('"n":1', '"n":2').replace(".CSV", ".csv"))
    bad("size-2-53", f'"size":{len(CSV)}', '"size":9007199254740992')
    bad("size-minus-0", f'"size":{len(CSV)}', '"size":-0')
    bad("n-fraction", '"n":1', '"n":1.0')
    bad("size-negative", f'"size":{len(CSV)}', '"size":-1')
    bad("office-9-digits", '"office":"2770000011"', '"office":"277000001"')
    cases.append({"name": "not-utf-8", "base64": base64.b64encode(good.replace(b"K4", b"K\xff")).decode(),
                  "verdict": "refuse", "code": "bad-manifest"})
    cases.append({"name": "not-utf-8-in-what-is-passed-over", "base64": base64.b64encode(good.replace(b'{"format"', b'{"x":"\xff","format"')).decode(),
                  "verdict": "refuse", "code": "bad-manifest"})
    cases.append({"name": "zero-byte-behind", "base64": base64.b64encode(good + b"\0").decode(), "verdict": "refuse", "code": "bad-manifest"})
    index(folder, "Each is good.json with every `replace[0]` replaced by `replace[1]`, or the bytes of `base64`.", cases=cases)


def trust(roots=("root",), pins=(), lists=()):
    out = {"roots": [f"keys/{root}.pem" for root in roots]}
    if pins:
        out["pins"] = {SENDER: [fingerprint(pin) for pin in pins]}
    if lists:
        out["revocation_lists"] = [f"keys/{name}.crl.pem" for name in lists]
    return out


def make_cms():
    folder = fresh("cms")
    cases = []

    def put(name, code=None, who="sender", line=SIGN, more=(), named=None, change=None, by=None, agrees=True, note=None):
        text = compact(manifest(certificate=named or who))
        signature = cms(text, who, line, *more)
        if change:
            text, signature = change(text, signature)
        (folder / f"{name}.zip").write_bytes(package(text, signature, [CSV]))
        cases.append({"file": f"{name}.zip", "verdict": "refuse" if code else "accept",
                      **({"code": code} if code else {}), "trust": by or trust(),
                      "openssl": (not code) if agrees else bool(code), **({"note": note} if note else {})})

    def bad(name, note, code="bad-signature", **other):
        put(name, code, note=note, **other)

    def plain(line):
        return line.replace(" -cades", "")

    put("p256", note="ECDSA P-256 with SHA-256")
    put("p384", who="sender-p384", line=SIGN.replace("sha256", "sha384"), note="ECDSA P-384 with SHA-384")
    put("rsa", who="sender-rsa", note="RSA 3072, PKCS#1 v1.5 with SHA-256")
    put("p256-sha512", line=SIGN.replace("sha256", "sha512"))
    put("p384-sha256", who="sender-p384")
    put("smimecapabilities", line=SIGN.replace(" -nosmimecap", ""), note="a further signed attribute")
    put("intermediate", who="sender-middle", more=("-certfile", "middle.pem"),
        note="the certificate between beside the signer's; signingCertificateV2 lists the signer's alone (RFC 5035)")
    put("unrelated-certificate", more=("-certfile", "other.pem"), note="passed over")
    put("pinned", who="sender-pinned", by=trust(roots=(), pins=("sender-pinned",)), note="pinned for the office; issued by itself")
    put("list-fresh", by=trust(lists=("list",)), note="with a revocation list that does not name it")
    put("tls-certificate", who="sender-tls", note="clientAuth is enough to sign")
    put("no-extended-usage", who="sender-plain", note="without keyUsage and extendedKeyUsage")

    def flip(text, signature):
        return text, signature[:-1] + bytes([signature[-1] ^ 1])

    def other_text(text, signature):
        return text.replace(b'"sequence":1', b'"sequence":2'), signature

    bad("signature-bit", "a bit of the signature changed", change=flip)
    bad("other-content", "the manifest changed after it was signed", change=other_text)
    bad("trailing-byte", "a byte after the message", change=lambda t, s: (t, s + b"\0"), agrees=False)
    bad("no-attributes", "no signed attributes", line=plain(SIGN), more=("-noattr",), agrees=False)
    bad("no-signing-certificate", "no signingCertificateV2", line=plain(SIGN))
    bad("sha1", "SHA-1", line=SIGN.replace("sha256", "sha1"), agrees=False)
    bad("key-identifier", "signer named by subjectKeyIdentifier", who="sender-p384", more=("-keyid",), agrees=False)
    bad("no-certificate", "the signer's certificate is not inside", more=("-nocerts",))
    bad("attached", "the content is inside", more=("-nodetach",), agrees=False)
    bad("content-type", "another content type", more=("-econtent_type", "1.2.3.4"), agrees=False)
    bad("two-signers", "two signers", more=("-signer", "sender-p384.pem", "-inkey", "sender-p384.key.pem"), agrees=False)
    bad("pem", "PEM instead of DER", line=SIGN.replace("DER", "PEM"))
    bad("indefinite-length", "BER instead of DER", change=lambda t, s: (t, indefinite(s)), agrees=False)
    bad("weak-key", "RSA 1024", who="sender-weak", agrees=False)
    bad("other-signer", "signed by another than the manifest names", "signer-mismatch", who="recipient", named="sender", agrees=False)
    bad("wrong-office", "the certificate of another office", "certificate-wrong-office", who="other", agrees=False)
    bad("unknown", "neither pinned nor issued under a root", "certificate-unknown", who="sender-unknown")
    bad("no-intermediate", "the certificate between is missing", "certificate-unknown", who="sender-middle")
    bad("ended", "the certificate has ended", "certificate-expired", who="sender-ended")
    bad("not-yet", "the certificate is not valid yet", "certificate-not-yet-valid", who="sender-future")
    bad("revoked", "on the revocation list", "certificate-revoked", who="sender-revoked", by=trust(lists=("list",)))
    bad("list-stale", "the revocation list is out of date", "revocation-unknown", by=trust(lists=("stale",)))
    bad("authority", "CA:TRUE", "certificate-wrong-usage", who="sender-authority", agrees=False)
    bad("authority-pinned", "CA:TRUE, pinned", "certificate-wrong-usage", who="sender-authority",
        by=trust(pins=("sender-authority",)), agrees=False)
    bad("encipherment-only", "keyUsage without digitalSignature", "certificate-wrong-usage", who="sender-encipher", agrees=False)
    bad("other-usage", "extendedKeyUsage codeSigning", "certificate-wrong-usage", who="sender-other-usage", agrees=False)
    bad("server-only", "extendedKeyUsage serverAuth does not allow signing", "certificate-wrong-usage", who="sender-server-only", agrees=False)
    bad("version-1", "X.509 version 1", "certificate-version", who="sender-version-1", agrees=False)
    put("other-half-of-the-curve", change=lambda t, s: (t, mirrored(s)), note="ECDSA (r, n-s) holds as (r, s) does")
    put("time-generalized", change=resigned(lambda data, info: time_of(info).__setitem__(slice(None), (0x18, b"20261201000000Z"))),
        note="signingTime as GeneralizedTime")
    put("digest-null", change=resigned(lambda data, info: [one[1].__setitem__(slice(1, None), [[5, b""]]) for one in digests(data, info)]),
        note="NULL parameters of the digest")
    put("digest-without-parameters", change=resigned(lambda data, info: [one[1].__setitem__(slice(1, None), []) for one in digests(data, info)]))
    edited = lambda name, note, change, **other: bad(name, note, change=resigned(change), **other)
    edited("time-with-a-fraction", "signingTime with a fraction of a second", lambda data, info: time_of(info).__setitem__(slice(None), (0x18, b"20261201000000.5Z")), agrees=False)
    edited("time-without-seconds", "signingTime without seconds", lambda data, info: time_of(info).__setitem__(1, b"2612010000Z"), agrees=False)
    edited("time-with-an-offset", "signingTime with an offset", lambda data, info: time_of(info).__setitem__(1, b"261201090000+0900"), agrees=False)
    edited("time-month-13", "signingTime in a month that no year has", lambda data, info: time_of(info).__setitem__(1, b"261301000000Z"), agrees=False)
    edited("attributes-not-sorted", "signed attributes in another order than DER has", lambda data, info: info[3][1].reverse(), agrees=False)
    edited("attribute-twice", "signingTime twice", lambda data, info: info[3][1].append(attribute(info, "2a864886f70d010905")))
    edited("attribute-with-two-values", "two values of signingTime", lambda data, info: attribute(info, "2a864886f70d010905")[1][1][1].append([0x17, b"261201000000Z"]))
    edited("unsigned-attribute", "an unsigned attribute", lambda data, info: info.append([0xA1, [[0x30, [[6, b"\x2a\3\4"], [0x31, [[5, b""]]]]]]]), agrees=False)
    edited("two-digest-algorithms", "another digest named beside", lambda data, info: data[1][1].append([0x30, [[6, bytes.fromhex("608648016503040202")]]]), agrees=False)
    edited("ecdsa-null", "NULL parameters of ECDSA", lambda data, info: info[4][1].append([5, b""]), agrees=False)
    edited("version-3", "SignedData version 3", lambda data, info: data[0].__setitem__(1, b"\3"), agrees=False)
    edited("certificate-twice", "the signer's certificate twice", lambda data, info: data[3][1].append(data[3][1][0]), agrees=False)
    bad("rsa-pss", "RSA with PSS", who="sender-rsa", more=("-keyopt", "rsa_padding_mode:pss"), agrees=False)
    index(folder, "Packages whose container and manifest are good; `openssl` tells whether `openssl cms -verify -cades` "
          "with the roots at `now` agrees to the signature: where it does and we refuse, our profile is narrower.", cases=cases)


def read_der(data):
    """DER as lists [tag, content], content a list where the tag says so."""
    values, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length > 127:
            length, at = int.from_bytes(data[at:at + length - 128], "big"), at + length - 128
        values.append([tag, read_der(data[at:at + length]) if tag & 32 else data[at:at + length]])
        at += length
    return values


def write_der(value):
    tag, content = value
    content = b"".join(map(write_der, content)) if isinstance(content, list) else content
    length = len(content)
    size = (length.bit_length() + 7) // 8
    return bytes([tag]) + (bytes([length]) if length < 128 else bytes([128 + size]) + length.to_bytes(size, "big")) + content


def parts(signature):
    """A message, and in it the members of SignedData and of SignerInfo."""
    message = read_der(signature)[0]
    data = message[1][1][1][0][1]
    return message, data, data[-1][1][0][1]


def attribute(info, oid):
    return next(one for one in info[3][1] if one[1][0][1] == bytes.fromhex(oid))


def time_of(info):
    return attribute(info, "2a864886f70d010905")[1][1][1][0]


def digests(data, info):
    return data[1][1][0], info[2]


def resigned(edit, who="sender"):
    """A message that was edited, with a signature over its attributes as they are then."""
    def change(text, signature):
        message, data, info = parts(signature)
        edit(data, info)
        with tempfile.TemporaryDirectory() as folder:
            attributes = Path(folder) / "attributes"
            attributes.write_bytes(write_der([0x31, info[3][1]]))
            info[5][1] = openssl("dgst", "-sha256", "-sign", f"{who}.key.pem", attributes)
        return text, write_der(message)
    return change


def mirrored(signature):
    """The other signature that holds wherever this one of P-256 does."""
    message, _, info = parts(signature)
    numbers = read_der(info[5][1])[0]
    other = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - int.from_bytes(numbers[1][1][1], "big")
    numbers[1][1][1] = other.to_bytes(other.bit_length() // 8 + 1, "big")
    info[5][1] = write_der(numbers)
    return write_der(message)


def indefinite(der):
    """The outermost SEQUENCE with an indefinite length."""
    head = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return b"\x30\x80" + der[head:] + b"\0\0"


def make_receipts(good):
    folder = fresh("receipts")
    (folder / "package.zip").write_bytes(good)
    text = compact(manifest())
    about = {"message_id": ID % 1, "package_sha256": sha256(good), "manifest_sha256": sha256(text)}
    cases = []

    def document(kind, result, **members):
        return {"format": "renkei.receipt/1", "kind": kind, **about,
                "sender": manifest()["sender"],
                "recipient": {**manifest()["recipient"], "certificate": fingerprint("recipient")},
                "at": "2026-11-30T09:00:05Z", "result": result, **members}

    def put(name, content, code=None, who="recipient", note=None, line=SIGN + " -nodetach", more=(), openssl=True, clock=None):
        content = content if isinstance(content, bytes) else compact(content)
        message = cms(content, who, line, *more)
        (folder / f"{name}.p7s").write_bytes(message)
        cases.append({"file": f"{name}.p7s", "verdict": "refuse" if code else "accept",
                      **({"code": code} if code else {}), "openssl": openssl, **({"clock": clock} if clock else {}), **({"note": note} if note else {})})
        return message

    bad = lambda name, content, note, code="bad-receipt", **other: put(name, content, code, note=note, **other)
    consigned = document("ContentConsignment", "accepted")
    first = put("consignment", consigned)
    handed = document("ContentHandover", "accepted", at="2026-11-30T09:00:06Z", previous=sha256(first))
    put("handover", handed)
    taken = {"rule": "import-name-taken", "file": SAMPLE, "message": "another file of the same name lies in the import folder"}
    failed = document("ContentHandoverFailure", "held", findings=[taken], previous=sha256(first))
    second = put("failure", failed)
    put("handover-after-failure", {**handed, "previous": sha256(second)})
    finding = {"rule": "L4-UPPLAN-001", "file": SAMPLE, "line": 1, "item": 4, "message": "the message of a rule"}
    short = {"rule": "x", "message": "y"}
    rejected = document("Rejection", "rejected", findings=[finding])
    put("rejection", rejected)
    put("rejection-after-consignment", {**rejected, "previous": sha256(first)})
    put("rejection-without-findings", document("Rejection", "rejected"))
    put("findings-100", document("Rejection", "rejected", findings=[short] * 100, findings_omitted=7))
    put("message-500-japanese", document("Rejection", "rejected", findings=[{"rule": "x", "message": "あ" * 500}]))
    put("unknown-members", {**consigned, "later": {"a": 1}})
    put("white-space", json.dumps(consigned, indent=4).encode() + b"\n")
    put("rsa", {**consigned, "recipient": {"office": RECIPIENT, "certificate": fingerprint("recipient-rsa")}}, who="recipient-rsa")
    put("at-15-minutes-before", {**consigned, "at": "2026-11-30T08:45:00Z"})
    put("at-before", {**consigned, "at": "2026-11-30T08:44:59Z"}, clock="behind", note="before the package was made")
    put("at-15-minutes-ahead", {**consigned, "at": "2026-12-01T00:15:00Z"})
    put("at-ahead", {**consigned, "at": "2026-12-01T00:15:01Z"}, clock="ahead", note="after now")
    put("at-a-year-ahead", {**consigned, "at": "2027-12-01T00:00:00Z"}, clock="ahead")
    bad("result-of-another-kind", {**consigned, "result": "rejected"}, "the result does not follow from the kind")
    put("kind-unknown", {**consigned, "kind": "ContentLost"}, note="a kind that nobody knows: kept, and says nothing")
    bad("format-2", {**consigned, "format": "renkei.receipt/2"}, "another format")
    bad("no-hash", {k: v for k, v in consigned.items() if k != "package_sha256"}, "a member is missing")
    bad("findings-101", document("Rejection", "rejected", findings=[short] * 101), "more than 100 findings")
    bad("message-501", document("Rejection", "rejected", findings=[{**finding, "message": "x" * 501}]), "a message of 501 characters")
    bad("message-control", document("Rejection", "rejected", findings=[{**finding, "message": "a\u001b[2Jb"}]), "a control character")
    bad("message-direction", document("Rejection", "rejected", findings=[{**finding, "message": "a\u202eb"}]), "a character that turns the direction of writing")
    bad("rule-japanese", document("Rejection", "rejected", findings=[{**finding, "rule": "規則"}]), "a rule with other characters than A-Z a-z 0-9 _ . -")
    bad("rule-65", document("Rejection", "rejected", findings=[{**finding, "rule": "x" * 65}]), "a rule of 65 characters")
    bad("file-129", document("Rejection", "rejected", findings=[{**finding, "file": "x" * 129}]), "a file name of 129 characters")
    bad("other-package", {**consigned, "package_sha256": "0" * 64}, "about other bytes", "receipt-mismatch")
    bad("other-manifest", {**consigned, "manifest_sha256": "0" * 64}, "about another manifest", "receipt-mismatch")
    bad("other-id", {**consigned, "message_id": ID % 2}, "about another id", "receipt-mismatch")
    other_party = {**consigned, "recipient": {"office": OTHER, "certificate": fingerprint("other")}}
    bad("other-recipient", other_party, "signed by another office in its own name", "receipt-mismatch", who="other")
    bad("by-the-sender", consigned, "signed by the sender", "signer-mismatch", who="sender")
    named = {**consigned, "recipient": {"office": RECIPIENT, "certificate": fingerprint("sender")}}
    bad("by-the-sender-named", named, "the sender signs and names its own certificate", "certificate-wrong-office", who="sender")
    bad("relay", document("RelayAcceptance", "relayed"), "proves no delivery", "relay-receipt")
    bad("detached", consigned, "the content is not inside", "bad-signature", line=SIGN, openssl=False)
    bad("not-json", b"accepted", "no JSON")
    bad("member-twice", compact(consigned)[:-1] + b',"x":1,"x":1}', "a member twice, although it is passed over")
    bad("not-utf-8", compact(consigned)[:-1] + b',"x":"\xff"}', "no UTF-8 in what is passed over")
    bad("null-previous", {**consigned, "previous": None}, "null is no absence")
    bad("null-line", document("Rejection", "rejected", findings=[{**finding, "line": None}]), "null is no absence")
    bad("line-2-53", document("Rejection", "rejected", findings=[{**finding, "line": 2**53}]), "a number beyond 2^53 - 1")
    bad("item-2-32", document("Rejection", "rejected", findings=[{**finding, "item": 2**32}]), "a number beyond 2^32 - 1")
    bad("time-without-zone", {**consigned, "at": "2026-11-30T09:00:05"}, "no RFC 3339")
    bad("time-without-seconds", {**consigned, "at": "2026-11-30T09:00Z"}, "no RFC 3339")
    unknown = put("kind-unknown-later", document("ContentDelay", "delayed", previous=sha256(first)), note="a kind and a result that nobody knows")
    put("handover-after-unknown", {**handed, "previous": sha256(unknown)})
    bad("kind-unknown-by-the-sender", document("ContentDelay", "delayed", previous=sha256(first)), "not signed by the recipient", "signer-mismatch", who="sender")
    chains = [
        {"name": "consigned-handed", "receipts": ["consignment.p7s", "handover.p7s"], "verdict": "accept"},
        {"name": "held-between", "receipts": ["consignment.p7s", "failure.p7s", "handover-after-failure.p7s"], "verdict": "accept"},
        {"name": "unknown-between", "receipts": ["consignment.p7s", "kind-unknown-later.p7s", "handover-after-unknown.p7s"], "verdict": "accept"},
        {"name": "unknown-missing", "receipts": ["consignment.p7s", "handover-after-unknown.p7s"], "verdict": "refuse"},
        {"name": "refused-later", "receipts": ["consignment.p7s", "rejection-after-consignment.p7s"], "verdict": "accept"},
        {"name": "refused-at-once", "receipts": ["rejection.p7s"], "verdict": "accept"},
        {"name": "gap", "receipts": ["consignment.p7s", "handover-after-failure.p7s"], "verdict": "refuse",
         "note": "the receipt that `previous` names is not there"},
        {"name": "without-the-first", "receipts": ["handover.p7s"], "verdict": "refuse"},
    ]
    index(folder, "Receipts about package.zip, attached CMS, judged with the root alone; and chains of them, oldest first.",
          package="package.zip", trust=trust(), cases=cases, chains=chains)


def make_recalls(good):
    folder = fresh("recalls")
    (folder / "package.zip").write_bytes(good)
    cases = []

    def put(name, content, code=None, who="sender", note=None, line=SIGN + " -nodetach", openssl=True):
        content = content if isinstance(content, bytes) else compact(content)
        (folder / f"{name}.p7s").write_bytes(cms(content, who, line))
        cases.append({"file": f"{name}.p7s", "verdict": "refuse" if code else "accept",
                      **({"code": code} if code else {}), "openssl": openssl, **({"note": note} if note else {})})

    bad = lambda name, content, note, code="bad-recall", **other: put(name, content, code, note=note, **other)
    good_one = {"format": "renkei.recall/1", "message_id": ID % 1, "package_sha256": sha256(good),
                "manifest_sha256": sha256(compact(manifest())), "sequence": manifest()["sequence"], "sender": manifest()["sender"],
                "recipient": manifest()["recipient"], "at": "2026-11-30T10:00:00Z", "expires_at": "2026-12-07T10:00:00Z"}
    put("good", good_one)
    put("unknown-members", {**good_one, "later": {"a": 1}})
    put("another-key", {**good_one, "sender": {"office": SENDER, "certificate": fingerprint("sender-rsa")}}, who="sender-rsa",
        note="signed with another certificate of the sender than the package")
    bad("format-2", {**good_one, "format": "renkei.recall/2"}, "another format")
    bad("receipt", {**good_one, "format": "renkei.receipt/1"}, "the format of a receipt")
    bad("no-hash", {k: v for k, v in good_one.items() if k != "package_sha256"}, "a member is missing")
    bad("sequence-0", {**good_one, "sequence": 0}, "numbers begin at 1")
    bad("sequence-2-53", {**good_one, "sequence": 2**53}, "a number beyond 2^53 - 1")
    bad("ends-before-it-begins", {**good_one, "expires_at": good_one["at"]}, "it ends when it begins")
    bad("time-without-zone", {**good_one, "at": "2026-11-30T10:00:00"}, "no RFC 3339")
    bad("not-json", b"please", "no JSON")
    bad("member-twice", compact(good_one)[:-1] + b',"x":1,"x":1}', "a member twice, although it is passed over")
    bad("detached", good_one, "the content is not inside", "bad-signature", line=SIGN, openssl=False)
    bad("by-the-recipient", good_one, "signed by the recipient", "signer-mismatch", who="recipient")
    named = {**good_one, "sender": {"office": SENDER, "certificate": fingerprint("other")}}
    bad("by-another-named", named, "another office signs and names its own certificate", "certificate-wrong-office", who="other")
    bad("other-package", {**good_one, "package_sha256": "0" * 64}, "about other bytes", "id-taken")
    bad("other-manifest", {**good_one, "manifest_sha256": "0" * 64}, "about another manifest", "id-taken")
    index(folder, "Recalls of package.zip, attached CMS, judged with the root alone by its recipient, which has the package.",
          package="package.zip", trust=trust(), cases=cases)


def make_order():
    folder = fresh("order")
    cases = []

    def case(name, arrivals, placed, note=None):
        cases.append({"name": name, **({"note": note} if note else {}),
                      "arrivals": [dict(zip(("at", "sequence", "serial"), one)) for one in arrivals],
                      "placed": [dict(zip(("at", "sequence"), one)) for one in placed]})

    s = lambda n: f"202607031000{n:02}"
    case("in-order", [(0, 1, s(1)), (1, 2, s(2)), (2, 3, s(3))], [(0, 1), (1, 2), (2, 3)])
    case("second-first", [(0, 2, s(2)), (3, 1, s(1))], [(3, 1), (3, 2)])
    case("gap-for-ever", [(0, 1, s(1)), (1, 3, s(3))], [(0, 1), (61, 3)], "a number that never comes is waited for once")
    case("late", [(0, 2, s(2)), (70, 1, s(1))], [(60, 2), (70, 1)], "what comes after the wait is placed after")
    case("same-number-twice", [(0, 1, s(1)), (1, 1, s(2))], [(0, 1), (1, 1)])
    case("serial-falls", [(0, 1, s(9)), (1, 2, s(1))], [(0, 1), (1, 2)], "placed as they come: nothing is missing")
    case("serial-falls-together", [(0, 2, s(2)), (1, 3, s(1)), (5, 1, s(3))], [(5, 3), (5, 2), (5, 1)],
         "when nothing is missing, the lowest serial goes first")
    case("serial-against-sequence", [(0, 2, s(3)), (0, 3, s(2)), (1, 1, s(1))], [(1, 1), (1, 3), (1, 2)],
         "3 has the lowest serial of those that are there, and waits all the same: 1 is missing, and may be lower")
    case("two-gaps", [(0, 2, s(2)), (10, 4, s(4))], [(60, 2), (70, 4)])
    case("largest", [(0, 9007199254740991, s(1))], [(60, 9007199254740991)])
    index(folder, "Packages of one sender for one recipient: seconds of arrival, and when each is placed if placing takes no time.",
          order_wait_seconds=60, cases=cases)


WAITS = [0, 15, 60, 300, 900, 1800, 3600]


def delay(message_id, failures, asked=None):
    """Milliseconds before the next attempt after so many failed ones; `asked`: what Retry-After says."""
    seconds, seed = WAITS[min(failures, 6)], failures
    if asked is not None:
        seconds = max(1, min(asked, 3600), WAITS[min(max(failures - 4, 0), 3)])
    for byte in bytes.fromhex(message_id.replace("-", "")):
        seed = (seed * 31 + byte) % 2**64
    return seconds * 1000 + seed % 1000 * (seconds * 100) // 1000


def make_retry():
    folder = fresh("retry")
    cases = []

    def case(name, answers, expires=604_800_000, message_id=ID % 1):
        at, failures, attempts = 0, 0, [0]
        for answer in answers:
            if at >= expires or answer["class"] == "never":
                break  # That was the last one; now it is given up, or waits for a person.
            failures += 1
            wait = delay(message_id, failures + (answer["class"] == "refused"), answer.get("retry_after"))
            at = min(at + wait, expires)
            attempts.append(at)
        cases.append({"name": name, "message_id": message_id, "expires_ms": expires, "answers": answers, "attempts_ms": attempts})

    passing, refused, never = {"class": "passing"}, {"class": "refused"}, {"class": "never"}
    asking = lambda seconds: {**passing, "retry_after": seconds}
    case("unreachable", [passing] * 8)
    case("unreachable-other-id", [passing] * 3, message_id=ID % 7)
    case("refused", [refused] * 3)
    case("refused-for-good", [passing, never, passing])
    case("retry-after-longer", [asking(90)])
    case("retry-after-shorter", [asking(2), passing])
    case("retry-after-nothing", [asking(0)])
    case("retry-after-hours", [asking(86400)])
    case("retry-after-always", [asking(1)] * 10)
    case("retry-after-an-absence", [passing] * 8 + [asking(2), asking(600)])
    case("up-to-the-expiry", [passing] * 3, expires=40_000)
    index(folder, "What the answers to a package do to its schedule; an attempt takes no time here. Milliseconds from the first attempt.",
          cases=cases)


def make_http(good):
    folder = fresh("http")
    b64 = lambda data: base64.b64encode(data).decode()
    digest = "sha-256=:" + b64(hashlib.sha256(good).digest()) + ":"
    d = lambda fields, code=None: {"fields": fields, "verdict": "refuse" if code else "accept", **({"code": code} if code else {})}
    content_digest = [
        d([digest]), d(["sha-512=:AAAA:, " + digest]), d(["sha-512=:AAAA:", digest]), d([digest.rstrip("=:").rstrip("=") + ":"]),
        d(["md5=:AA==:;x, " + digest]), d(['md5=:AA==:;a=1; b="x,y", ' + digest]), d(["", digest]),
        d([], "digest-missing"), d(["sha-512=:AAAA:"], "digest-missing"), d([""], "digest-missing"), d(["md5=:AA==:;x"], "digest-missing"),
        d(["md5=:AA==:;X, " + digest], "digest-malformed"), d(["md5=:AA==:;, " + digest], "digest-malformed"), d([","], "digest-malformed"),
        d([digest + ";a=1"], "digest-malformed"), d([digest.upper().replace("SHA-256", "SHA-256")], "digest-malformed"),
        d([digest, digest], "digest-malformed"), d([digest + ","], "digest-malformed"), d(["sha-256=:AAAA:"], "digest-malformed"),
        d([digest.replace("=:", "=")], "digest-malformed"), d(["sha-256=" + sha256(good)], "digest-malformed"),
    ]
    answers = []

    def answer(name, status, verdict, media=None, body="", **members):
        answers.append({"name": name, "status": status, **({"content_type": media} if media else {}), "body": body,
                        "verdict": verdict, **members})

    def problem(status, code, title, **members):
        return compact({"type": f"urn:renkei:problem:{code}", "title": title, "status": status, "code": code, "detail": "x", **members}).decode()

    p7, pj = "application/pkcs7-mime; smime-type=signed-data", "application/problem+json"
    answer("created", 201, "receipt", p7, "@receipts/consignment.p7s")
    answer("repeated", 200, "receipt", p7, "@receipts/consignment.p7s")
    answer("no-parameter", 201, "receipt", "Application/PKCS7-MIME", "@receipts/consignment.p7s")
    answer("empty", 201, "fault", p7)
    answer("octet-stream", 201, "fault", "application/octet-stream", "@receipts/consignment.p7s")
    answer("x-pkcs7-mime", 201, "fault", "application/x-pkcs7-mime", "@receipts/consignment.p7s")
    answer("accepted", 202, "fault", p7, "@receipts/consignment.p7s")
    answer("no-content", 204, "fault")
    answer("moved", 301, "fault", location="https://elsewhere.example/")
    for status, code, title in [(400, "digest-mismatch", "Bad Request"), (403, "not-a-partner", "Forbidden"),
                                (404, "not-found", "Not Found"), (422, "clock-ahead", "Unprocessable Content")]:
        answer(f"{status}-{code}", status, "refused", pj, problem(status, code, title), code=code)
    for status, code, title in [(403, "signer-mismatch", "Forbidden"), (422, "package-expired", "Unprocessable Content")]:
        answer(f"{status}-{code}", status, "refused", pj, problem(status, code, title, retry="never", scope="package"), code=code, note="comes right by itself")
    for status, code, title in [(409, "id-taken", "Conflict"), (413, "too-large", "Content Too Large"), (415, "unsupported-media-type", "Unsupported Media Type"),
                                (422, "bad-manifest", "Unprocessable Content")]:
        answer(f"{status}-{code}", status, "never", pj, problem(status, code, title), code=code)
    for status, code, title in [(408, "too-slow", "Request Timeout"), (429, "partner-share-exceeded", "Too Many Requests"), (500, "internal", "Internal Server Error"),
                                (503, "busy", "Service Unavailable"), (507, "storage-full", "Insufficient Storage")]:
        answer(f"{status}-{code}", status, "passing", pj, problem(status, code, title), code=code)
    answer("retry-after", 503, "passing", pj, problem(503, "busy", "Service Unavailable"), code="busy", retry_after="90", retry_after_seconds=90)
    answer("retry-after-bounded", 503, "passing", retry_after="86400", code="unknown", retry_after_seconds=3600)
    answer("retry-after-date", 503, "passing", retry_after="Wed, 02 Dec 2026 00:00:00 GMT", code="unknown")
    answer("retry-after-twice", 503, "passing", code="unknown", retry_after="90", retry_after_again="10", retry_after_seconds=90, note="the first one counts")
    answer("retry-after-under-422", 422, "refused", pj, problem(422, "clock-ahead", "Unprocessable Content"), code="clock-ahead", retry_after="90", note="it is not read there")
    answer("retry-after-under-429", 429, "passing", pj, problem(429, "partner-share-exceeded", "Too Many Requests"), code="partner-share-exceeded", retry_after="90", retry_after_seconds=90)
    answer("code-unknown", 422, "refused", pj, problem(422, "never-heard-of", "Unprocessable Content"), code="unknown")
    for name, verdict, members in [("never", "never", {"retry": "never", "scope": "package"}), ("never-of-partner", "refused", {"retry": "never", "scope": "partner"}),
                                   ("later", "refused", {"retry": "later", "scope": "package"}), ("never-of-what", "refused", {"retry": "never"})]:
        answer(f"code-unknown-{name}", 422, verdict, pj, problem(422, "never-heard-of", "Unprocessable Content", **members), code="unknown")
    answer("no-document", 422, "refused", "text/html", "<html>", code="unknown")
    answer("rejection-under-422", 422, "refused", p7, "@receipts/consignment.p7s", code="unknown", note="a receipt counts under 200 and 201 only")
    requests = []

    def request(name, text, code=None, repeat=None, note=None):
        requests.append({"name": name, "request": text.replace("\n", "\r\n").replace("LF", "\n").replace("CR", "\r"),
                         **({"repeat": {"text": repeat[0].replace("\n", "\r\n"), "times": repeat[1]}} if repeat else {}),
                         "verdict": "refuse" if code else "accept", **({"code": code} if code else {}), **({"note": note} if note else {})})

    line = "GET /v1/status HTTP/1.1\n"
    plain = line + "host: x\n\n"
    fields = lambda text, body="": line + "host: x\n" + text + "\n\n" + body
    request("plain", plain)
    request("case", line + "HOST:X:8443\n\n")
    request("blanks-around-a-value", line + "host:\t x \t\n\n")
    request("empty-host", line + "host:\n\n")
    request("empty-line-before", "\n" + plain)
    request("two-empty-lines-before", "\n\n" + plain)
    request("underscore-in-host", line + "host: a_b\n\n")
    request("url-as-target", plain.replace("/v1", "https://node.example/v1"))
    request("length", fields("content-length: 3", "abc"))
    request("length-with-zeros", fields("content-length: 003", "abc"))
    request("chunks", fields("transfer-encoding: Chunked", "3\nabc\n0\n\n"), note="the connection ends with the answer")
    request("many-fields", plain, repeat=("x: y\n", 63))
    bad = lambda name, text, **more: request(name, text, "bad-request", **more)
    bad("three-empty-lines-before", "\n\n\n" + plain)
    bad("http-1.0", plain.replace("1.1", "1.0"))
    bad("http-1.2", plain.replace("1.1", "1.2"))
    bad("http-0.9", "GET /v1/status\n\n")
    bad("http-2", "PRI * HTTP/2.0\n\nSM\n\n")
    bad("http-in-small-letters", plain.replace("HTTP", "http"))
    bad("no-host", line + "\n")
    bad("host-twice", fields("host: x"))
    bad("host-of-two", line + "host: x, y\n\n")
    bad("host-with-user", line + "host: a@x\n\n")
    bad("bare-lf", plain.replace("\n", "LF"))
    bad("bare-lf-after-a-field", line + "host: xLFx: y\n\n")
    bad("bare-lf-at-the-end", line + "host: x\nLF")
    bad("bare-lf-before", "LF" + plain)
    bad("bare-cr", fields("x: yCRz"))
    bad("bare-cr-as-a-line-end", fields("x: yCRcontent-length: 3", "abc"))
    bad("folded-field", fields("x: y\n z"))
    bad("blank-before-colon", line + "host : x\n\n")
    bad("blank-before-field", line + " host: x\n\n")
    bad("field-without-colon", fields("x"))
    bad("field-without-name", fields(": x"))
    bad("nul", fields("x: \0"))
    bad("two-blanks", plain.replace(" /", "  /"))
    bad("tab", plain.replace(" /", "\t/"))
    bad("fragment", plain.replace("status", "status#x"))
    bad("no-target", plain.replace("/v1/status ", ""))
    for name, length in [("length-twice", "3\ncontent-length: 3"), ("lengths-that-differ", "3\ncontent-length: 4"), ("length-list", "3, 3"), ("length-plus", "+3"),
                         ("length-minus", "-3"), ("length-hexadecimal", "0x3"), ("length-empty", ""), ("length-too-long", "18446744073709551619")]:
        bad(name, fields("content-length: " + length, "abc"))
    chunks = "0\n\n" + plain
    bad("length-and-chunks", fields("content-length: 3\ntransfer-encoding: chunked", chunks))
    bad("chunks-and-length", fields("transfer-encoding: chunked\ncontent-length: 3", chunks))
    bad("chunks-twice", fields("transfer-encoding: chunked\ntransfer-encoding: chunked", chunks))
    bad("chunks-in-chunks", fields("transfer-encoding: chunked, chunked", chunks))
    bad("gzip-in-chunks", fields("transfer-encoding: gzip, chunked", chunks))
    bad("identity", fields("transfer-encoding: identity", chunks))
    request("too-many-fields", plain, "head-too-large", repeat=("x: y\n", 64))
    request("too-many-bytes", plain, "head-too-large", repeat=("x: " + "y" * 1000 + "\n", 17))
    entry = {"position": 7, "message_id": ID % 1, "receipt": b64(b"a receipt")}
    page = lambda receipts, next_, more: {"receipts": receipts, "next": next_, "more": more}
    p = lambda name, after, text, verdict: {"name": name, "after": after, "body": text if isinstance(text, str) else compact(text).decode(), "verdict": verdict}
    pages = [
        p("empty", 3, page([], 3, False), "accept"), p("one", 3, page([entry], 7, False), "accept"),
        p("more", 3, page([entry], 7, True), "accept"), p("next-ahead", 3, page([entry], 9, False), "accept"),
        p("unknown-members", 3, {**page([{**entry, "x": 1}], 7, False), "y": 2}, "accept"),
        p("more-of-nothing", 3, page([], 3, True), "fault"), p("position-not-behind", 7, page([entry], 7, False), "fault"),
        p("same-position-twice", 3, page([entry, entry], 7, False), "fault"), p("next-below-position", 3, page([entry], 6, False), "fault"),
        p("next-below-after", 3, page([], 2, False), "fault"), p("not-base64", 3, page([{**entry, "receipt": "!!"}], 7, False), "fault"),
        p("last-position", 3, page([{**entry, "position": 2**53 - 1}], 2**53 - 1, False), "accept"),
        p("position-2-53", 3, page([{**entry, "position": 2**53}], 2**53, False), "fault"), p("next-2-53", 3, page([entry], 2**53, False), "fault"),
        p("no-next", 3, {"receipts": [], "more": False}, "fault"), p("not-json", 3, "<html>", "fault"),
    ]
    issued = enumerate(("consignment", "handover"), 1795961744473)
    issued = [{"position": position, "message_id": ID % 1, "receipt": base64.b64encode((HERE / f"receipts/{name}.p7s").read_bytes()).decode()} for position, name in issued]
    (folder / "page.json").write_text(json.dumps({"receipts": issued, "next": issued[-1]["position"], "more": False}, indent=1) + "\n")
    index(folder, "Heads of requests as a server reads them, with `repeat` before their last empty line so many times; Content-Digest of container/good.zip; answers to a PUT and pages of receipts as a client reads them. A body that begins with @ is a file, named from the folder of vectors.json.",
          requests=requests, content_digest=content_digest, digest_of="container/good.zip", answers=answers, pages=pages)


def make_tls():
    folder = fresh("tls")
    cases = []

    def case(certificate, code=None, by=None, office=SENDER, chain=(), openssl_server=None, openssl_client=None, note=None):
        cases.append({"certificate": f"keys/{certificate}.pem", "chain": [f"keys/{c}.pem" for c in chain], "office": office, "trust": by or trust(),
                      "verdict": "refuse" if code else "accept", **({"code": code} if code else {}), **({"note": note} if note else {}),
                      **({"openssl_server": openssl_server, "openssl_client": openssl_client} if openssl_server is not None else {})})

    both = {"openssl_server": True, "openssl_client": True}
    case("sender-tls", **both, note="both usages: what to ask an authority for")
    case("sender-server-only", openssl_server=True, openssl_client=False, note="taken by renkei in both roles; other stacks refuse it as a client")
    case("sender-client-only", openssl_server=False, openssl_client=True, note="taken by renkei in both roles; other stacks refuse it as a server")
    case("sender-plain", **both)
    case("sender-pinned", by=trust(roots=(), pins=("sender-pinned",)), note="the extended usage of a pinned certificate is not looked at")
    case("sender-other-usage", by=trust(roots=(), pins=("sender-other-usage",)), note="pinned")
    case("sender", "certificate-wrong-usage", note="emailProtection alone")
    case("sender-other-usage", "certificate-wrong-usage")
    case("sender-tls", "certificate-unknown", by=trust(roots=("middle",)))
    case("sender-tls", "certificate-wrong-office", office=OTHER)
    case("sender-middle", "certificate-wrong-usage", chain=("middle",))
    case("sender-ended", "certificate-expired")
    case("sender-ended", "certificate-expired", by=trust(roots=(), pins=("sender-ended",)), note="pinned")
    case("sender-future", "certificate-not-yet-valid")
    case("sender-weak", "certificate-weak-key", by=trust(roots=(), pins=("sender-weak",)), note="pinned")
    case("sender-authority", "certificate-wrong-usage", by=trust(roots=(), pins=("sender-authority",)), note="CA:TRUE, pinned")
    case("sender-encipher", "certificate-wrong-usage", by=trust(roots=(), pins=("sender-encipher",)), note="pinned; keyUsage without digitalSignature")
    case("sender-revoked", "certificate-revoked", by=trust(lists=("list",)))
    case("sender-tls", "revocation-unknown", by=trust(lists=("stale",)))
    case("sender-version-1", "certificate-version")
    index(folder, "Whether a certificate speaks for `office` at either end of TLS at `now`.", cases=cases)


def make_cards():
    folder = fresh("cards")
    cases = []
    der = lambda name: "".join((KEYS / f"{name}.pem").read_text().split("-----")[2].split())
    pins = lambda *names: {"roots": [], "pins": {SENDER: [fingerprint(name) for name in names]}}

    def document(serial=1795737600, signing=("sender",), **members):
        return {"format": "renkei.card/1", "office": SENDER, "serial": serial, "name": "見本居宅介護支援事業所",
                "service_types": ["43"], "editions": ["v4.1"], "takes": ["S1", "S2"],
                "channels": [{"kind": "direct", "url": "https://sender.example:8443"}],
                "certificates": {"tls": [der("sender-tls")], "signing": [der(name) for name in signing]},
                "valid_from": "2026-11-27T00:00:00Z", "valid_until": "2027-11-27T00:00:00Z", **members}

    def put(name, content, code=None, who="sender", note=None, held=None, of=("sender",)):
        content = content if isinstance(content, bytes) else compact(content)
        (folder / f"{name}.card").write_bytes(cms(content, who, SIGN + " -nodetach"))
        cases.append({"file": f"{name}.card", **({"held": f"{held}.card", "trust": pins(*of)} if held else {}),
                      "verdict": "refuse" if code else "accept", **({"code": code} if code else {}), **({"note": note} if note else {})})

    good = document()
    put("good", good)
    put("other-office", {**document(1795737601), "office": RECIPIENT, "name": "見本通所介護事業所",
                         "certificates": {"tls": [der("recipient")], "signing": [der("recipient")]}}, who="recipient")
    put("unknown-members", {**good, "colour": {"a": [1]}, "channels": [{"kind": "relay", "mailbox": 1}, *good["channels"]],
                            "editions": ["v4.1", "v5"], "takes": ["K1", "X-9"]}, note="what only newer programs know")
    put("sealing", {**good, "sealing": {"suite": "DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM", "key_id": "2026-11",
                    "public_key": base64.b64encode(bytes([4]) + bytes(64)).decode(), "valid_until": "2027-01-01T00:00:00Z"}})
    least = {name: good[name] for name in ("format", "office", "serial", "certificates", "valid_from", "valid_until")}
    put("least", least)
    for name, content, note in [
        ("format", {**good, "format": "renkei.card/2"}, None),
        ("serial-0", {**good, "serial": 0}, None),
        ("serial-text", {**good, "serial": "7"}, None),
        ("serial-large", {**good, "serial": 2**53}, None),
        ("name-null", {**good, "name": None}, "absent is not null"),
        ("name-direction", {**good, "name": "a\u202eb"}, "turns the direction of writing"),
        ("name-long", {**good, "name": "あ" * 101}, None),
        ("url-http", {**good, "channels": [{"kind": "direct", "url": "http://sender.example"}]}, None),
        ("url-missing", {**good, "channels": [{"kind": "direct"}]}, None),
        ("takes-blank", {**good, "takes": ["K 1"]}, None),
        ("no-tls-certificate", {**good, "certificates": {"tls": [], "signing": [der("sender")]}}, None),
        ("certificates-9", {**good, "certificates": {"tls": [der("sender-tls")] * 9, "signing": [der("sender")]}}, None),
        ("certificate-authority", {**good, "certificates": {"tls": [der("sender-authority")], "signing": [der("sender")]}}, "CA:TRUE"),
        ("certificate-weak", {**good, "certificates": {"tls": [der("sender-weak")], "signing": [der("sender")]}}, "RSA of 1024 bits"),
        ("certificate-broken", {**good, "certificates": {"tls": ["AAAA"], "signing": [der("sender")]}}, None),
        ("signer-not-listed", document(signing=("sender-p384",)), "signed with a certificate that it does not name"),
        ("ends-before-it-begins", {**good, "valid_until": "2026-11-27T00:00:00Z"}, None),
        ("a-member-twice", compact(good).replace(b'"serial":', b'"serial":1,"serial":', 1), None),
        ("large", {**good, "more": "x" * 65536}, "more than 64 KiB"),
    ]:
        put(name, content, "bad-card", note=note)
    whole = bytearray((folder / "good.card").read_bytes())
    place = whole.index(b"sender.example")
    whole[place] ^= 1
    (folder / "flipped.card").write_bytes(whole)
    cases.append({"file": "flipped.card", "verdict": "refuse", "code": "bad-card", "note": "one bit of the address"})
    put("ended", {**good, "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-11-30T23:59:59Z"}, "card-not-valid")
    put("future", {**good, "valid_from": "2026-12-01T00:00:01Z"}, "card-not-valid")
    # What takes the place of a card that is registered.
    put("newer", document(1795737700, channels=[]), held="good")
    put("same-serial", {**document(), "name": "another"}, "card-older", held="good", note="other words under the serial that is registered")
    put("older", document(1795737599), "card-older", held="good")
    put("another-hand", document(1795737700, ("sender-p384",)), "card-not-trusted", who="sender-p384", held="good", note="a certificate that the registered card does not have")
    put("another-hand-names-both", document(1795737700, ("sender-p384", "sender")), "card-not-trusted", who="sender-p384", held="good")
    put("of-another-office", {**document(1795737700), "office": RECIPIENT}, "card-not-trusted", held="good")
    put("newer-ended", {**document(1795737700), "valid_until": "2026-11-30T00:00:00Z"}, "card-not-valid", held="good")
    put("next-key-told", document(1795737800, ("sender", "sender-p384")), held="good", note="the old key signs, and names the next one")
    put("next-key-signs", document(1795737900, ("sender-p384",)), who="sender-p384", held="next-key-told", of=("sender", "sender-p384"))
    digits = []
    for one, other in [("good", "other-office"), ("newer", "other-office"), ("least", "sealing")]:
        both = sorted(hashlib.sha256((folder / f"{name}.card").read_bytes()).digest() for name in (one, other))
        out = hashlib.pbkdf2_hmac("sha512", b"".join(both), b"renkei.card/1 check digits", 1_000_000, 48)
        groups = [int.from_bytes(out[8 * n:8 * n + 8], "big") % 100_000 for n in range(6)]
        digits.append({"cards": [f"{one}.card", f"{other}.card"], "digits": " ".join("%05d" % group for group in groups)})
    certificates = []
    for name in ["sender", "recipient-rsa"]:
        out = hashlib.pbkdf2_hmac("sha512", bytes.fromhex(fingerprint(name)), b"renkei.certificate/1 check digits", 1_000_000, 48)
        groups = [int.from_bytes(out[8 * n:8 * n + 8], "big") % 100_000 for n in range(6)]
        certificates.append({"certificate": f"keys/{name}.pem", "digits": " ".join("%05d" % group for group in groups)})
    index(folder, "Cards: by themselves at `now`; with `held`, as what takes the place of that card, where `trust` pins the certificates that are registered. And the check digits of two cards, and of certificates.",
          cases=cases, digits=digits, certificates=certificates)


def make_sealed(good):
    from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

    folder = fresh("sealed")
    if not (KEYS / "sealing.key.pem").exists():
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "sealing.key.pem")
    hpke = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
    public = openssl("pkey", "-in", "sealing.key.pem", "-pubout", "-outform", "DER")[-65:]
    key = KEMKey.from_pem(openssl("pkey", "-in", "sealing.key.pem", "-pubout").decode())
    suite, piece, cases = "DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM", 65536, []

    def said(data):
        end = 43 + int.from_bytes(data[18:22], "little")
        inside = json.loads(data[43:end])
        return {"format": "renkei.sealed/1", "message_id": inside["message_id"], "sender": inside["sender"]["office"],
                "recipient": inside["recipient"]["office"], "package_sha256": sha256(data), "size": len(data), "suite": suite,
                "key_id": sha256(public)[:32], "created_at": inside["created_at"], "expires_at": inside["expires_at"]}

    def seal(data, info=b"renkei.sealed/1", last=True, count=None, **members):
        enc, context = hpke.create_sender_context(key, info)
        header = compact({**said(data), "enc": base64.b64encode(enc).decode(), **members})
        before = b"RNKSEAL1" + len(header).to_bytes(4, "big") + header
        pieces = [data[at:at + piece] for at in range(0, len(data), piece)]
        flag = lambda n: bytes([last and n == len(pieces) - 1])
        aad = lambda n: hashlib.sha256(before).digest() + n.to_bytes(8, "big") + flag(n)
        return before, [context.seal(data, aad(n)) for n, data in enumerate(pieces)][:count]

    def put(name, sealed, code=None, note=None, opens=True):
        (folder / f"{name}.sealed").write_bytes(sealed if isinstance(sealed, bytes) else sealed[0] + b"".join(sealed[1]))
        cases.append({"file": f"{name}.sealed", "verdict": "refuse" if code else "accept", **({"code": code} if code else {}),
                      **({"note": note} if note else {}), "opens": opens})

    def of_size(size):
        """A package of so many bytes; signatures have several lengths."""
        file = size - len(good) + len(CSV)
        while True:
            csv = bytes(file)
            text = compact(manifest(files=((SAMPLE, csv),)))
            made = package(text, cms(text), [csv])
            if len(made) == size:
                return made
            file += (size - len(made)) // 2 or (1 if len(made) < size else -1)

    two = of_size(2 * piece)
    put("good", seal(good), note="container/good.zip is inside")
    put("two-pieces", seal(two), note="two full pieces")
    put("unknown-members", seal(good, colour={"a": [1]}))
    whole = seal(good)
    put("zip", good, "not-sealed", "a package that is not sealed", opens=False)
    put("empty", b"", "not-sealed", opens=False)
    put("other-magic", whole[0].replace(b"SEAL1", b"SEAL2", 1) + whole[1][0], "not-sealed", opens=False)
    bad = lambda name, sealed, note=None, code="seal-broken", opens=False: put(name, sealed, code, note, opens)
    bad("no-header", b"RNKSEAL1" + bytes(4), "a header of 0 bytes")
    bad("header-too-long", b"RNKSEAL1\0\0\x40\1" + bytes(16385), "16385 bytes")
    bad("no-piece", seal(good, count=0))
    bad("one-byte-less", whole[0] + whole[1][0][:-1])
    bad("one-byte-more", whole[0] + whole[1][0] + b"\0")
    bad("ends-at-a-piece", seal(two, count=1), "the second piece is missing")
    for name, members in [("format", {"format": "renkei.sealed/2"}), ("size-0", {"size": 0}), ("key-id", {"key_id": "a b"}),
                          ("enc-empty", {"enc": ""}), ("ends-before-it-begins", {"expires_at": "2026-11-30T09:00:00Z"})]:
        bad(name, seal(good, **members))
    bad("member-twice", (whole[0].replace(b'"size":', b'"size":1,"size":', 1), whole[1]))
    # From here on it takes the key to tell.
    bit = lambda data, at: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
    bad("bit-of-a-piece", whole[0] + bit(whole[1][0], 100), opens=True)
    bad("bit-of-a-tag", whole[0] + bit(whole[1][0], len(whole[1][0]) - 1), opens=True)
    bad("other-header", whole[0].replace(SENDER.encode(), OTHER.encode(), 1) + whole[1][0], "another sender in the header, afterwards", opens=True)
    before, pieces = seal(two)
    bad("swapped", (before, pieces[::-1]), opens=True)
    before, pieces = seal(two, size=piece)
    bad("cut-off", (before, pieces[:1]), "sealed with a size of one piece, of which the flag says that it is not the last", opens=True)
    bad("no-last", seal(good, last=False), "the last piece is not flagged", opens=True)
    bad("other-info", seal(good, info=b"renkei.sealed/2"), opens=True)
    bad("enc-of-another", seal(good, enc=base64.b64encode(bytes([4]) + bytes(64)).decode()), "no point of the curve", opens=True)
    bad("key-unknown", seal(good, key_id="another"), code="seal-unknown-key", opens=True)
    bad("suite-unknown", seal(good, suite="another"), code="seal-unknown-key", opens=True)
    bad("other-digest", seal(good, package_sha256=sha256(b"")), code="seal-mismatch", opens=True)
    for name, members in [("id", {"message_id": ID % 9}), ("sender", {"sender": OTHER}), ("recipient", {"recipient": OTHER}),
                          ("created", {"created_at": "2026-11-30T09:00:01Z"}), ("expires", {"expires_at": "2026-12-07T09:00:01Z"})]:
        bad(f"other-{name}", seal(good, **members), "sealed with a header that is not that of the package", "seal-mismatch", True)
    index(folder, "Sealed packages, opened with the key; `opens` where it takes the key to judge.", key="keys/sealing.key.pem",
          key_id=sha256(public)[:32], cases=cases)


def main():
    make_keys()
    good = make_containers()
    make_manifests()
    make_attachments()
    make_cms()
    make_receipts(good)
    make_recalls(good)
    make_order()
    make_retry()
    make_http(good)
    make_tls()
    make_cards()
    make_sealed(good)
    about = {"format": "renkei.vectors/1", "now": NOW, "sender": SENDER, "recipient": RECIPIENT,
             "limits": {"package_bytes": 67108864, "manifest_bytes": 524288, "signature_bytes": 65536, "receipt_bytes": 262144, "files": 1000},
             "sections": ["container", "manifest", "attachments", "cms", "receipts", "recalls", "order", "retry", "http", "tls", "cards", "sealed"]}
    (HERE / "vectors.json").write_text(json.dumps(about, indent=1) + "\n")


main()

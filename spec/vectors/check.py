#!/usr/bin/env python3
"""Holds an independent reading of spec/PROTOCOL.md against the vectors: python3 check.py [DIR]

Python's standard library and the program openssl (3.0 or later) are all it uses; with pyhpke it opens
what is sealed, too.
"""

import base64, calendar, hashlib, json, math, re, subprocess, sys, tempfile, time, unicodedata, zlib
from pathlib import Path

DIR = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
load = lambda section: json.loads((DIR / section / "index.json").read_text("utf-8"))
ABOUT = json.loads((DIR / "vectors.json").read_text("utf-8"))
NOW = calendar.timegm(time.strptime(ABOUT["now"], "%Y-%m-%dT%H:%M:%SZ"))
checked, wrong = 0, []


def expect(name, expected, got):
    global checked
    checked += 1
    if expected != got:
        wrong.append(f"{name}: expected {expected}, got {got}")


def container(entries):
    """The one way to write these entries."""
    out = directory = b""
    for name, data in entries:
        common = b"\x0a\0\0\0\0\0\0\0\x21\0" + zlib.crc32(data).to_bytes(4, "little") \
            + len(data).to_bytes(4, "little") * 2 + len(name).to_bytes(2, "little") + b"\0\0"
        directory += b"PK\1\2\x0a\x03" + common + b"\0\0\0\0\0\0\0\0\xa4\x81" + len(out).to_bytes(4, "little") + name
        out += b"PK\3\4" + common + name + data
    return out + directory + b"PK\5\6\0\0\0\0" + len(entries).to_bytes(2, "little") * 2 \
        + len(directory).to_bytes(4, "little") + len(out).to_bytes(4, "little") + b"\0\0"


def entries(data):
    """Reads by the sizes alone and compares with what would be written."""
    at, found = 0, []
    while data[at:at + 4] == b"PK\3\4":
        name = [b"manifest.json", b"manifest.p7s"][len(found)] if len(found) < 2 else b"files/%04d" % (len(found) - 1)
        start = at + 30 + len(name)
        at = start + int.from_bytes(data[at + 18:at + 22], "little")
        found.append((name, data[start:at]))
    if len(found) < 2 or container(found) != data:
        raise ValueError("bad-container")
    files, listed = [data for _, data in found[2:]], json.loads(found[0][1])["files"]
    if [(len(file), hashlib.sha256(file).hexdigest()) for file in files] != [(f["size"], f["sha256"]) for f in listed]:
        raise ValueError("file-mismatch")
    return found[0][1], found[1][1]


def signed(message, content, trust):
    """What openssl says of a CMS message, and its content."""
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name, data: (Path(folder, name).write_bytes(data), str(Path(folder, name)))[1]
        roots = b"".join((DIR / root).read_bytes() for root in trust["roots"])
        pinned = {sha for pins in trust.get("pins", {}).values() for sha in pins}
        for pem in (DIR / "keys").glob("*.pem"):
            text = pem.read_text().split("-----")
            if len(text) > 2 and hashlib.sha256(base64.b64decode(text[2])).hexdigest() in pinned:
                roots += pem.read_bytes()
        lists = b"".join((DIR / name).read_bytes() for name in trust.get("revocation_lists", []))
        command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any", "-attime", str(NOW),
                   "-in", path("message", message), "-CAfile", path("roots", roots + lists)]
        command += ["-crl_check"] if lists else []
        command += ["-partial_chain"] if pinned else []
        command += ["-content", path("content", content)] if content is not None else []
        done = subprocess.run(command, capture_output=True)
        return done.returncode == 0, done.stdout


for case in load("container")["cases"]:
    try:
        entries((DIR / "container" / case["file"]).read_bytes())
        got = None
    except ValueError as error:
        got = str(error)
    expect(case["file"], case.get("code"), got)

def once(pairs):
    """An object in which no member stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member twice")
    return found


def levels(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(map(levels, inside), default=0) + isinstance(value, (dict, list))


def document(data):
    """The JSON in these bytes; section 3."""
    def number(text):
        if not math.isfinite(float(text)):
            raise ValueError(text)
        return float(text) if set(text) & set("-.eE") else int(text)
    said = json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=number, parse_float=number, parse_int=number)
    if levels(said) > 64 or not isinstance(said, dict):
        raise ValueError("levels")
    json.dumps(said, ensure_ascii=False).encode("utf-8")
    return said


def when(text):
    date, clock, fraction, zone = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:[0-5]\d)(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", text, re.A).groups()
    if not "1970" <= date[:4] <= "9998":
        raise ValueError("a year that is out of range")
    offset = 0 if zone in "Zz" else (int(zone[1:3]) * 60 + int(zone[4:])) * (-60 if zone[0] == "+" else 60)
    return calendar.timegm(time.strptime(f"{date} {clock}", "%Y-%m-%d %H:%M:%S")) + offset + float(fraction or 0)


def fits(pattern, *texts):
    if not all(isinstance(text, str) and re.fullmatch(pattern, text) for text in texts):
        raise ValueError(pattern)


MEDIA = {
    "pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png", "csv": "text/csv", "doc": "application/msword",
    "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
PROGRAMS = set("exe com scr pif bat cmd ps1 vbs vbe js jse wsf wsh hta msi msp dll cpl jar lnk url reg chm iso docm xlsm pptm".split())
UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"


def component(text, longest):
    """One component of a path; section 3.1."""
    text = unicodedata.normalize("NFC", text)
    fits("[^\\x00-\\x1f\\x7f-\\x9f<>:\"/\\\\|?*%s]{1,%d}" % (UNSEEN, longest), text)
    device = re.fullmatch("(CON|PRN|AUX|NUL|CONIN[$]|CONOUT[$]|(COM|LPT)[0-9\u00b9\u00b2\u00b3])", text.split(".")[0].rstrip(" ").upper())
    if len(text.encode()) > longest or text[0] in ". ~" or text[-1] in ". " or device:
        raise ValueError("component")
    return text


def attachments(said):
    """Checks what a manifest of attachments has in place of a set; section 3.1."""
    if said["kind"] != "ATT" or "edition" in said or not said["sequence"] > 2**52:
        raise ValueError("attachments")
    fits("[0-9]{14}", said.get("set", "0" * 14))
    for n, one in enumerate(said["files"], 1):
        about = one["document"]
        if one["name"] not in ["ATT_%04d.%s" % (n, extension) for extension, media in MEDIA.items() if media == one["media"]]:
            raise ValueError("name")
        parts = component(about["title"], 200).split(".")
        if len(parts) < 2 or not parts[0] or not parts[-1] or any(part.strip().lower() in PROGRAMS | set(MEDIA) | {"jpeg"} for part in parts[1:-1]):
            raise ValueError("title")
        if "kind" in about:
            component(about["kind"], 90)
        fits("(?!0000)[0-9]{4}(0[1-9]|1[0-2])", about.get("month", "202606"))
        if "person" in about:
            fits("[0-9]{1,6}", about["person"]["insurer"])
            fits("[0-9H][0-9]{9}", about["person"]["insured"])


def manifest_code(text):
    """What a manifest is refused with, if it is; section 3."""
    try:
        said = document(text)
        if isinstance(said["format"], str) and said["format"] not in ("renkei.package/1", "renkei.attachments/1"):
            return "unsupported-format"
        attached = said["format"] == "renkei.attachments/1"
        ids = [said["message_id"]] + ([said["supersedes"]] if "supersedes" in said else [])
        fits("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", *ids)
        sender, recipient, files = said["sender"], said["recipient"], said["files"]
        fits("[0-9A-Z]{10}", sender["office"], recipient["office"])
        fits("renkei.(package|attachments)/1", said["format"])
        fits("[0-9A-Fa-f]{64}", sender["certificate"], recipient.get("certificate", "0" * 64), *(one["sha256"] for one in files))
        fits("[A-Za-z0-9_-]{1,16}", said["kind"])
        if attached:
            attachments(said)
        else:
            fits("v3|v4[.]1", said["edition"])
        fits("(?!0000)[0-9]{4}(0[1-9]|1[0-2])", *said["months"])
        fits("[0-9]{14}", said["serial"])
        types = [party.get("service_types", []) for party in (sender, recipient)]
        fits("[0-9A-Z]{2}", *types[0], *types[1])
        month, offices = "(?!0000)[0-9]{4}(0[1-9]|1[0-2])", "(_%s_TT_%s_TT|_%s_%s)".replace("TT", "[0-9A-Z]{2}")
        name = "(UPHOSOKU_(%s|000000)|(UP|DLT)(PLAN|JSK|SIKYU)_%s|(UP|DLT)([123]KYO|KIHON|YOBO)(_SUB[12]?|_IMAGE)?)%s_%s(_[0-9]{4})?[.](CSV|JPG)"
        name %= month, month, offices % ((sender["office"], recipient["office"]) * 2), said["serial"]
        fits(name, *(one["name"].upper() for one in files if not attached))
        good = [
            type(said["sequence"]) is int and 1 <= said["sequence"] < 2**53, when(said["created_at"]) < when(said["expires_at"]),
            len(said["months"]) <= 120, max(map(len, types)) <= 100, len(set(ids)) == len(ids), files,
            all(type(one[number]) is int and 0 <= one[number] < 2**53 for one in files for number in ("n", "size")),
            [one["n"] for one in files] == list(range(1, len(files) + 1)),
            len({one["name"].upper() for one in files}) == len(files),
            attached or all(one["media"] == ("image/jpeg" if one["name"].upper().endswith("JPG") else "text/csv") for one in files),
        ]
        return None if all(good) else "bad-manifest"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "bad-manifest"


for section in ("manifest", "attachments"):
    good = (DIR / section / "good.json").read_text("utf-8")
    for case in load(section)["cases"]:
        text = base64.b64decode(case["base64"]) if "base64" in case else good.replace(*case["replace"]).encode()
        expect(case["name"], case.get("code"), manifest_code(text))

for case in load("cms")["cases"]:
    manifest, signature = entries((DIR / "cms" / case["file"]).read_bytes())
    expect(case["file"], case["openssl"], signed(signature, manifest, case["trust"])[0])

receipts, documents = load("receipts"), {}
package = (DIR / "receipts" / receipts["package"]).read_bytes()
manifest = entries(package)[0]
RESULT = dict(ContentConsignment="accepted", ContentHandover="accepted", ContentHandoverFailure="held", Rejection="rejected")
for case in receipts["cases"]:
    message = (DIR / "receipts" / case["file"]).read_bytes()
    holds, content = signed(message, None, receipts["trust"])
    expect(case["file"], case["openssl"], holds)
    if case["verdict"] == "accept":
        at, made_at = when(document(content)["at"]), when(json.loads(manifest)["created_at"])
        expect(case["file"], case.get("clock"), "ahead" if at > NOW + 900 else "behind" if at < made_at - 900 else None)
        said = documents[case["file"]] = json.loads(content) | {"sha256": hashlib.sha256(message).hexdigest()}
        expect(case["file"], (RESULT.get(said["kind"], said["result"]), hashlib.sha256(package).hexdigest(), hashlib.sha256(manifest).hexdigest()),
               (said["result"], said["package_sha256"], said["manifest_sha256"]))
for chain in receipts["chains"]:
    chained = [documents[file] for file in chain["receipts"]]
    known = {said["sha256"] for said in chained}
    expect(chain["name"], chain["verdict"] == "accept", all(said.get("previous") in known | {None} for said in chained))

recalls = load("recalls")
for case in recalls["cases"]:
    holds, content = signed((DIR / "recalls" / case["file"]).read_bytes(), None, recalls["trust"])
    expect(case["file"], case["openssl"], holds)
    if case["verdict"] == "accept":
        said = document(content)
        expect(case["file"], (hashlib.sha256(package).hexdigest(), hashlib.sha256(manifest).hexdigest()), (said["package_sha256"], said["manifest_sha256"]))
        expect(case["file"], True, when(said["at"]) < when(said["expires_at"]))

for case in load("tls")["cases"]:
    for role in {"openssl_server", "openssl_client"} & case.keys():
        command = ["openssl", "verify", "-attime", str(NOW), "-purpose", role.replace("openssl_", "ssl"), "-CAfile",
                   str(DIR / case["trust"]["roots"][0]), str(DIR / case["certificate"])]
        expect((case["certificate"], role), case[role], subprocess.run(command, capture_output=True).returncode == 0)

order = load("order")
for case in order["cases"]:
    came, waiting, placed, now, patience = set(), [], [], 0, order["order_wait_seconds"]
    todo = sorted(case["arrivals"], key=lambda one: one["at"])
    while todo or waiting:
        while todo and todo[0]["at"] <= now:
            came.add(todo[0]["sequence"])
            waiting.append(todo.pop(0))
        waiting.sort(key=lambda one: (one["serial"], one["sequence"]))
        gaps = [one["at"] for one in waiting if one["sequence"] > 1 and one["sequence"] - 1 not in came
                and one["sequence"] <= waiting[0]["sequence"]]
        turn = max(gaps) + patience if gaps else now
        if waiting and turn <= now:
            placed.append({"at": now, "sequence": waiting.pop(0)["sequence"]})
        else:
            now = min([turn] * bool(waiting) + [one["at"] for one in todo[:1]])
    expect(case["name"], case["placed"], placed)

WAITS = [0, 15, 60, 300, 900, 1800, 3600]
for case in load("retry")["cases"]:
    at, attempts = 0, [0]
    for failures, answer in enumerate(case["answers"], 1):
        if at >= case["expires_ms"] or answer["class"] == "never":
            break
        place = failures + (answer["class"] == "refused")
        seed = place
        for byte in bytes.fromhex(case["message_id"].replace("-", "")):
            seed = (seed * 31 + byte) % 2**64
        wait = WAITS[min(place, 6)]
        if "retry_after" in answer:
            wait = max(1, min(answer["retry_after"], 3600), [0, 0, 0, 0, 0, 15, 60, 300][min(failures, 7)])
        at = min(at + wait * 1000 + seed % 1000 * wait * 100 // 1000, case["expires_ms"])
        attempts.append(at)
    expect(case["name"], case["attempts_ms"], attempts)

http = load("http")
digest = hashlib.sha256((DIR / http["digest_of"]).read_bytes()).digest()
KEY, TEXT = "[a-z*][a-z0-9_.*-]*", r'"(?:[ !#-\[\]-~]|\\["\\])*"'
MEMBER = rf"({KEY})=:([A-Za-z0-9+/]*)=*:((?:; *{KEY}(?:=(?:{TEXT}|[!#$%&'*+.^_`|~:/=?@0-9A-Za-z-]+))?)*)"
for case in http["content_digest"]:
    fields = [field.strip() for field in case["fields"] if field.strip()]
    ours = [member for field in fields for member in re.finditer(MEMBER, field) if member[1] == "sha-256"]
    raw = [base64.b64decode(member[2] + "=" * (-len(member[2]) % 4)) for member in ours if not member[3]]
    good = all(re.fullmatch(rf"{MEMBER}([ \t]*,[ \t]*{MEMBER})*", field) for field in fields) and (not ours or raw == [digest])
    got = "digest-malformed" if not good else None if ours else "digest-missing"
    expect(case["fields"], case.get("code"), got)

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"


def head_code(text):
    """What a request is refused with for its head, if it is; section 9."""
    head, end, _ = text.removeprefix("\r\n").removeprefix("\r\n").partition("\r\n\r\n")
    line, *fields = head.split("\r\n")
    if len(head) + 4 > 16384 or len(fields) > 64:
        return "head-too-large"
    values = {}
    for field in fields:
        read = re.fullmatch(rf"({TOKEN}):[ \t]*([\t -~\x80-\xff]*?)[ \t]*", field)
        if read:
            values.setdefault(read[1].lower(), []).append(read[2])
    named = [value for name in ("content-length", "transfer-encoding") for value in values.get(name, [])]
    good = [
        end and re.fullmatch(TOKEN + r" [!-\"$-~]+ HTTP/1\.1", line), len(fields) == sum(map(len, values.values())),
        len(values.get("host", [])) == 1 and re.fullmatch(r"([A-Za-z0-9._~!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])?(:[0-9]*)?", values["host"][0]),
        len(named) <= 1, all(re.fullmatch("[0-9]+", value) and int(value) < 2**63 for value in values.get("content-length", [])),
        all(value.lower() == "chunked" for value in values.get("transfer-encoding", [])),
    ]
    return None if all(good) else "bad-request"


for case in http["requests"]:
    head, end, body = case["request"].partition("\r\n\r\n")
    text = head + "\r\n" + case["repeat"]["text"] * case["repeat"]["times"] + "\r\n" + body if "repeat" in case else case["request"]
    expect(case["name"], case.get("code"), head_code(text))



def sealing(key):
    fits("[ -~]{1,100}", key["suite"])
    fits("[A-Za-z0-9._-]{1,64}", key["key_id"])
    if not 0 < len(base64.b64decode(key["public_key"], validate=True)) <= 4096:
        raise ValueError("public_key")
    when(key["valid_until"])


def usable(der):
    """Whether a certificate could be pinned: readable, for an end, with a key that is strong enough."""
    done = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-text"], input=der, capture_output=True)
    text = done.stdout.decode("utf-8", "replace")
    strong = re.search(r"NIST CURVE: P-(256|384)|Public-Key: \((2048|3072|4096|8192) bit\)", text)
    return done.returncode == 0 and "Version: 3" in text and "CA:TRUE" not in text and bool(strong)


def card(data):
    """What a card says, and the certificate that signed it; section 11."""
    if len(data) > 65536:
        raise ValueError("large")
    with tempfile.TemporaryDirectory() as folder:
        path, signer = Path(folder, "card"), Path(folder, "signer")
        path.write_bytes(data)
        verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", path]
        done = subprocess.run([*verify, "-noverify", "-signer", signer], capture_output=True)
        trusted = ["-cades", "-purpose", "any", "-attime", str(NOW), "-partial_chain", "-CAfile", signer]
        if done.returncode or subprocess.run([*verify, *trusted], capture_output=True).returncode:
            raise ValueError("signature")
        by = base64.b64decode(signer.read_text().split("-----")[2])
    said = document(done.stdout)
    begins, ends = when(said["valid_from"]), when(said["valid_until"])
    if said["format"] != "renkei.card/1" or isinstance(said["serial"], (str, float, bool)) or not 0 < said["serial"] < 2**53 or begins >= ends:
        raise ValueError("format, serial or time")
    fits("[0-9A-Z]{10}", said["office"])
    fits("[0-9A-Z]{2}", *said.get("service_types", []))
    fits("[A-Za-z0-9._-]{1,16}", *said.get("editions", []), *said.get("takes", []))
    fits("[^\\x00-\\x1f\\x7f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]{1,100}", said.get("name", "-"))
    fits("https://[^/?#@]+", *(channel["url"] for channel in said.get("channels", []) if channel["kind"] == "direct"))
    uses = [[base64.b64decode(text, validate=True) for text in said["certificates"][use]] for use in ("tls", "signing")]
    if not all(0 < len(listed) <= 8 and all(map(usable, listed)) for listed in uses) or by not in uses[1]:
        raise ValueError("certificates")
    if "sealing" in said:
        sealing(said["sealing"])
    return said, hashlib.sha256(by).hexdigest(), begins <= NOW <= ends


def card_code(data, case):
    try:
        said, by, in_time = card(data)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "bad-card"
    if "held" not in case:
        return None if in_time else "card-not-valid"
    held, _, _ = card((DIR / "cards" / case["held"]).read_bytes())
    if said["office"] != held["office"]:
        return "card-not-trusted"
    if said["serial"] <= held["serial"]:
        return "card-older"
    if not in_time:
        return "card-not-valid"
    return None if by in case["trust"]["pins"].get(held["office"], []) else "card-not-trusted"


cards = load("cards")
for case in cards["cases"]:
    expect(case["file"], case.get("code"), card_code((DIR / "cards" / case["file"]).read_bytes(), case))
for case in cards["digits"]:
    low, high = sorted(hashlib.sha256((DIR / "cards" / name).read_bytes()).digest() for name in case["cards"])
    stretched = hashlib.pbkdf2_hmac("sha512", low + high, b"renkei.card/1 check digits", 1000000, dklen=48)
    number = lambda group: int.from_bytes(stretched[group * 8:group * 8 + 8], "big") % 10**5
    expect(case["cards"], case["digits"], " ".join(f"{number(group):05}" for group in range(6)))
for case in cards["certificates"]:
    body = (DIR / case["certificate"]).read_text().split("-----")[2]
    stretched = hashlib.pbkdf2_hmac("sha512", hashlib.sha256(base64.b64decode(body)).digest(), b"renkei.certificate/1 check digits", 1000000, dklen=48)
    number = lambda group: int.from_bytes(stretched[group * 8:group * 8 + 8], "big") % 10**5
    expect(case["certificate"], case["digits"], " ".join(f"{number(group):05}" for group in range(6)))

SUITE = "DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM"
MEMBERS = ("message_id", "sender", "recipient", "created_at", "expires_at")


def clear(data):
    """The clear header, what stands before the pieces, and the pieces."""
    if data[:8] != b"RNKSEAL1":
        raise ValueError("not-sealed")
    length = int.from_bytes(data[8:12], "big")
    try:
        if not 0 < length <= 16384 or len(data) < 12 + length:
            raise ValueError("length")
        said = document(data[12:12 + length])
        fits("[0-9A-Z]{10}", said["sender"], said["recipient"])
        fits("[0-9a-f]{64}", said["package_sha256"])
        fits("[A-Za-z0-9._-]{1,64}", said["key_id"])
        fits("[\\x20-\\x7e]{1,100}", said["suite"])
        enc, size = base64.b64decode(said["enc"], validate=True), said["size"]
        if said["format"] != "renkei.sealed/1" or not enc or size < 1 or when(said["created_at"]) >= when(said["expires_at"]):
            raise ValueError("header")
        if len(data) != 12 + length + size + 16 * -(-size // 65536):
            raise ValueError("length")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("seal-broken")
    at = 12 + length
    return said, enc, data[:at], [data[start:start + 65552] for start in range(at, len(data), 65552)]


def unsealed(data, sealed):
    said, enc, before, pieces = clear(data)
    if (said["suite"], said["key_id"]) != (SUITE, sealed["key_id"]):
        raise ValueError("seal-unknown-key")
    suite = pyhpke.CipherSuite.new(pyhpke.KEMId.DHKEM_P256_HKDF_SHA256, pyhpke.KDFId.HKDF_SHA256, pyhpke.AEADId.AES256_GCM)
    key = pyhpke.KEMKey.from_pem((DIR / sealed["key"]).read_text())
    aad = lambda n: hashlib.sha256(before).digest() + n.to_bytes(8, "big") + bytes([n == len(pieces) - 1])
    try:
        context = suite.create_recipient_context(enc, key, b"renkei.sealed/1")
        inside = b"".join(context.open(piece, aad(n)) for n, piece in enumerate(pieces))
    except (pyhpke.exceptions.PyHPKEError, ValueError):
        raise ValueError("seal-broken")
    if hashlib.sha256(inside).hexdigest() != said["package_sha256"]:
        raise ValueError("seal-mismatch")
    manifest = json.loads(entries(inside)[0])
    office = lambda name: manifest[name]["office"] if name in ("sender", "recipient") else manifest[name]
    if any(said[name] != office(name) for name in MEMBERS):
        raise ValueError("seal-mismatch")
    return inside


def seal_code(read, *what):
    try:
        read(*what)
    except ValueError as fault:
        return str(fault)


sealed = load("sealed")
try:
    import pyhpke
except ImportError:
    pyhpke = None
for case in sealed["cases"]:
    data = (DIR / "sealed" / case["file"]).read_bytes()
    if pyhpke:
        expect(case["file"], case.get("code"), seal_code(unsealed, data, sealed))
    else:
        expect(case["file"], None if case["opens"] else case.get("code"), seal_code(clear, data))
# Another one that was sealed to this key, as a second argument.
for name in sys.argv[2:]:
    print(hashlib.sha256(unsealed(Path(name).read_bytes(), sealed)).hexdigest())

print(*wrong, f"{checked} checked, {len(wrong)} wrong", sep="\n")
sys.exit(bool(wrong))

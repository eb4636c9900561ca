"""Manifests and receipts: JSON, schemas, and what no schema can say (sections 3 and 5)."""

import csv
import hashlib
import json
import math
import os
import re
import time
import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path

SPEC = Path(__file__).resolve().parents[2] / "spec"
LIFE = timedelta(days=7)
SKEW = timedelta(minutes=15)
RESULTS = {
    "ContentConsignment": "accepted",
    "ContentHandover": "accepted",
    "ContentHandoverFailure": "held",
    "Rejection": "rejected",
}
LATER = {"ContentHandover", "ContentHandoverFailure", "Rejection"}
# What may come after what: section 5. None is the beginning.
FOLLOWS = {
    None: {"ContentConsignment", "Rejection"},
    "ContentConsignment": LATER,
    "ContentHandoverFailure": LATER,
    "ContentHandover": set(),
    "Rejection": set(),
}


# Section 9: what becomes of the same request, and what is refused. With the other codes that this
# partner gives, but for those of certificates, it is this package, for good.
RETRY = {
    "digest-mismatch": ("same", "package"), "body-broken": ("same", "package"), "too-slow": ("later", "partner"),
    "bad-query": ("never", "partner"), "not-found": ("never", "partner"), "method-not-allowed": ("never", "partner"),
    "not-a-partner": ("later", "partner"), "clock-ahead": ("later", "partner"),
    "internal": ("later", "node"), "storage-full": ("later", "node"),
}


class Refused(Exception):
    """What is answered to a partner: a status, a code, and a text for people."""

    def __init__(self, status, code, detail="", **fields):
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.fields = status, code, detail, fields
        of_certificate = code.startswith("certificate-") or code == "revocation-unknown"
        self.retry, self.scope = ("later", "partner") if of_certificate else RETRY.get(code, ("never", "package"))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


AHEAD = timedelta()  # how wrong the clock is, for trying that out


def now():
    return datetime.now(timezone.utc) + AHEAD


def new_id():
    """A UUIDv7: 48 bits of milliseconds, then chance."""
    number = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 7 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def written(document):
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read(data):
    """One JSON document, no member twice. ValueError otherwise."""

    def members(pairs):
        document = dict(pairs)
        if len(document) != len(pairs):
            raise ValueError("a member twice")
        return document

    def constant(name):
        raise ValueError(f"{name} is no JSON")

    def number(text):
        if not math.isfinite(float(text)):
            raise ValueError("too large")
        return float(text) if set(text) & set("-.eE") else int(text)

    try:
        document = json.loads(
            data.decode(), object_pairs_hook=members, parse_constant=constant, parse_float=number, parse_int=number
        )
        written(document)
        if levels(document) > 64:
            raise ValueError("too deep")
        return document
    except RecursionError:
        raise ValueError("too deep") from None


def levels(value):
    """How deep a document is nested."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(map(levels, inside), default=0) + isinstance(value, (dict, list))


def time_of(text):
    """RFC 3339; a second has up to 9 digits, of which Python keeps 6."""
    parts = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:[0-5]\d)(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", text, re.A
    )
    if not parts or not "1970" <= text[:4] <= "9998":
        raise ValueError(f"no time: {text}")
    day, clock, fraction, zone = parts.groups()
    micros = (fraction or ".0")[1:7].ljust(6, "0")
    zone = "+00:00" if zone in "Zz" else zone
    return datetime.fromisoformat(f"{day}T{clock}.{micros}{zone}").astimezone(timezone.utc)


# The part of JSON Schema that spec/*.schema.json use.

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def schema(name):
    return json.loads((SPEC / f"{name}.schema.json").read_bytes())


def check(value, rule, root, place=""):
    """ValueError where a document is not as its schema says."""

    def fault(why):
        raise ValueError(f"{place or 'the document'}: {why}")

    if "$ref" in rule:
        target = root
        for step in rule["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        check(value, target, root, place)
    if "type" in rule and type(value) is not TYPES[rule["type"]]:
        fault(f"no {rule['type']}")
    if value != rule.get("const", value) or value not in rule.get("enum", [value]):
        fault("another value")
    if isinstance(value, str):
        if "pattern" in rule and not re.search(rule["pattern"].replace("$", r"\Z"), value):
            fault("another form")
        if len(value) > rule.get("maxLength", len(value)):
            fault("too long")
    if type(value) is int and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        fault("too small or too large")
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            fault("too few or too many")
        for n, item in enumerate(value):
            check(item, rule.get("items", {}), root, f"{place}[{n}]")
    if isinstance(value, dict):
        for name in rule.get("required", []):
            if name not in value:
                fault(f"no {name}")
        for name, member in rule.get("properties", {}).items():
            if name in value:
                check(value[name], member, root, f"{place}.{name}")
    if "not" in rule and fits(value, rule["not"], root):
        fault("what it may not be")
    if "oneOf" in rule and sum(fits(value, choice, root) for choice in rule["oneOf"]) != 1:
        fault("none of the choices")


def fits(value, rule, root):
    try:
        check(value, rule, root)
    except ValueError:
        return False
    return True


# File names and send units, by the tables of spec/.

MONTH = r"(?P<month>(?!0000)[0-9]{4}(?:0[1-9]|1[0-2]))"
PLACES = {
    "対象年月6": MONTH,
    "提供年月6または000000": MONTH.replace("<month>", "<month>000000|"),
    "送信元事業所番号10": r"(?P<sender>[0-9A-Z]{10})",
    "送信元サービス種類2": r"(?P<sender_type>[0-9A-Z]{2})",
    "送信先事業所番号10": r"(?P<recipient>[0-9A-Z]{10})",
    "送信先サービス種類2": r"(?P<recipient_type>[0-9A-Z]{2})",
    "YYYYMMDDHHMMSS": r"(?P<serial>\d{14})",
    "枝番4": r"\d{4}",
}


def table(name):
    with open(SPEC / name, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


NAMES = [
    (row["prefix"], re.compile(re.sub(r"\{(.+?)\}", lambda place: PLACES[place[1]], row["pattern"]), re.I))
    for row in table("filenames.csv")
]
UNITS = [
    (row["edition"], row["unit"], row["preventive"] == "○",
     set(row["required"].split(";")), set(row["optional"].split(";")))
    for row in table("send_units.csv")
]
SYSTEMS = table("service_types.csv")
PREVENTIVE = {"46", "AF"} | {row["code"] for row in SYSTEMS} - {
    row["code"] for row in SYSTEMS if row["system"] == "介護給付"
}
EDITIONS = {row["csv_version"]: row["edition"] for row in table("editions.csv") if row["edition"]}


def name_of(name):
    """What the name of a file says, as a dictionary. ValueError when it is none of the standard."""
    for prefix, pattern in NAMES:
        if found := pattern.fullmatch(name):
            return {"prefix": prefix, "preventive": False, "month": None, **found.groupdict()}
    raise ValueError(f"no name of the standard: {name}")


def about(files):
    """Kind, edition and months of files, by their names and the CSVバージョン at their beginnings."""
    names = [name_of(name) for name in files]
    prefixes = {name["prefix"] for name in names}
    types = {name.get(side) for name in names for side in ("sender_type", "recipient_type")}
    versions = {
        EDITIONS.get(data.split(b",")[0].strip(b'"').decode("ascii", "replace"))
        for name, data in files.items()
        if name.upper().endswith(".CSV")
    }
    if len(versions) != 1 or None in versions:
        raise ValueError("not one known CSVバージョン")
    (edition,) = versions
    fitting = [
        (preventive != bool(types & PREVENTIVE), unit)
        for of, unit, preventive, required, optional in UNITS
        if of == edition and required <= prefixes <= required | optional
    ]
    if not fitting:
        raise ValueError("files of no send unit")
    months = sorted({name["month"] for name in names} - {None, "000000"})
    return {"kind": min(fitting)[1], "edition": edition, "months": months}


def media(name):
    return "image/jpeg" if name_of(name)["prefix"] == "UPKIHON_IMAGE" else "text/csv"


# Manifests.

def manifest_of(files, sequence, certificate):
    """The manifest for files (a dictionary from names to bytes)."""
    files = dict(sorted(files.items()))
    name = name_of(next(iter(files)))
    created = now()
    return {
        "format": "renkei.package/1",
        "message_id": new_id(),
        "sequence": sequence,
        "sender": {"office": name["sender"], "certificate": certificate},
        "recipient": {"office": name["recipient"]},
        "created_at": created.isoformat().replace("+00:00", "Z"),
        "expires_at": (created + LIFE).isoformat().replace("+00:00", "Z"),
        **about(files),
        "serial": name["serial"],
        "files": [
            {"n": n, "name": name, "size": len(data), "sha256": sha256(data), "media": media(name)}
            for n, (name, data) in enumerate(files.items(), 1)
        ],
    }


def manifest_from(data, files):
    """The manifest in these bytes, held against the files of the container. Raises Refused."""
    try:
        manifest = read(data)
        form = manifest.get("format") if isinstance(manifest, dict) else None
        if isinstance(form, str) and form != "renkei.package/1":
            raise Refused(422, "unsupported-format", form)
        check(manifest, PACKAGE, PACKAGE)
        names = [file["name"].upper() for file in manifest["files"]]
        said = [(file["n"], file["media"]) for file in manifest["files"]]
        holds = {
            "expires_at": time_of(manifest["created_at"]) < time_of(manifest["expires_at"]),
            "supersedes": manifest.get("supersedes") != manifest["message_id"],
            "files": len(set(names)) == len(names),
            "n or media": said == [(n, media(name)) for n, name in enumerate(names, 1)],
        }
        for name in map(name_of, names):
            for what in ("sender", "recipient"):
                holds[f"{what} in a name"] = name[what] == manifest[what]["office"]
            holds["serial in a name"] = name["serial"] == manifest["serial"]
            for what, held in holds.items():
                if not held:
                    raise ValueError(what)
    except ValueError as error:
        raise Refused(422, "bad-manifest", str(error)) from None
    listed = [(file["size"], file["sha256"].lower()) for file in manifest["files"]]
    if listed != [(len(file), sha256(file)) for file in files]:
        raise Refused(422, "file-mismatch", "the files are not those of the manifest")
    return manifest


def findings(manifest, files, editions):
    """What speaks against files that came whole: here would stand the rules of RULES.md.

    `editions`: what the care software of the office imports.
    """
    named = dict(zip((file["name"] for file in manifest["files"]), files))
    try:
        for name, data in named.items():
            if media(name) == "text/csv":
                data.decode("cp932")
        real = about(named)
    except ValueError as error:
        return [{"rule": "unreadable-file", "message": str(error)[:500]}]
    if real["edition"] not in editions:
        return [{"rule": "edition-not-imported", "message": f"{real['edition']} is not imported here"}]
    said = {**manifest, "months": sorted(set(manifest["months"]))}
    return [
        {"rule": "manifest-mismatch", "message": f"{what} is {real[what]}"}
        for what in ("kind", "edition", "months")
        if said[what] != real[what]
    ]


# Receipts.

def receipt_of(kind, package, manifest_bytes, manifest, certificate, previous, found=()):
    """A receipt, not signed yet; `certificate` is the one that it will be signed with."""
    receipt = {
        "format": "renkei.receipt/1",
        "kind": kind,
        "message_id": manifest["message_id"],
        "package_sha256": sha256(package),
        "manifest_sha256": sha256(manifest_bytes),
        "sender": manifest["sender"],
        "recipient": {"office": manifest["recipient"]["office"], "certificate": certificate},
        "at": now().isoformat().replace("+00:00", "Z"),
        "result": RESULTS[kind],
    }
    if found:
        receipt["findings"] = list(found)[:100]
    if previous:
        receipt["previous"] = sha256(previous)
    return receipt


def receipt_from(data):
    """The receipt in these bytes. ValueError when it is none."""
    receipt = read(data)
    check(receipt, RECEIPT, RECEIPT)
    time_of(receipt["at"])
    for finding in receipt.get("findings", []):
        for text in (finding["message"], finding.get("file", "")):
            if any(unicodedata.category(sign) == "Cc" or unicodedata.bidirectional(sign) in TURNS for sign in text):
                raise ValueError("a control character")
    return receipt


TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
PACKAGE, RECEIPT, PAGE = (schema(name) for name in ("package", "receipt", "receipts-page"))

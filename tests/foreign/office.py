"""An office: its settings, whom it trusts, and a plain folder in which everything lies durably.

    settings.json                    see README.md
    out/ID/package.zip               what is to be sent, as it is sent each time
    out/ID/receipts/0000N-KIND.p7s   what the recipient said about it, oldest first
    out/ID/refused.json              why it is not sent any more
    in/SENDER-ID.zip                 what has come
    issued/POSITION.SENDER.ID.KIND.p7s  what was said about that
    import/NAME                      the files, for the care software
    after-OFFICE                     how far the receipts of a partner were read
"""

import json
import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import cms
import container
import documents
from documents import Refused, now, sha256, time_of


def put(path, data):
    """Writes a file durably: it is there whole after a power cut, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{threading.get_ident()}")
    with open(beside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    flush(path.parent)


def flush(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def visible(folder, pattern):
    """The files whose names fit, in order; the names of unfinished ones begin with a dot."""
    return sorted(path for path in Path(folder).glob(pattern) if not path.name.startswith("."))


def turn(waiting, numbers, order_wait):
    """Which of the packages that wait comes next, and from when on (section 6).

    `waiting` has (serial, sequence, time of arrival) of each, `numbers` all sequences that came.
    """
    first = min(waiting)
    gaps = [
        arrival + order_wait
        for _, number, arrival in waiting
        if 1 < number <= first[1] and number - 1 not in numbers
    ]
    return first, max(gaps, default=0)


class Package:
    """What lies in a package."""

    def __init__(self, data):
        self.data = data
        try:
            self.manifest_bytes, self.signature, self.files = container.unpack(data)
        except ValueError as error:
            raise Refused(422, "bad-container", str(error)) from None
        if len(self.manifest_bytes) > 512 * 1024:
            raise Refused(422, "bad-manifest", "too large")
        self.manifest = documents.manifest_from(self.manifest_bytes, self.files)
        self.id = self.manifest["message_id"]
        self.sender = self.manifest["sender"]["office"]
        self.recipient = self.manifest["recipient"]["office"]
        # Packages are sent and placed in this order: section 6.
        self.rank = (self.manifest["serial"], self.manifest["sequence"])


class Office:
    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.settings = json.loads((self.folder / "settings.json").read_bytes())
        self.number = self.settings["office"]
        documents.AHEAD = timedelta(seconds=self.settings.get("clock_ahead", 0))
        self.peers = {peer["office"]: peer for peer in self.settings["peers"]}
        self.path = lambda name: self.folder / name if name else None
        self.identities = {
            use: {name: self.path(file) for name, file in self.settings[use].items()}
            for use in ("tls", "signing")
        }
        pins = {
            use: {office: [self.path(file) for file in peer.get(use, [])] for office, peer in self.peers.items()}
            for use in ("tls", "signing")
        }
        self.trust = cms.Trust(self.folder, self.path(self.settings.get("authority")), pins)
        self.certificate = sha256(cms.der_of(self.identities["signing"]["certificate"]))
        for name in ("out", "in", "issued", "import"):
            (self.folder / name).mkdir(exist_ok=True)
        self.changed = threading.Condition()  # also the lock of everything below
        self.stopping = False

    def signer_of(self, message, content=None):
        """The SHA-256 of a signer's certificate, the offices it speaks for, and what it signed."""
        signer, content = cms.verify(message, self.folder / "signing-anchors.pem", content)
        return sha256(signer), self.trust.offices("signing", signer), content

    # What is sent.

    def pack(self, files, sequence=None):
        """Makes a package of files (a dictionary from names to bytes) and says its id."""
        recipient = documents.name_of(next(iter(files)))["recipient"]
        used = [package.manifest["sequence"] for package in self.outgoing() if package.recipient == recipient]
        manifest = documents.manifest_of(files, sequence or max(used, default=0) + 1, self.certificate)
        if manifest["sender"]["office"] != self.number or recipient not in self.peers:
            raise SystemExit("these files are not from this office to one of its partners")
        text = documents.written(manifest)
        signature = cms.sign(text, self.identities["signing"], attached=False)
        package = container.pack(text, signature, [files[file["name"]] for file in manifest["files"]])
        put(self.folder / "out" / manifest["message_id"] / "package.zip", package)
        return manifest["message_id"]

    def outgoing(self):
        return [Package(path.read_bytes()) for path in visible(self.folder / "out", "*/package.zip")]

    def received(self, id):
        """The receipts that came about a package, oldest first, as bytes."""
        return [path.read_bytes() for path in visible(self.folder / "out" / id / "receipts", "*.p7s")]

    def state(self, id):
        """The kind of the last receipt about a package; None before there is one."""
        paths = visible(self.folder / "out" / id / "receipts", "*.p7s")
        return paths[-1].stem.split("-")[1] if paths else None

    def unanswered(self, peer):
        """What is to be put to a partner, in order."""
        packages = [
            package for package in self.outgoing()
            if package.recipient == peer and not self.state(package.id)
            and not (self.folder / "out" / package.id / "refused.json").exists()
            and now() < time_of(package.manifest["expires_at"])
        ]
        return sorted(packages, key=lambda package: package.rank)

    def take_receipt(self, package, message, answer=False):
        """Keeps a receipt about a package of ours, and says its kind.

        ValueError or Distrust when it is not good; what came before stays as it is.
        """
        with self.changed:
            known = self.received(package.id)
            if message in known:
                return self.state(package.id)
            signer, offices, content = self.signer_of(message)
            receipt = documents.receipt_from(content)
            kind, previous = receipt["kind"], receipt.get("previous", "").lower()
            ours = receipt["recipient"].get("certificate", "").lower() == signer
            says = [receipt[name] for name in ("message_id", "package_sha256", "manifest_sha256")]
            says += [receipt["sender"]["office"], receipt["recipient"]["office"]]
            about = [package.id, sha256(package.data), sha256(package.manifest_bytes), package.sender, package.recipient]
            if kind not in documents.RESULTS or not ours or package.recipient not in offices:
                raise ValueError("not signed by the recipient")
            if [text.lower() for text in says] != [text.lower() for text in about]:
                raise ValueError("about another package")
            # A chain begins without `previous`; a second one says the same with a new certificate.
            before = next((old for old in known if sha256(old) == previous), None)
            if (before is None) != (not previous) or answer and previous:
                raise ValueError("`previous` names nothing that came")
            last = before and documents.receipt_from(self.signed(before))["kind"]
            if kind not in documents.FOLLOWS[last]:
                raise ValueError(f"{kind} after {last}")
            put(self.folder / "out" / package.id / "receipts" / f"{len(known) + 1:05}-{kind}.p7s", message)
            self.changed.notify_all()
            return kind

    @staticmethod
    def signed(message):
        """What a message signs that was verified when it came."""
        return cms.openssl("cms", "-verify", "-noverify", "-binary", "-inform", "DER", given=message).stdout

    # What comes.

    def take_package(self, id, data, sends):
        """Stores a package and says the first receipt, and whether it is a repeat. Raises Refused.

        `sends`: the offices that the client's certificate speaks for. The steps are those of
        section 9, from 5 on.
        """
        package = Package(data)
        if package.id != id:
            raise Refused(422, "id-mismatch")
        if package.recipient != self.number:
            raise Refused(422, "not-our-package")
        if package.sender not in sends:
            raise Refused(403, "certificate-not-allowed")
        path = self.folder / "in" / f"{package.sender}-{id}.zip"
        with self.changed:
            if path.exists():
                if path.read_bytes() != data:
                    raise Refused(409, "id-taken")
                issued = self.issued(package.sender, id)
                if issued:
                    return issued[0].read_bytes(), True
            else:
                self.check_package(package)
                put(path, data)
            # Also when the power went between the package and its receipt.
            found = documents.findings(package.manifest, package.files, self.settings.get("editions", ["v3", "v4.1"]))
            return self.issue(package, "Rejection" if found else "ContentConsignment", found), False

    def check_package(self, package):
        manifest = package.manifest
        if time_of(manifest["created_at"]) > now() + documents.SKEW:
            raise Refused(422, "clock-ahead")
        try:
            signer, offices, _ = self.signer_of(package.signature, package.manifest_bytes)
        except cms.Distrust as error:
            raise Refused(422 if error.code == "bad-signature" else 403, error.code, error.detail) from None
        if signer != manifest["sender"]["certificate"].lower():
            raise Refused(403, "signer-mismatch")
        if package.sender not in offices:
            raise Refused(403, "certificate-wrong-office")
        if time_of(manifest["expires_at"]) <= now():
            raise Refused(422, "package-expired")

    def issued(self, sender, id="*"):
        """Receipts that were issued, by position."""
        return visible(self.folder / "issued", f"*.{sender}.{id}.*.p7s")

    def issue(self, package, kind, found=()):
        """Signs a receipt and keeps it for who asks. Its position is above all others, also above
        those of a folder that was lost: so it begins at a clock."""
        with self.changed:
            before = self.issued(package.sender, package.id)
            last = visible(self.folder / "issued", "*.p7s")
            position = max(int(time.time() * 1000), int(last[-1].name.split(".")[0]) + 1 if last else 0)
            receipt = documents.receipt_of(
                kind, package.data, package.manifest_bytes, package.manifest, self.certificate,
                before[-1].read_bytes() if before else None, found,
            )
            message = cms.sign(documents.written(receipt), self.identities["signing"], attached=True)
            put(self.folder / "issued" / f"{position:016}.{package.sender}.{package.id}.{kind}.p7s", message)
            self.changed.notify_all()
            return message

    def place_next(self):
        """Places the files of the packages whose turn it is; says how long the next one waits."""
        waits = []
        for sender in self.peers:
            come = [(path, Package(path.read_bytes())) for path in visible(self.folder / "in", f"{sender}-*.zip")]
            numbers = {package.manifest["sequence"] for _, package in come}
            waiting = {}
            for path, package in come:
                said = self.issued(sender, package.id)
                kind = said[-1].name.split(".")[3] if said else None
                if kind in ("ContentConsignment", "ContentHandoverFailure"):
                    waiting[(*package.rank, path.stat().st_mtime)] = package, kind
            while waiting:
                first, due = turn(waiting, numbers, self.settings.get("order_wait", 60))
                if due > time.time():
                    waits.append(due - time.time())
                    break
                if not self.place(*waiting.pop(first)):
                    waits.append(1)
                    break
        return min(waits, default=None)

    def place(self, package, said):
        """Places files, all or none of them; nothing is overwritten. What a power cut left half
        done is done again: the same bytes under the name are no hindrance."""
        targets = [self.folder / "import" / file["name"] for file in package.manifest["files"]]
        for target, data in zip(targets, package.files):
            if target.exists() and target.read_bytes() != data:
                if said != "ContentHandoverFailure":
                    finding = {"rule": "import-name-taken", "file": target.name, "message": "the name is taken"}
                    self.issue(package, "ContentHandoverFailure", [finding])
                return False
        for target, data in zip(targets, package.files):
            if not target.exists():
                put(target, data)
        self.issue(package, "ContentHandover")
        return True

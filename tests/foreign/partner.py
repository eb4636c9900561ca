#!/usr/bin/env python3
"""A reference partner of renkei, after spec/PROTOCOL.md. README.md beside it tells how to run it.

    partner.py FOLDER run            receives, sends, asks for receipts, until it is ended
    partner.py FOLDER send FILE…     packs files that are one send unit, for `run` to send
    partner.py FOLDER repeat ID      puts a package once more, and shows the answer
    partner.py FOLDER status         what became of each package
"""

import argparse
import base64
import hashlib
import http.client
import http.server
import json
import re
import signal
import ssl
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import cms
import documents
from documents import Refused
from office import Office, put

ID = re.compile(documents.PACKAGE["$defs"]["message_id"]["pattern"])
LIMITS = {
    "package_bytes": 128 << 20, "manifest_bytes": 512 << 10, "files": 9999,
    "wait_seconds": 50, "receipts_per_page": 100, "idle_seconds": 30,
}
RECEIPT = "application/pkcs7-mime"
WAITS = [15, 60, 300, 900, 1800, 3600]


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def tls(office, purpose):
    """Both sides show a certificate; it is pinned or of the authority; its names are not looked at."""
    context = ssl.SSLContext(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(office.folder / "tls-anchors.pem")
    context.load_cert_chain(office.identities["tls"]["certificate"], office.identities["tls"]["key"])
    context.set_alpn_protocols(["http/1.1"])
    if purpose == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0
    return context


# The side that receives.


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, office):
        self.office = office
        self.context = tls(office, ssl.PROTOCOL_TLS_SERVER)
        host, port = office.settings["listen"].rsplit(":", 1)
        super().__init__((host, int(port)), Answers)

    def finish_request(self, request, client_address):
        request.settimeout(5)
        with self.context.wrap_socket(request, server_side=True) as connection:
            connection.settimeout(LIMITS["idle_seconds"])
            self.RequestHandlerClass(connection, client_address, self)

    def handle_error(self, request, client_address):
        log("connection:", sys.exc_info()[1])


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *words):
        log(self.offices, format % words)

    def setup(self):
        super().setup()
        try:
            self.offices = self.server.office.trust.offices("tls", self.connection.getpeercert(True))
        except cms.Distrust as error:
            raise ssl.SSLError(str(error)) from None
        self.offices &= set(self.server.office.peers)

    def answer(self, status, media, body, **fields):
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for field in fields.items():
            self.send_header(*field)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def route(self):
        path = urllib.parse.urlsplit(self.path)
        self.unread = "Content-Length" in self.headers or "Transfer-Encoding" in self.headers
        try:
            if path.path == "/v1/status":
                self.only("GET", "HEAD")
                self.json(self.status())
            elif path.path == "/v1/receipts":
                self.only("GET", "HEAD")
                self.partners_only()
                self.json(self.receipts(path.query))
            elif path.path.startswith("/v1/messages/"):
                self.only("PUT")
                self.partners_only()
                self.message(path.path.removeprefix("/v1/messages/"))
            else:
                raise Refused(404, "not-found")
        except Refused as refused:
            self.refuse(refused)
        except OSError as error:
            # Nothing was stored that was answered for: the partner repeats it.
            self.refuse(Refused(507 if error.errno == 28 else 500, "storage-full" if error.errno == 28 else "internal"))

    def __getattr__(self, name):
        if name.startswith("do_"):  # whatever the method
            return self.route
        raise AttributeError(name)

    def refuse(self, refused):
        log("refused:", refused)
        self.close_connection = self.close_connection or self.unread
        problem = {
            "type": f"urn:renkei:problem:{refused.code}",
            "title": http.client.responses.get(refused.status, ""),
            "status": refused.status,
            "code": refused.code,
            "detail": refused.detail,
            "retry": refused.retry,
            "scope": refused.scope,
        }
        self.answer(refused.status, "application/problem+json", documents.written(problem), **refused.fields)
        if self.unread:
            # Closing with bytes unread may take the answer away before it is seen.
            self.connection.settimeout(2)
            try:
                while self.rfile.read1(1 << 16):
                    pass
            except OSError:
                pass

    def json(self, document):
        self.answer(200, "application/json", documents.written(document))

    def only(self, *methods):
        if self.command not in methods:
            raise Refused(405, "method-not-allowed", Allow=", ".join(methods))

    def partners_only(self):
        if not self.offices:
            raise Refused(403, "not-a-partner")

    def status(self):
        return {
            "version": "reference partner", "time": documents.now().isoformat(),
            "formats": ["renkei.package/1", "renkei.receipt/1"], "features": [],
            "clock_skew_seconds": int(documents.SKEW.total_seconds()), "limits": LIMITS,
        }

    def message(self, id):
        if not ID.search(id):
            raise Refused(400, "bad-message-id")
        media = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if media != "application/zip" or "Content-Encoding" in self.headers:
            raise Refused(415, "unsupported-media-type")
        wanted = self.digest()
        body = self.body()
        self.unread = False
        if hashlib.sha256(body).digest() != wanted:
            raise Refused(400, "digest-mismatch", "the body was damaged on its way")
        receipt, again = self.server.office.take_package(id, body, self.offices)
        self.answer(200 if again else 201, f"{RECEIPT}; smime-type=signed-data", receipt)

    def digest(self):
        """The SHA-256 that Content-Digest promises: a dictionary of RFC 8941, without parameters."""
        fields = self.headers.get_all("Content-Digest", [])
        members = [member.strip() for member in ",".join(fields).split(",")] if fields else []
        found = [re.fullmatch(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*)={0,2}:", member) for member in members]
        values = [member[2] for member in found if member and member[1] == "sha-256"]
        if not all(found) or len(values) > 1 or any(len(value) != 43 for value in values):
            raise Refused(400, "digest-malformed")
        if not values:
            raise Refused(400, "digest-missing")
        return base64.b64decode(values[0] + "=")

    def body(self):
        most, length = LIMITS["package_bytes"], self.headers.get("Content-Length")
        try:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                body = b""
                while size := int(self.rfile.readline(20), 16):
                    if len(body) + size > most:
                        raise Refused(413, "too-large")
                    body += self.rfile.read(size)
                    self.rfile.readline(3)
                while self.rfile.readline(8192).strip():
                    pass
                return body
            if length is None or not length.isdecimal():
                raise Refused(400, "body-broken")
            if int(length) > most:
                raise Refused(413, "too-large")
            body = self.rfile.read(int(length))
        except TimeoutError:
            raise Refused(408, "too-slow") from None
        except ValueError:
            raise Refused(400, "body-broken") from None
        if len(body) != int(length):
            raise Refused(400, "body-broken")
        return body

    def receipts(self, query):
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        asked = dict(pairs)
        numbers = [asked.get(name, "0") for name in ("after", "wait")]
        if len(asked) != len(pairs) or not {"office"} <= set(asked) <= {"office", "after", "wait"}:
            raise Refused(400, "bad-query")
        if not re.fullmatch(r"[0-9A-Z]{10}", asked["office"]) or not all(re.fullmatch(r"\d{1,19}", n) for n in numbers):
            raise Refused(400, "bad-query")
        if asked["office"] not in self.offices:
            raise Refused(403, "certificate-not-allowed")
        after, wait = map(int, numbers)
        office = self.server.office

        def behind():
            parts = ((path, path.name.split(".")) for path in office.issued(asked["office"]))
            return [(int(parts[0]), parts[2], path) for path, parts in parts if int(parts[0]) > after]

        with office.changed:
            office.changed.wait_for(lambda: behind() or office.stopping, min(wait, LIMITS["wait_seconds"]))
            found = behind()
        page = found[: LIMITS["receipts_per_page"]]
        return {
            "receipts": [
                {"position": position, "message_id": id, "receipt": base64.b64encode(path.read_bytes()).decode()}
                for position, id, path in page
            ],
            "next": page[-1][0] if page else after,
            "more": len(page) < len(found),
        }


# The side that sends.


class Failed(Exception):
    """A request that did not go through; `problem` is what the partner said."""

    def __init__(self, why, problem=None, retry_after=None):
        super().__init__(why)
        self.problem, self.retry_after = problem or {}, retry_after
        # A package that was refused so never goes through as it is: a person has to look.
        # But for these two codes, which come right by themselves when a certificate or a clock does.
        says = (self.problem.get("retry"), self.problem.get("scope")) == ("never", "package")
        self.for_good = says and self.problem.get("code") not in ("signer-mismatch", "package-expired")


class Client:
    def __init__(self, office, peer):
        self.office, self.peer = office, peer
        self.url = urllib.parse.urlsplit(office.peers[peer]["url"])
        self.context = tls(office, ssl.PROTOCOL_TLS_CLIENT)

    def ask(self, method, path, body=None, headers=None, wait=0):
        """Status, media type and body of a good answer. Raises Failed."""
        connection = http.client.HTTPSConnection(
            self.url.hostname, self.url.port or 443, context=self.context, timeout=45 + wait
        )
        try:
            connection.connect()
            # Nothing is said before it is known who listens.
            if self.peer not in self.office.trust.offices("tls", connection.sock.getpeercert(True)):
                raise Failed("somebody else answers")
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            body = answer.read(4 << 20)
        except (OSError, http.client.HTTPException, cms.Distrust) as error:
            raise Failed(repr(error)) from None
        finally:
            connection.close()
        media = answer.getheader("Content-Type", "").split(";")[0].strip().lower()
        if answer.status in (200, 201):
            return answer.status, media, body
        problem = {}
        if media == "application/problem+json":
            try:
                problem = json.loads(body)
            except ValueError:
                pass
        after = answer.getheader("Retry-After", "")
        after = int(after) if after.isdecimal() and answer.status in (408, 429, *range(500, 600)) else None
        raise Failed(f"{answer.status} {problem.get('code')}", problem, after)

    def put(self, package):
        """Puts a package and keeps the receipt that answers it; says status, kind and receipt."""
        digest = base64.b64encode(hashlib.sha256(package.data).digest()).decode()
        status, media, receipt = self.ask(
            "PUT", f"/v1/messages/{package.id}", package.data,
            {"Content-Type": "application/zip", "Content-Digest": f"sha-256=:{digest}:"},
        )
        if media != RECEIPT:
            raise Failed(f"{status} with {media}")
        try:
            return status, self.office.take_receipt(package, receipt, answer=True), receipt
        except (ValueError, cms.Distrust) as error:
            raise Failed(f"no good receipt: {error}") from None

    def get_receipts(self, wait):
        """Asks once for what the partner said later, and keeps it."""
        cursor = self.office.folder / f"after-{self.peer}"
        after = int(cursor.read_text()) if cursor.exists() else 0
        query = f"office={self.office.number}&after={after}&wait={wait}"
        _, _, body = self.ask("GET", f"/v1/receipts?{query}", wait=wait)
        try:
            page = documents.read(body)
            documents.check(page, documents.PAGE, documents.PAGE)
            positions = [after] + [entry["position"] for entry in page["receipts"]]
            rises = all(low < high for low, high in zip(positions, positions[1:]))
            if not rises or page["next"] < positions[-1] or page["more"] and not page["receipts"]:
                raise ValueError("the page does not rise")
        except ValueError as error:
            raise Failed(f"no page of receipts: {error}") from None
        ours = {package.id: package for package in self.office.outgoing() if package.recipient == self.peer}
        for entry in page["receipts"]:
            if entry["message_id"] in ours:
                try:
                    kind = self.office.take_receipt(ours[entry["message_id"]], base64.b64decode(entry["receipt"]))
                    log(entry["message_id"], kind)
                except (ValueError, cms.Distrust) as error:
                    log(entry["message_id"], "a receipt is passed over:", error)
        if page["next"] > after:
            put(cursor, str(page["next"]).encode())
        return bool(page["receipts"])

    def send_all(self):
        """Puts what waits, in order, again and again. A failure holds up all that follows, because
        order counts; a package that will never go through is set aside."""
        failures = 0
        while not self.office.stopping:
            with self.office.changed:
                while not (waiting := self.office.unanswered(self.peer)):
                    self.office.changed.wait(0.2)  # for what `send` packs, another process
            package = waiting[0]
            try:
                log(package.id, *self.put(package)[:2])
                failures = 0
            except Failed as failed:
                log(package.id, failed)
                if failed.for_good:
                    put(self.office.folder / "out" / package.id / "refused.json", documents.written(failed.problem))
                    continue
                self.pause(failures, failed)
                failures += 1

    def ask_for_receipts(self):
        """Asks once at the start, which shows the partner that we are back, and then as long as
        the last word about something is not said."""
        failures, first = 0, True
        while not self.office.stopping:
            states = [self.office.state(package.id) for package in self.office.outgoing() if package.recipient == self.peer]
            open_ones = [state for state in states if state in ("ContentConsignment", "ContentHandoverFailure")]
            try:
                if first or open_ones:
                    asked = time.monotonic()
                    said = self.get_receipts(0 if first else 25)
                    failures, first = 0, False
                    if said or time.monotonic() - asked > 1:
                        continue
                with self.office.changed:
                    self.office.changed.wait(1)
            except Failed as failed:
                log("receipts:", failed)
                self.pause(failures, failed)
                failures += 1

    def pause(self, failures, failed):
        waits = self.office.settings.get("waits", WAITS)
        if failed.retry_after is None:
            time.sleep(waits[min(failures, len(waits) - 1)])
        else:  # Not for ever: from the fifth time on there is a least wait.
            time.sleep(max(1, min(failed.retry_after, 3600), [0, 0, 0, 0, 15, 60, 300][min(failures, 6)]))


def place_all(office):
    while not office.stopping:
        with office.changed:
            office.changed.wait(office.place_next())


def run(office):
    LIMITS.update(office.settings.get("limits", {}))
    server = Server(office)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    work = [server.serve_forever, lambda: place_all(office)]
    for peer in office.peers:
        client = Client(office, peer)
        work += [client.send_all, client.ask_for_receipts]
    threads = [threading.Thread(target=job, daemon=True) for job in work]
    for thread in threads:
        thread.start()
    print(f"{office.number} is running", flush=True)
    while all(thread.is_alive() for thread in threads):
        time.sleep(0.5)
    sys.exit("a part of it has ended")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run")
    send = commands.add_parser("send")
    send.add_argument("--sequence", type=int, help="another number than the next one")
    send.add_argument("file", nargs="+", type=Path)
    commands.add_parser("repeat").add_argument("id")
    commands.add_parser("status")
    asked = parser.parse_args()
    office = Office(asked.folder)
    if asked.command == "run":
        run(office)
    elif asked.command == "send":
        print(office.pack({path.name: path.read_bytes() for path in asked.file}, asked.sequence))
    elif asked.command == "repeat":
        (package,) = (package for package in office.outgoing() if package.id == asked.id)
        status, _, receipt = Client(office, package.recipient).put(package)
        print(status, documents.sha256(receipt))
    else:
        for package in sorted(office.outgoing(), key=lambda package: package.rank):
            refused = office.folder / "out" / package.id / "refused.json"
            code = json.loads(refused.read_bytes())["code"] if refused.exists() else None
            print(package.id, office.state(package.id) or code or "waiting")


if __name__ == "__main__":
    main()

"""A mail server for tests: takes mails and lays them into a folder, as JSON.

    server.py FOLDER SECURITY CERTIFICATE KEY USER PASSWORD

SECURITY is tls, starttls or none. With a USER nobody gives it a mail without a login. An address that
begins with "nobody" is refused. It says on which port of 127.0.0.1 it listens, and ends with its
standard input.
"""

import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Taker:
    def __init__(self, folder):
        self.folder, self.count = folder, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.count += 1
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("cipher") is not None,
            "user": session.auth_data,
            "headers": {name: str(value) for name, value in message.items()},
            "body": message.get_content(),
            "defects": [str(defect) for defect in message.defects],
        }
        whole = self.folder / f".{self.count}"
        whole.write_text(json.dumps(mail), encoding="utf-8")
        whole.rename(self.folder / f"{self.count}.json")
        return "250 OK"


async def main(folder, security, certificate, key, user, password):
    context = None
    if security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    def knows(server, session, envelope, mechanism, data):
        is_known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            user.encode(),
            password.encode(),
        )
        return AuthResult(success=is_known, handled=False, auth_data=user if is_known else None)

    taker = Taker(pathlib.Path(folder))

    def session():
        return SMTP(
            taker,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=knows if user else None,
            auth_required=bool(user),
            # Where TLS begins with the first byte the library does not see that it is there.
            auth_require_tls=security == "starttls",
        )

    loop = asyncio.get_running_loop()
    over = context if security == "tls" else None
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=over)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))

"""A mail server for tests: takes mails as RFC 5321 says, spoken by aiosmtpd on a free port of 127.0.0.1.

Takes its settings as JSON in the first argument: see MailSettings in mail.rs. Standard output: one JSON object a
line, the first with the port, then one for each thing that happens. Standard input: one order a line, which holds for
what comes next:
    accept          take mails (as at the start)
    refuse 451      refuse every mail with this code
    hang            hear a mail to its end and never answer
    refuse-to ADDRESS 550    refuse mails to this recipient with this code, for good
It ends when its standard input does.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

SETTINGS = json.loads(sys.argv[1])

# What is said to which recipient. Servers quote the address, so this one does.
REFUSALS = {
    "unknown": "550 5.1.1 <{}>: no such user here",
    "unknown-plainly": "550 <{}>: no such user here",
    "moved": "551 <{}> is not local",
    "busy": "451 4.3.2 <{}>: try again later",
    "policy": "550 5.7.1 <{}>: relaying denied",
    "sender-unknown": "553 5.1.8 <{}>: the sender's domain does not exist",
}


def say(event, **what):
    print(json.dumps({"event": event, **what}), flush=True)


class Handler:
    def __init__(self):
        self.order = ["accept"]
        self.refused = {}

    def obey(self, line):
        words = line.split()
        if words[0] == "refuse-to":
            self.refused[words[1]] = words[2]
        else:
            self.order = words

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.order[0] == "refuse":
            say("refused")
            return f"{self.order[1]} not now"
        if address.startswith("refused@"):
            return f"550 <{address}>: who are you?"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        user = address.split("@")[0]
        if user == "hang":
            await asyncio.Event().wait()
        if address in self.refused:
            say("refused")
            return f"{self.refused[address]} not to them"
        if user in REFUSALS:
            return REFUSALS[user].format(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("spam@"):
            return f"554 5.7.1 <{envelope.rcpt_tos[0]}>: looks like spam"
        mail = email.message_from_string(envelope.content.decode(), policy=email.policy.default)
        to = mail["To"].addresses[0]
        sender = mail["From"].addresses[0]
        told = dict(
            envelope_from=envelope.mail_from,
            envelope_to=envelope.rcpt_tos,
            from_name=sender.display_name,
            from_address=sender.addr_spec,
            to_name=to.display_name,
            to_address=to.addr_spec,
            text=mail.get_content().replace("\r\n", "\n"),
            headers=[(name.lower(), str(value)) for name, value in mail.items()],
            encrypted=session.ssl is not None or SETTINGS["tls"] == "always",
        )
        if self.order[0] == "hang":
            say("hanging", **told)
            await asyncio.Event().wait()
        say("mail", **told)
        return "250 OK"


class Server(SMTP):
    def connection_made(self, transport):
        # Comes again when the connection is encrypted.
        if not getattr(self, "met", False):
            self.met = True
            say("connected")
        super().connection_made(transport)

    def connection_lost(self, error):
        say("closed")
        super().connection_lost(error)


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == b"shop@example.com" and data.password == "pässword".encode()
    return AuthResult(success=right, handled=False)


def certificate():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(SETTINGS["certificate"], SETTINGS["key"])
    return context


async def main():
    handler = Handler()

    def server():
        return Server(
            handler,
            hostname="mail.example.com",
            enable_SMTPUTF8=SETTINGS["utf8"],
            tls_context=certificate() if SETTINGS["tls"] == "offered" else None,
            auth_required=SETTINGS["sign_in"],
            # Without encryption there is no offer to sign in then.
            auth_require_tls=not SETTINGS["sign_in"],
            authenticator=authenticate,
        )

    loop = asyncio.get_running_loop()
    always = certificate() if SETTINGS["tls"] == "always" else None
    listening = await loop.create_server(server, "127.0.0.1", 0, ssl=always)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    say("listening", port=listening.sockets[0].getsockname()[1])
    while line := await orders.readline():
        handler.obey(line.decode())
        say("obeyed")


asyncio.run(main())

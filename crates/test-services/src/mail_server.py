"""A mail server for tests: SMTP (RFC 5321) by aiosmtpd on a free port of 127.0.0.1.

The first argument is its settings as JSON: see MailSettings in mail.rs. Standard output: one JSON object a line, the
first with the port, then one for each notice. Standard input: one command a line, which applies from then on:
    accept          accept mails (the initial mode)
    refuse 451      refuse every mail with this code
    hang            receive mails and never answer
    hang-after 500  accept mails until so many are accepted since the start, then as hang
    refuse-to ADDRESS 550    refuse mails to this recipient with this code, in every mode
    accept-to ADDRESS        do so no longer
    at STAGE ACTION          at each greeting, mail, rcpt, data or end (the final dot), in every mode:
                             "delay 1.5" (seconds), "reply 450 later", "close" or "hang"
It exits at the end of its standard input.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

SETTINGS = json.loads(sys.argv[1])

# The reply to each recipient. It quotes the address, as mail servers do.
REFUSALS = {
    "unknown": "550 5.1.1 <{}>: no such user here",
    "unknown-plainly": "550 <{}>: no such user here",
    "moved": "551 <{}> is not local",
    "busy": "451 4.3.2 <{}>: try again later",
    "policy": "550 5.7.1 <{}>: relaying denied",
    "sender-unknown": "553 5.1.8 <{}>: the sender's domain does not exist",
}


def report(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


class Handler:
    def __init__(self):
        self.mode = ["accept"]
        self.refused_recipients = {}
        self.actions = {}
        self.accepted = 0

    def execute(self, line):
        words = line.split()
        if words[0] == "refuse-to":
            self.refused_recipients[words[1]] = words[2]
        elif words[0] == "accept-to":
            self.refused_recipients.pop(words[1], None)
        elif words[0] == "at":
            self.actions[words[1]] = words[2:]
        else:
            self.mode = words

    def hangs(self):
        mode, *words = self.mode
        return mode == "hang" or (mode == "hang-after" and self.accepted >= int(words[0]))

    async def at(self, stage, server):
        """Does what is to be done at a stage. Returns the reply, or None for the usual one."""
        action, *words = self.actions.get(stage, ["continue"])
        if action == "delay":
            await asyncio.sleep(float(words[0]))
        if action == "close":
            server.transport.close()
        if action in ("close", "hang"):
            await asyncio.Event().wait()
        return " ".join(words) if action == "reply" else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        if reply := await self.at("mail", server):
            return reply
        server.mails += 1
        if server.mails > (SETTINGS["mails_per_connection"] or server.mails):
            return "421 4.7.0 too many mails on this connection"
        if self.mode[0] == "refuse":
            report("refused")
            return f"{self.mode[1]} not now"
        if address.startswith("refused@"):
            return f"550 <{address}>: who are you?"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := await self.at("rcpt", server):
            return reply
        user = address.split("@")[0]
        if user == "hang":
            await asyncio.Event().wait()
        if address in self.refused_recipients:
            report("refused")
            return f"{self.refused_recipients[address]} not to them"
        if user in REFUSALS:
            return REFUSALS[user].format(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if reply := await self.at("end", server):
            return reply
        if envelope.rcpt_tos[0].startswith("spam@"):
            return f"554 5.7.1 <{envelope.rcpt_tos[0]}>: looks like spam"
        mail = email.message_from_string(envelope.content.decode(), policy=email.policy.default)
        to = mail["To"].addresses[0]
        sender = mail["From"].addresses[0]
        details = dict(
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
        if self.hangs():
            report("hanging", **details)
            await asyncio.Event().wait()
        self.accepted += 1
        report("mail", **details)
        return "250 OK"


class Server(SMTP):
    greeted = False
    mails = 0

    async def push(self, status):
        # The greeting is the first reply.
        if not self.greeted:
            self.greeted = True
            status = await self.event_handler.at("greeting", self) or status
        await super().push(status)

    async def smtp_DATA(self, arg):
        if reply := await self.event_handler.at("data", self):
            await self.push(reply)
        else:
            await super().smtp_DATA(arg)

    def connection_made(self, transport):
        # Called again when the connection is upgraded to TLS.
        if not getattr(self, "reported_connected", False):
            self.reported_connected = True
            report("connected")
        super().connection_made(transport)

    def connection_lost(self, error):
        report("closed")
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
            auth_required=SETTINGS["require_auth"],
            # If true, AUTH is not offered on an unencrypted connection.
            auth_require_tls=not SETTINGS["require_auth"],
            authenticator=authenticate,
        )

    loop = asyncio.get_running_loop()
    always = certificate() if SETTINGS["tls"] == "always" else None
    listening = await loop.create_server(server, "127.0.0.1", 0, ssl=always)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    report("listening", port=listening.sockets[0].getsockname()[1])
    while line := await commands.readline():
        handler.execute(line.decode())
        report("command_done")


asyncio.run(main())

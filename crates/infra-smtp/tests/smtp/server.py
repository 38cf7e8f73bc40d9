"""A mail server for tests: takes mails as RFC 5321 says, and refuses those that a test wants refused.

Takes its settings as JSON in the first argument. Says on its standard output, a JSON object a line, what happens:
the port first, then every connection that begins and ends, and every mail, as Python's own mail reader reads it.
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
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return f"550 <{address}>: who are you?"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        user = address.split("@")[0]
        if user == "hang":
            await asyncio.sleep(3600)
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
        say(
            "mail",
            envelope_from=envelope.mail_from,
            envelope_to=envelope.rcpt_tos,
            from_name=sender.display_name,
            from_address=sender.addr_spec,
            to_name=to.display_name,
            to_address=to.addr_spec,
            subject=mail["Subject"],
            text=mail.get_content().replace("\r\n", "\n"),
            message_id=mail["Message-ID"],
            auto_submitted=mail["Auto-Submitted"],
            dated=mail["Date"].datetime is not None,
            headers=sorted(mail.keys()),
            encrypted=session.ssl is not None or SETTINGS["tls"] == "always",
        )
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


def server():
    return Server(
        Handler(),
        hostname="mail.example.com",
        enable_SMTPUTF8=SETTINGS["utf8"],
        tls_context=certificate() if SETTINGS["tls"] == "offered" else None,
        auth_required=SETTINGS["sign_in"],
        # Without encryption there is no offer to sign in then.
        auth_require_tls=not SETTINGS["sign_in"],
        authenticator=authenticate,
    )


async def main():
    always = certificate() if SETTINGS["tls"] == "always" else None
    listening = await asyncio.get_running_loop().create_server(
        server, "127.0.0.1", 0, ssl=always
    )
    say("listening", port=listening.sockets[0].getsockname()[1])
    await listening.serve_forever()


asyncio.run(main())

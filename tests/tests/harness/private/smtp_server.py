"""A mail server for tests: real SMTP on a free port of 127.0.0.1, as aiosmtpd speaks it.

Standard output: one JSON object a line, the first with the port, then one for each thing that happens.
Standard input: one order a line, which holds for what comes next:
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
import sys

from aiosmtpd.smtp import SMTP


def tell(**what):
    print(json.dumps(what), flush=True)


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
            tell(event="refused", code=self.order[1])
            return f"{self.order[1]} not now"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            tell(event="refused", code=self.refused[address], to=address)
            return f"{self.refused[address]} not to them"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": mail.get_body(("plain",)).get_content(),
        }
        if self.order[0] == "hang":
            tell(event="hanging", **told)
            await asyncio.Event().wait()
        tell(event="received", **told)
        return "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    handler = Handler()
    server = await loop.create_server(lambda: SMTP(handler, hostname="localhost"), "127.0.0.1", 0)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    tell(event="listening", port=server.sockets[0].getsockname()[1])
    while line := await orders.readline():
        handler.obey(line.decode())
        tell(event="obeyed", order=line.decode().strip())


asyncio.run(main())

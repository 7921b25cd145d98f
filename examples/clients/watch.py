#!/usr/bin/env python3
"""Follows what Storyloop does, over WebSocket, and goes on after its last cursor when the hub or the connection goes.

    python3 watch.py                          all events, from now on
    python3 watch.py --prd PRD-001            those of a PRD; may be repeated
    python3 watch.py --output events.jsonl    appends them to a file, too
    python3 watch.py --quiet                  shows errors only
    python3 watch.py --since CURSOR           begins after CURSOR, and not at the present

One JSON event a line on standard output, what happens to the connection on standard error.
Needs the package "websockets" (Debian: python3-websockets).
"""

import argparse
import asyncio
import json
import os
import pathlib
import sys

import websockets

HOME = pathlib.Path(os.environ.get("STORYLOOP_HOME") or pathlib.Path.home() / ".storyloop")
DISCOVERY = HOME / "hub" / "hub.json"


class Client:
    def __init__(self, options):
        self.options = options
        self.cursor = options.since
        self.output = open(options.output, "a", encoding="utf-8") if options.output else None

    def say(self, text):
        if not self.options.quiet:
            print(text, file=sys.stderr, flush=True)

    def show(self, event):
        line = json.dumps(event)
        if self.output:
            print(line, file=self.output, flush=True)
        is_error = event["type"] == "error.occurred" or event.get("severity") == "error"
        if is_error or not self.options.quiet:
            print(line, flush=True)

    async def follow(self, hub):
        """Shows the events of one connection."""
        # The token as a subprotocol: works with every version of the library, and stands in no address.
        protocols = ["storyloop.v1", "storyloop.auth." + hub["token"]]
        address = f"ws://{hub['host']}:{hub['port']}/ws"
        async with websockets.connect(address, subprotocols=protocols, max_size=None) as socket:
            wish = {"op": "subscribe", "id": 1, "prds": self.options.prd, "since": self.cursor}
            await socket.send(json.dumps({name: value for name, value in wish.items() if value}))
            mine = None
            async for message in socket:
                frame = json.loads(message)
                if frame["op"] == "ok" and frame.get("id") == 1:
                    mine = frame["subscription"]
                    if not self.cursor:
                        # Where it begins: "from" is the first cursor that it will get.
                        log, number = frame["from"].split(":")
                        self.cursor = f"{log}:{int(number) - 1}"
                    self.say(f"following {address}")
                elif frame["op"] == "error":
                    sys.exit(f"the hub says {frame['code']}: {frame['message']}")
                elif frame["op"] == "reset":
                    print(f"events after {self.cursor} are lost ({frame['reason']})", file=sys.stderr, flush=True)
                    self.cursor = frame["cursor"]
                elif frame["op"] == "event" and mine in frame["s"]:
                    self.show(frame["event"])
                    self.cursor = frame["event"].get("cursor", self.cursor)  # transient events have none

    async def run(self):
        while True:
            try:
                # Read each time: another hub may have taken over, on another port.
                await self.follow(json.loads(DISCOVERY.read_text()))
                self.say("the hub has closed the connection")
            except BrokenPipeError:  # whoever read the events has had enough
                return
            except FileNotFoundError:
                self.say("there is no hub yet")
            except (OSError, ValueError, EOFError, asyncio.TimeoutError, websockets.WebSocketException) as error:
                self.say(f"no connection: {error}")
            await asyncio.sleep(0.5)


def main():
    parser = argparse.ArgumentParser(description="Follows what Storyloop does.")
    parser.add_argument("--prd", action="append", metavar="ID", help="events of this PRD; may be repeated")
    parser.add_argument("--output", metavar="FILE", help="append the events to this file, one JSON object a line")
    parser.add_argument("--quiet", action="store_true", help="show errors only")
    parser.add_argument("--since", metavar="CURSOR", help="begin after this cursor")
    try:
        asyncio.run(Client(parser.parse_args()).run())
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()

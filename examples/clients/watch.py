#!/usr/bin/env python3
"""Follows what Storyloop does, over WebSocket, and goes on after its last cursor when the hub or the connection goes.

    python3 watch.py [CURSOR]        begins after CURSOR, else at the present

One JSON event a line on standard output, what happens to the connection on standard error.
Needs the package "websockets" (Debian: python3-websockets).
"""

import asyncio
import json
import os
import pathlib
import sys

import websockets

HOME = pathlib.Path(os.environ.get("STORYLOOP_HOME") or pathlib.Path.home() / ".storyloop")
DISCOVERY = HOME / "hub" / "hub.json"


def say(text):
    print(text, file=sys.stderr, flush=True)


async def follow(hub, cursor):
    """Prints the events of one connection; yields each new cursor."""
    # The token as a subprotocol: works with every version of the library, and stands in no address.
    protocols = ["storyloop.v1", "storyloop.auth." + hub["token"]]
    address = f"ws://{hub['host']}:{hub['port']}/ws"
    async with websockets.connect(address, subprotocols=protocols, max_size=None) as socket:
        subscribe = {"op": "subscribe", "id": 1}
        if cursor:
            subscribe["since"] = cursor
        await socket.send(json.dumps(subscribe))
        mine = None
        async for message in socket:
            frame = json.loads(message)
            if frame["op"] == "ok" and frame.get("id") == 1:
                mine = frame["subscription"]
                if not cursor:
                    # Where it begins: "from" is the first cursor that it will get.
                    log, number = frame["from"].split(":")
                    yield f"{log}:{int(number) - 1}"
                say(f"following {address}")
            elif frame["op"] == "error":
                sys.exit(f"the hub says {frame['code']}: {frame['message']}")
            elif frame["op"] == "reset":
                say(f"events after {cursor} are lost ({frame['reason']}), going on after {frame['cursor']}")
                yield frame["cursor"]
            elif frame["op"] == "event" and mine in frame["s"]:
                event = frame["event"]
                print(json.dumps(event), flush=True)
                if "cursor" in event:  # transient events have none
                    yield event["cursor"]


async def main(cursor):
    while True:
        try:
            # Read each time: another hub may have taken over, on another port.
            hub = json.loads(DISCOVERY.read_text())
            async for position in follow(hub, cursor):
                cursor = position
            say("the hub has closed the connection")
        except BrokenPipeError:  # whoever read the events has had enough
            return
        except FileNotFoundError:
            say("there is no hub yet")
        except (OSError, ValueError, EOFError, asyncio.TimeoutError, websockets.WebSocketException) as error:
            say(f"no connection: {error}")
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
    except KeyboardInterrupt:
        pass

#!/usr/bin/env python3
"""distance.py LISTEN TARGET ROUND_TRIP_MS: a TCP relay on loopback that puts a server far away.

Every chunk arrives half a round trip after it was read. Bytes under way are bounded (4 MiB), so
that back-pressure reaches the server. For machines whose kernel has no netem.
"""
import asyncio, sys

LISTEN, TARGET, HALF = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 2000
BOUND = 4 << 20


async def carry(source, sink):
    loop = asyncio.get_running_loop()
    queue, room, under_way = asyncio.Queue(), asyncio.Event(), 0
    room.set()

    async def arrive():
        nonlocal under_way
        while True:
            due, data = await queue.get()
            wait = due - loop.time()
            if wait > 0.0005:
                await asyncio.sleep(wait)
            if not data:
                sink.close()
                return
            sink.write(data)
            await sink.drain()
            under_way -= len(data)
            if under_way < BOUND:
                room.set()

    arriving = asyncio.create_task(arrive())
    try:
        while True:
            await room.wait()
            data = await source.read(65536)
            queue.put_nowait((loop.time() + HALF, data))
            if not data:
                break
            under_way += len(data)
            if under_way >= BOUND:
                room.clear()
    except OSError:
        queue.put_nowait((0, b""))
    await asyncio.gather(arriving, return_exceptions=True)


async def connected(reader, writer):
    # a handshake takes a round trip before anything is said
    await asyncio.sleep(2 * HALF)
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", TARGET)
    await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))


async def main():
    async with await asyncio.start_server(connected, "127.0.0.1", LISTEN) as server:
        await server.serve_forever()


asyncio.run(main())

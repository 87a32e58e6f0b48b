/**
 * The proxy, for python3 from 3.7 on: `python3 -c SCRIPT MARK-WORD PORT MARK SECONDS MODE A B`. A connection that nftables has redirected is
 * taken on to where it was meant for; its own traffic has a mark by which it is not redirected again. MODE `delay` holds every piece back
 * for A ms and at random up to B ms more, both ways; `status` answers A to B per cent of the connections and passes on the others. It ends
 * by itself after SECONDS.
 */
export const proxyScript = `
import asyncio, random, socket, struct, sys
port, mark, seconds = (int(word) for word in sys.argv[2:5])
mode, first, second = sys.argv[5], float(sys.argv[6]), float(sys.argv[7])
try:
    open('/proc/self/oom_score_adj', 'w').write('-500')
except OSError:
    pass

def target(sock):
    if sock.family == socket.AF_INET6:
        raw = sock.getsockopt(41, 80, 28)
        return socket.AF_INET6, (socket.inet_ntop(socket.AF_INET6, raw[8:24]), struct.unpack('!H', raw[2:4])[0])
    raw = sock.getsockopt(socket.SOL_IP, 80, 16)
    return socket.AF_INET, (socket.inet_ntoa(raw[4:8]), struct.unpack('!H', raw[2:4])[0])

async def connect(family, address):
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, 36, mark)
        await asyncio.get_event_loop().sock_connect(sock, address)
        return await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise

async def pump(reader, writer):
    loop, queue = asyncio.get_event_loop(), asyncio.Queue(256)
    async def send():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
    sending = asyncio.ensure_future(send())
    try:
        while not sending.done():
            data = await reader.read(65536)
            delay = (first + random.random() * second) / 1000 if mode == 'delay' else 0
            await queue.put((loop.time() + delay, data))
            if not data:
                break
        await sending
    finally:
        sending.cancel()

async def serve(reader, writer):
    other = None
    try:
        if mode == 'status' and random.random() * 100 < second:
            await asyncio.wait_for(reader.readuntil(b'\\r\\n\\r\\n'), 10)
            writer.write(b'HTTP/1.1 %d Drill\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' % int(first))
            await writer.drain()
            return
        upstream, other = await connect(*target(writer.get_extra_info('socket')))
        await asyncio.gather(pump(reader, other), pump(upstream, writer))
    except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError):
        pass
    finally:
        for each in (other, writer):
            if each:
                each.close()

async def main():
    await asyncio.start_server(serve, '0.0.0.0', port)
    if socket.has_ipv6:
        try:
            await asyncio.start_server(serve, '::', port)
        except OSError:
            pass
    await asyncio.sleep(seconds)

asyncio.get_event_loop_policy().new_event_loop().run_until_complete(main())
`

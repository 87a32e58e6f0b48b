import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckPlace } from '../../src/lib/core/check.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import resolves from '../../src/lib/probe/checks/resolves.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { fullHost } from '../plan/step-host.ts'

let scratch: TempDir
beforeAll(async () => {
  scratch = await tempDir()
})
afterAll(() => scratch[Symbol.asyncDispose]())

const cases = [
  { does: 'passes where the resolver knows no such name', resolver: 'NXDOMAIN', verdict: 'pass' },
  { does: 'is a warning where it can ask nobody', resolver: 'SERVFAIL', verdict: 'warn' },
  { does: 'is a warning where nobody listens', resolver: 'nobody', verdict: 'warn' },
  { does: 'is a warning, soon, where nothing comes back', resolver: 'silence', verdict: 'warn' },
  { does: 'does not apply where there is no resolver', resolver: 'none', verdict: 'na' },
]

// In a network of its own, with a resolver that answers every question in one way.
const server = `
import socket, sys
codes = {'NXDOMAIN': 3, 'SERVFAIL': 2}
listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listening.bind(('127.0.0.1', 53))
print('ready', flush=True)
while True:
    asked, client = listening.recvfrom(512)
    if sys.argv[1] in codes:
        listening.sendto(asked[:2] + bytes([0x81, 0x80 | codes[sys.argv[1]]]) + asked[4:6] + bytes(6) + asked[12:], client)
`

test.skipIf(!needs('mount', 'netns', 'python3')).each(cases.map(each => [each.does, each] as const))(
  'a resolver of which nothing is said %s',
  async (_, { resolver, verdict }) => {
    const directory = scratch.path
    await writeFile(join(directory, 'server.py'), server)
    await writeFile(join(directory, 'resolv.conf'), resolver === 'none' ? '# nobody\n' : 'nameserver 127.0.0.1\n')
    const line = [
      'mount --bind "$1/resolv.conf" /etc/resolv.conf; ip link set lo up; server=;',
      'case $2 in none|nobody) ;; *) mkfifo "$1/ready-$2"; python3 "$1/server.py" "$2" >"$1/ready-$2" 2>/dev/null & server=$!; read -r up <"$1/ready-$2";; esac;',
      'shift 2; "$@"; code=$?; [ -z "$server" ] || kill $server; exit $code',
    ].join(' ')
    const local = fullHost()
    const run: Transport['run'] = (command, options) => {
      const argv = 'argv' in command ? command.argv : []
      return local.run({ argv: ['unshare', '--net', '--mount', 'sh', '-c', line, 'sh', directory, resolver, ...argv] }, options)
    }
    const transport = { ...local, host: local.host, run } as Transport
    const place: CheckPlace = { transport, clock: systemClock, signal: new AbortController().signal }
    const start = systemClock.monotonic()
    expect(await resolves.build({ level: 'warn' }).run(place)).toMatchObject({ verdict })
    expect(systemClock.monotonic() - start).toBeLessThan(8000)
  },
  60_000,
)

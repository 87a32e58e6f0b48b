import { expect, test } from 'bun:test'
import { createSocket } from 'node:dgram'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const reloads = 12

test('what can not be read again loses and cuts nothing while the pipeline is read anew', async () => {
  await using dir = await tempDir()
  const port = await freePort()
  const out = join(dir.path, 'out.ndjson')
  const file = join(dir.path, 'pipeline.yaml')
  const write = (round: number): void =>
    writeFileSync(
      file,
      JSON.stringify({
        sources: {
          pipe: { type: 'stdin', format: 'text' },
          ticks: { type: 'command', format: 'text', shell: 'n=0; while :; do echo "tick $n"; n=$((n+1)); sleep 0.02; done' },
          net: { type: 'syslog', listen: [`udp://127.0.0.1:${port}`, `tcp://127.0.0.1:${port}`] },
        },
        shape: [{ add: { round: String(round) } }],
        sinks: { out: { type: 'file', path: out } },
      }),
    )
  write(0)
  const run = await startOpsctl(['ship-logs', '-f', file, '--follow'], { stdin: 'open', deadlineMs: 120_000 })
  const records = (): { readonly message: string; readonly round: string }[] => {
    try {
      return readFileSync(out, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line))
    } catch {
      return []
    }
  }
  await poll('the command is read', 60_000, () => records().length > 0)
  const udp = createSocket('udp4')
  const tcp = connect(port, '127.0.0.1')
  const anew = (): number => run.stderr().split('the pipeline was read anew').length - 1
  let sent = 0
  for (let round = 1; round <= reloads; round++) {
    write(round)
    run.write(`pipe ${sent} begins`)
    tcp.write(`<13>1 - - - - - - tcp ${sent} begins`)
    run.kill('SIGHUP')
    await poll('it is read anew', 60_000, () => {
      udp.send(`<13>1 - - - - - - udp ${sent}`, port, '127.0.0.1')
      run.write(` and ends\npipe ${++sent} begins`)
      tcp.write(` and ends\n<13>1 - - - - - - tcp ${sent} begins`)
      return anew() === round
    })
    run.write(' and ends\n')
    tcp.write(' and ends\n')
    udp.send(`<13>1 - - - - - - udp ${sent++}`, port, '127.0.0.1')
  }
  const wanted = (name: string, end: string): string[] =>
    Array.from({ length: sent }, (_, number) => `${name} ${number}${end}`).sort()
  const got = (name: string): string[] =>
    records()
      .flatMap(({ message }) => (message.startsWith(name) ? [message] : []))
      .sort()
  await poll(
    'all came',
    20_000,
    () => got('pipe').length >= sent && got('tcp').length >= sent && got('udp').length >= sent,
  ).catch(() => {})
  run.kill('SIGTERM')
  udp.close()
  tcp.destroy()
  const { code, stderr } = await run.ended
  expect({ code, isGap: stderr.includes('lost') }).toEqual({ code: 143, isGap: false })
  expect(got('pipe')).toEqual(wanted('pipe', ' begins and ends'))
  expect(got('tcp')).toEqual(wanted('tcp', ' begins and ends'))
  expect(got('udp')).toEqual(wanted('udp', ''))
  const ticks = got('tick ').map(tick => Number(tick.slice(5)))
  expect(ticks.sort((a, b) => a - b)).toEqual(ticks.map((_, number) => number))
  expect(new Set(records().map(({ round }) => round)).size).toBeGreaterThan(reloads / 2)
}, 180_000)

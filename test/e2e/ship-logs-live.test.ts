import { describe, expect, test } from 'bun:test'
import { appendFileSync, chmodSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

describe('ship-logs without a pipeline', () => {
  test('follows files over rotations, and waits for one that is not there yet', async () => {
    await using dir = await tempDir()
    const log = join(dir.path, 'app.log')
    const run = await startOpsctl(['ship-logs', '--follow', log], { deadlineMs: 60_000 })
    await run.until(/no such file yet: waiting for it/)
    writeFileSync(log, '{"n":1}\n')
    await run.until(/"n":1/)
    appendFileSync(log, '{"n":2}\n')
    renameSync(log, `${log}.1`)
    writeFileSync(log, '{"n":3}\n')
    await run.until(/"n":3/)
    run.kill('SIGTERM')
    const { code, stdout } = await run.ended
    expect({ code, records: stdout.split('\n') }).toEqual({ code: 143, records: ['{"n":1}', '{"n":2}', '{"n":3}', ''] })
  }, 90_000)

  test('begins at the end where it is told to', async () => {
    await using dir = await tempDir()
    const log = join(dir.path, 'app.log')
    writeFileSync(log, '{"n":1}\n')
    const run = await startOpsctl(['-vv', 'ship-logs', '--follow', '--start', 'end', log], { deadlineMs: 60_000 })
    // Whatever was written before it looked for the first time is old.
    let n = 1
    await poll('what is written comes', 60_000, () => {
      appendFileSync(log, `{"n":${++n}}\n`)
      return run.stdout().includes('"n"')
    })
    run.kill('SIGTERM')
    const { stdout } = await run.ended
    expect(stdout).not.toContain('{"n":1}')
  }, 90_000)
})

describe.skipIf(!needs('root', 'sshd'))('ship-logs of hosts', () => {
  test('collects from each of them, and tells which could not be read', async () => {
    await using fleet = await startFleet({ hosts: 3 })
    await using dir = await tempDir()
    chmodSync(dir.path, 0o755)
    const log = join(dir.path, 'app.log')
    writeFileSync(log, 'level=info took=1\nlevel=error took=2\nx\n')
    const summary = join(dir.path, 'summary.json')
    const flags = ['--ssh-config', fleet.sshConfigFile, '--retries', '0', '--connect-timeout', '5s']
    const targets = [...fleet.addresses, '127.0.9.9:1'].join(',')
    const { code, stdout, stderr } = await opsctl(
      ['ship-logs', '-t', targets, ...flags, '-o', `json=${summary}`, '--format', 'logfmt', `${dir.path}/*.log`],
      { deadlineMs: 60_000 },
    )
    const byHost = fleet.addresses.map(host => stdout.split('\n').filter(line => line.endsWith(`,"host":"${host}"}`)).length)
    expect({ code, byHost }).toEqual({ code: 3, byHost: [3, 3, 3] })
    expect(stderr).toContain('127.0.9.9:1')
    const { items } = await Bun.file(summary).json()
    const byPath = (items as { readonly path: string }[]).toSorted((a, b) => a.path.localeCompare(b.path))
    expect(byPath).toMatchObject([
      ...fleet.addresses.map(host => ({ path: `${host}:${log}`, outcome: 'ok', metrics: { lines: 3, records: 2, misfits: 1 } })),
      { path: '127.0.9.9:1', host: '127.0.9.9:1', outcome: 'failed' },
    ])
  }, 90_000)

  test('fails where a host has no such file', async () => {
    await using fleet = await startFleet({ hosts: 1 })
    const [host = ''] = fleet.addresses
    const end = await opsctl(['ship-logs', '-t', host, '--ssh-config', fleet.sshConfigFile, '/nowhere/app.log'])
    expect(end).toMatchObject({ code: 1, stdout: '' })
    expect(end.stderr).toContain(`${host}: no file there fits /nowhere/app.log`)
  }, 60_000)
})

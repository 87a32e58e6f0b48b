import { expect, test } from 'bun:test'
import { readdir, readFile, stat } from 'node:fs/promises'
import { hostNamed } from '../../src/lib/core/host.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { fleetPool } from './fleet-pool.ts'

const ready = needs('sshd', 'ssh-keygen')
const signal = new AbortController().signal

test.skipIf(!ready)('a host that gives only sftp takes and gives files all the same', async () => {
  await using fleet = await startFleet({ sshdConfig: 'ForceCommand internal-sftp' })
  await using pool = fleetPool(fleet)
  const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
  const path = `${fleet.user.home}/report.bin`
  const content = Buffer.alloc(3_000_001, 'some bytes \0')
  await transport.put(Buffer.from('old'), path, { signal, mode: 0o600 })
  await transport.put(content, path, { signal, mode: 0o640 })
  expect((await readFile(path)).equals(content)).toBe(true)
  expect((await stat(path)).mode & 0o777).toBe(0o640)
  expect(Buffer.from(await transport.get(path, { signal })).equals(content)).toBe(true)

  const lost = `${fleet.user.home}/missing/file`
  await expect(transport.put(content, lost, { signal, mode: 0o600 })).rejects.toMatchObject({ reason: 'transfer' })
  await expect(transport.get(lost, { signal })).rejects.toMatchObject({ reason: 'transfer', message: `${lost}: No such file` })
  await expect(transport.put(content, '/etc', { signal, mode: 0o600 })).rejects.toMatchObject({ reason: 'transfer' })
  expect(await readdir(fleet.user.home)).not.toContain(expect.stringContaining('.opsctl-'))
})

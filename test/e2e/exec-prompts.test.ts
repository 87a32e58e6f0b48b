import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'

const ready = needs('sshd', 'root', 'script')
const password = 'correct horse'
let fleet: Fleet
let sshConfig: string

/** The first host takes a password alone, the second the key, the third is unknown, and its known_hosts a directory. */
beforeAll(async () => {
  if (!ready) return
  fleet = await startFleet({ hosts: 3, users: [{ password }] })
  const [asks, , unknown] = fleet.addresses
  sshConfig = join(fleet.directory, 'asking_config')
  await writeFile(
    sshConfig,
    `Host ${asks}\n  User ${fleet.users[0]?.name}\n  PubkeyAuthentication no\n  BatchMode no\nHost ${unknown}\n  UserKnownHostsFile ${fleet.directory}/home\nMatch all\nInclude ${fleet.sshConfigFile}\n`,
  )
})
afterAll(() => fleet?.stop())

const start = (targets: readonly (string | undefined)[], command: string, ...flags: string[]): Promise<OpsctlRun> =>
  startOpsctl(['exec', '--ssh-config', sshConfig, ...flags, '-t', targets.join(','), '--', command], {
    tty: true,
    env: { NO_COLOR: '1' },
  })

describe.skipIf(!ready)('opsctl exec asks on the terminal', () => {
  test('and leaves the question alone while other hosts go on', async () => {
    const run = await start([fleet.addresses[0], fleet.addresses[1]], 'sleep 1; echo ran')
    await run.until(/SSH password of [\w-]+@127\.0\.1\.1 and of every host that asks: [\s\S]*ran/)
    run.write(`nonsense\x15${password}\r`)
    const { code, stdout } = await run.ended
    expect(code).toBe(0)
    const [, afterQuestion = ''] = stdout.split('every host that asks: ')
    expect(afterQuestion.split('\n', 1)[0]).not.toContain('done,')
    expect(stdout).not.toContain(password)
  })

  test('and ends by Ctrl-C there as anywhere, with every host told', async () => {
    const run = await start([fleet.addresses[0]], 'echo ran')
    await run.until(/SSH password of [\w-]+@127\.0\.1\.1: /)
    run.write('secr\x03')
    const { code, stdout } = await run.ended
    expect(code).toBe(130)
    expect(stdout).toContain(`cancelled: ${fleet.addresses[0]}`)
  })

  test('and takes the end of the input for no', async () => {
    const run = await start([fleet.addresses[2]], 'echo ran', '--host-key-policy', 'ask')
    await run.until(/\[y\/N\]/)
    run.write('\x04')
    const { code, stdout } = await run.ended
    expect(code).toBe(77)
    expect(stdout).toContain(`hostkey: ${fleet.addresses[2]}`)
  })

  test('and tells which known_hosts file can not take a new key', async () => {
    const run = await start([fleet.addresses[2]], 'echo ran', '--host-key-policy', 'accept-new')
    const { code, stdout } = await run.ended
    expect(code).toBe(1)
    expect(stdout).toContain(`cannot write ${fleet.directory}/home`)
  })
})

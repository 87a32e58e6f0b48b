import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Json } from '../../src/lib/core/json.ts'
import { StepError, type StepKind, type StepPlace } from '../../src/lib/core/plan.ts'
import type { Facts } from '../../src/lib/core/rule.ts'
import { lookAtHost } from '../../src/lib/harden/look-at-host.ts'
import { lookScript } from '../../src/lib/harden/look-script.ts'
import { oscapScript } from '../../src/lib/harden/oscap/oscap-script.ts'
import lockAccount from '../../src/lib/harden/steps/lock-account.ts'
import permissions from '../../src/lib/harden/steps/permissions.ts'
import reloadSshd from '../../src/lib/harden/steps/reload-sshd.ts'
import spreadSettings from '../../src/lib/harden/steps/spread-settings.ts'
import { findProgram, type NeedName, needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { demandPlainScript, fullHost, stepPlace, toolboxHost } from '../plan/step-host.ts'

const tools = ['cat', 'stat', 'head', 'tail', 'tr', 'mount', 'mkdir', 'unshare', 'readlink', 'ls']
const toolboxes: readonly {
  readonly name: string
  readonly needs: readonly NeedName[]
  readonly tools: readonly [string, string][]
}[] = [
  {
    name: 'GNU tools and dash',
    needs: ['dash'],
    tools: [['sh', 'dash'], ...tools.map((tool): [string, string] => [tool, tool])],
  },
  {
    name: 'GNU tools and bash',
    needs: ['bash'],
    tools: [['sh', 'bash'], ...tools.map((tool): [string, string] => [tool, tool])],
  },
  { name: 'busybox alone', needs: ['busybox'], tools: ['sh', ...tools].map((tool): [string, string] => [tool, 'busybox']) },
]

let scratch: TempDir
beforeAll(async () => {
  scratch = await tempDir()
  await mkdir(join(scratch.path, 'etc'))
  await writeFile(join(scratch.path, 'etc/b.conf'), 'two\n')
  await writeFile(join(scratch.path, 'etc/a.conf'), 'one\\n \0 "$HOME" `id`\n\n', { mode: 0o640 })
})
afterAll(() => scratch[Symbol.asyncDispose]())

const look = (place: StepPlace): Promise<Facts> =>
  lookAtHost(place, [
    {
      look: {
        accounts: true,
        sysctl: ['kernel.ostype', 'kernel.does_not_exist', 'net.ipv4.conf.lo.rp_filter'],
        texts: [join(scratch.path, 'etc/*.conf'), join(scratch.path, 'none/*.conf')],
        paths: [join(scratch.path, 'etc'), join(scratch.path, 'etc/*.conf'), join(scratch.path, 'absent')],
      },
    },
  ])

for (const toolbox of toolboxes) {
  describe.skipIf(!needs(...toolbox.needs))(toolbox.name, () => {
    test('sees texts, modes, settings and accounts, and what is not there', async () => {
      const place = stepPlace(await toolboxHost(toolbox.tools, join(scratch.path, toolbox.name)))
      const { texts, paths, sysctl, accounts } = await look(place)
      const uid = String(userInfo().uid)
      const file = (name: string): string => join(scratch.path, name)
      expect(texts.map(({ path, status, text }) => ({ path, status, text }))).toEqual([
        { path: file('etc/a.conf'), status: 'text', text: 'one\\n  "$HOME" `id`\n\n' },
        { path: file('etc/b.conf'), status: 'text', text: 'two\n' },
        { path: file('none/*.conf'), status: 'absent', text: '' },
      ])
      expect(paths.map(({ path, status, mode, uid }) => ({ path, status, mode, uid }))).toEqual([
        { path: file('etc'), status: 'directory', mode: expect.any(String), uid },
        { path: file('etc/a.conf'), status: 'file', mode: '640', uid },
        { path: file('etc/b.conf'), status: 'file', mode: '644', uid },
        { path: file('absent'), status: 'absent', mode: '', uid: '' },
      ])
      expect(sysctl['kernel.ostype']).toEqual({ status: 'ok', value: 'Linux' })
      expect(sysctl['kernel.does_not_exist']).toEqual({ status: 'absent' })
      expect(accounts?.users.find(({ name }) => name === 'root')).toMatchObject({ uid: '0', gid: '0', password: 'shadowed' })
      expect(accounts?.groups.length).toBeGreaterThan(1)
    })
  })
}

const argvOf = (command: Parameters<StepPlace['run']>[0]): readonly string[] =>
  'argv' in command ? command.argv : ['sh', '-c', command.shell]

/** As a host is asked about what runs there. */
const remarkScripts: string[] = []
await reloadSshd
  .build({})
  .remark?.({
    ...stepPlace(fullHost()),
    async run(command) {
      remarkScripts.push(argvOf(command)[2] ?? '')
      throw new StepError('only its script is wanted')
    },
  })
  .catch(() => undefined)

test.skipIf(!needs('root', 'python3'))('an access list of a file is seen', async () => {
  const file = join(scratch.path, 'etc/a.conf')
  // Version 2; rw for the owner, r for user 1000, for the group, for the mask, nothing for others.
  const list = '02000000 01000600ffffffff 02000400e8030000 04000400ffffffff 10000400ffffffff 20000000ffffffff'
  const set = `import os; os.setxattr('${file}', 'system.posix_acl_access', bytes.fromhex('${list}'))`
  expect(Bun.spawnSync(['python3', '-c', set]).success).toBe(true)
  const { paths } = await look(stepPlace(fullHost()))
  const lists = paths
    .filter(({ path }) => path.endsWith('.conf'))
    .map(({ path, hasAccessList }) => [path.slice(-6), hasAccessList])
  expect(lists).toEqual([
    ['a.conf', true],
    ['b.conf', false],
  ])
})

describe('the scripts for hosts', () => {
  const alone = (step: StepKind, before: Json): string[] =>
    [...(step.doAlone?.(before) ?? []), ...(step.undoAlone?.(before) ?? [])].map(({ argv }) => argv[2] ?? '')
  const scripts = [
    lookScript.text,
    oscapScript.text,
    ...alone(reloadSshd.build({}), {}),
    ...remarkScripts,
    ...alone(lockAccount.build({ name: 'guest' }), { state: 'empty' }),
    ...alone(spreadSettings.build({ pattern: '/proc/sys/net/ipv4/conf/*/forwarding' }), { values: {} }),
    ...alone(permissions.build({ path: '/etc/shadow', mode: '0640', owner: 'root:shadow' }), { state: '644/0/42/root/shadow' }),
  ]

  test.skipIf(!needs('dash', 'bash', 'busybox')).each(['dash', 'bash', 'busybox sh'].map(shell => [shell] as const))(
    'are understood by %s',
    shell => {
      expect(scripts).toHaveLength(7)
      for (const text of scripts) {
        const { success, stderr } = Bun.spawnSync([...shell.split(' '), '-n', '-c', text])
        expect({ success, stderr: stderr.toString() }).toEqual({ success: true, stderr: '' })
      }
    },
  )

  test('come through any login shell as they are', () => {
    for (const text of scripts) demandPlainScript({ argv: ['sh', '-c', text] })
  })
})

describe.skipIf(!needs('root'))('a user without rights', () => {
  test('hears that things may not be seen, not that they are absent', async () => {
    const closed = join(scratch.path, 'closed')
    await mkdir(closed)
    await writeFile(join(closed, 'secret'), 'x')
    await chmod(closed, 0o700)
    await chmod(scratch.path, 0o755)
    const host = stepPlace(fullHost())
    const place: StepPlace = {
      ...host,
      run: (command, more) =>
        host.run({ argv: [findProgram('setpriv') ?? 'setpriv', '--reuid=65534', '--clear-groups', ...argvOf(command)] }, more),
    }
    const { texts, paths, accounts } = await lookAtHost(place, [
      { look: { texts: [join(closed, '*')], paths: [join(closed, 'secret')], accounts: true } },
    ])
    expect([texts[0]?.status, paths[0]?.status, accounts?.shadow]).toEqual(['denied', 'denied', 'denied'])
  })
})

test.skipIf(!needs('root'))('no hash of a password leaves the host', async () => {
  const host = stepPlace(fullHost())
  const printed: string[] = []
  const place: StepPlace = {
    ...host,
    async run(command, more) {
      const output = await host.run(command, more)
      printed.push(Buffer.from(output.stdout).toString())
      return output
    },
  }
  const { accounts } = await lookAtHost(place, [{ look: { accounts: true } }])
  expect(accounts?.shadow).toContainEqual({ name: 'root', password: expect.any(String) })
  expect(printed.join('')).not.toMatch(/\$(y|6|5|1|2[aby])\$/)
})

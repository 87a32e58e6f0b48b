import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Check, CheckPlace, Found } from '../../src/lib/core/check.ts'
import type { Component } from '../../src/lib/core/component.ts'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Json } from '../../src/lib/core/json.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { fileSystemReadings } from '../../src/lib/probe/file-systems.ts'
import { mounts } from '../../src/lib/probe/proc/mounts.ts'
import { readAll } from '../../src/lib/probe/readings.ts'
import { commandLine } from '../../src/lib/transport/quote.ts'
import { cleanRoot } from '../helpers/clean-root.ts'
import { counted } from '../helpers/counts.ts'
import { startFleet } from '../helpers/fleet.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { demandPlainScript, fullHost, toolboxHost } from '../plan/step-host.ts'
import { fleetPool } from '../transport/fleet-pool.ts'
import { foundOf, hostCases } from './host-cases.ts'

// Checks that need nothing but readings of a host: judged on written outputs, then read on real shells and tools.

const folder = join(import.meta.dirname, '../../src/lib/probe/checks')
const modules = await Promise.all(
  readdirSync(folder)
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => import(join(folder, name))),
)
const components: Component<'check'>[] = modules.flatMap(module => module.default ?? [])
const hosted = components.filter(({ build, example }) => build(example).host !== undefined)

test('there is a file of cases for every check, and no other', () => {
  const files = readdirSync(join(import.meta.dirname, 'data')).map(name => name.replace(/\.yaml$/, ''))
  const types = components.map(({ type }) => type)
  expect(files.filter(name => !types.includes(name))).toEqual([])
})

for (const { type, build } of hosted) {
  const cases = hostCases(type)
  describe.skipIf(cases.length === 0)(type, () => {
    test.each(cases.map(written => [written.case, written] as const))('%s', (_, written) => {
      const look = build(written.config ?? {}).host
      if (!look) throw new Error('it needs more than readings')
      const clock = { ...systemClock, now: () => Date.UTC(2026, 10, 22, 3, 0, 0) }
      const { verdict, reason, message, metrics, evidence } = look.judge(foundOf(written, look.readings), { clock })
      expect({ verdict, reason, message }).toEqual({
        verdict: written.expect,
        reason: written.reason as never,
        message: expect.stringContaining(written.says),
      })
      expect(message).not.toMatch(/undefined|NaN|\n|\.$|^[A-Z]/)
      for (const [name, value] of Object.entries(written.metrics ?? {}))
        expect([name, metrics?.[name]]).toEqual([name, expect.closeTo(value, 3)])
      for (const [name, value] of Object.entries(metrics ?? {})) expect([name, Number.isFinite(value)]).toEqual([name, true])
      expect(evidence ?? '').toContain(written.shows ?? '')
    })
  })
}

test.each(hosted.map(({ type }) => type))(
  '%s judges whatever a host answers, without an error of its own',
  type => {
    const component = hosted.find(one => one.type === type)
    const configs = [component?.example ?? {}, ...hostCases(type).flatMap(({ config }) => config ?? [])]
    const known = hostCases(type).flatMap(({ reads }) =>
      Object.values(reads).flatMap(read => (typeof read === 'string' ? read : (read.stdout ?? []))),
    )
    // What hosts answer, cut, doubled and mixed with anything.
    const cut = fc
      .tuple(fc.constantFrom('', ...known), fc.nat(), fc.nat(), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([text, from, to, other]) => text.slice(from % (text.length + 1)) + other + text.slice(0, to % (text.length + 1)))
    const output = fc.record({
      code: fc.constantFrom(0, 0, 0, 1, 2, 66, 126, 127, 137),
      stdout: cut.map(text => Buffer.from(text)),
      complaint: fc.string(),
      again: fc.option(
        fc.record({ stdout: cut.map(text => Buffer.from(text)), seconds: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
        { nil: undefined },
      ),
      between: fc.constantFrom([0, 1] as const, undefined),
    })
    fc.assert(
      fc.property(fc.constantFrom(...configs), fc.array(output, { minLength: 4, maxLength: 4 }), (config, outputs) => {
        const look = component?.build(config).host
        const found: Found = reading => {
          const { again, between, ...rest } = outputs[
            (look?.readings.findIndex(({ does }) => does === reading.does) ?? 0) % 4
          ] ?? { code: 1, stdout: Buffer.alloc(0), complaint: '' }
          return { ...rest, ...(again && { again }), ...(between && { between }) }
        }
        const result = look?.judge(found, { clock: systemClock })
        expect(['pass', 'warn', 'fail', 'unknown', 'na']).toContain(result?.verdict ?? '')
        expect(result?.message).toMatch(/^[^\x00-\x1f]+$/)
        for (const value of Object.values(result?.metrics ?? {})) expect(value).toBeFinite()
      }),
      { numRuns: counted({ reduced: 60, full: 3000 }) },
    )
  },
  60_000,
)

const checkOf = (type: string, config: Json): Check => {
  const component = hosted.find(one => one.type === type)
  if (!component) throw new Error(`there is no check ${type}`)
  return component.build(config)
}

const tools = 'cat stat sleep timeout true grep head id uname date sha256sum tr'.split(' ')
const toolboxes = [
  { name: 'dash', tools: [['sh', 'dash'], ...tools.map((tool): [string, string] => [tool, tool])] },
  { name: 'bash', tools: [['sh', 'bash'], ...tools.map((tool): [string, string] => [tool, tool])] },
  { name: 'busybox', tools: ['sh', 'ps', ...tools].map((tool): [string, string] => [tool, 'busybox']) },
] as const

describe('all checks of hosts together', () => {
  let scratch: TempDir
  beforeAll(async () => {
    scratch = await tempDir()
  })
  afterAll(() => scratch[Symbol.asyncDispose]())

  const looks = hosted.map(({ type, build, example }) => ({ type, look: build(example).host }))

  async function judgeAll(transport: Transport): Promise<Record<string, string>> {
    let commands = 0
    const run: Transport['run'] = (command, options) => {
      demandPlainScript(command)
      commands++
      return transport.run(command, options)
    }
    const place: CheckPlace = {
      transport: { ...transport, host: transport.host, run },
      clock: systemClock,
      signal: new AbortController().signal,
    }
    const found = await readAll(
      place,
      looks.flatMap(({ look }) => look?.readings ?? []),
    )
    expect(commands).toBe(1)
    return Object.fromEntries(looks.map(({ type, look }) => [type, verdictOf(look?.judge(found, place))]))
  }

  const verdictOf = (result: { verdict: string; message: string } | undefined): string => `${result?.verdict}: ${result?.message}`

  test.each(toolboxes.map(box => [box.name, box] as const))(
    'are read by one command with the tools of %s',
    async (name, box) => {
      if (!needs(name)) return
      const results = await judgeAll(await toolboxHost(box.tools as [string, string][], join(scratch.path, name)))
      const unknown = Object.entries(results).filter(([, result]) => result.startsWith('unknown'))
      expect(Object.fromEntries(unknown)).toEqual(withoutTools)
    },
    120_000,
  )

  test('are read on this machine', async () => {
    const unknown = Object.entries(await judgeAll(fullHost())).filter(([, result]) => result.startsWith('unknown'))
    expect(Object.fromEntries(unknown)).toEqual({})
  }, 120_000)

  test.skipIf(!needs('sshd', 'ssh-keygen'))(
    'are read over SSH by a plain user',
    async () => {
      await using fleet = await startFleet()
      await using pool = fleetPool(fleet)
      const transport = await pool.connect(hostNamed('127.0.1.1'), { signal: new AbortController().signal })
      const unknown = Object.entries(await judgeAll(transport)).filter(([, result]) => result.startsWith('unknown'))
      expect(Object.fromEntries(unknown)).toEqual({})
    },
    120_000,
  )

  test('are not held up by a file system that hangs', async () => {
    const directory = join(scratch.path, 'hung')
    const host = await toolboxHost(toolboxes[0].tools.filter(([name]) => name !== 'stat') as [string, string][], directory)
    const stat = `#!/bin/sh\ncase $* in */tmp*) exec sleep 600;; esac\nexec ${findProgram('stat')} "$@"\n`
    await writeFile(join(directory, 'bin/stat'), stat, { mode: 0o755 })
    const place = { transport: host, clock: systemClock, signal: new AbortController().signal }
    const built = [checkOf('disk', { path: '/tmp' }), checkOf('disk', { path: '/' }), checkOf('load', {})]
    const found = await readAll(
      place,
      built.flatMap(check => check.host?.readings ?? []),
    )
    expect(built.map(check => check.host?.judge(found, place))).toMatchObject([
      { verdict: 'unknown', reason: 'unreadable', message: 'could not ask the file system of /tmp: no answer in time' },
      { message: expect.stringContaining('/ is') },
      { message: expect.stringContaining('processor') },
    ])
  }, 120_000)

  test.skipIf(!needs('root', 'mount')).each(toolboxes.map(({ name }) => name))(
    'find file systems whatever the names of their places are, with the shell of %s',
    async name => {
      const point = join(scratch.path, `${name} My Disk\tof\n\\040 $(id) 'x'`)
      await mkdir(point)
      const local = fullHost()
      const shell = { dash: ['dash'], bash: ['bash'], busybox: ['busybox', 'sh'] }[name]
      const run: Transport['run'] = (command, options) => {
        const [, ...rest] = 'argv' in command ? command.argv : []
        const line = 'point=$1; shift; mount --bind "$point" "$point" && exec "$@"'
        return local.run({ argv: ['unshare', '--mount', 'sh', '-c', line, 'sh', point, ...shell, ...rest] }, options)
      }
      const place = { transport: { ...local, host: local.host, run }, clock: systemClock, signal: new AbortController().signal }
      const readings = fileSystemReadings()
      const found = await readAll(place, readings)
      const printed = readings.map(reading => found(reading).stdout.toString())
      // On a machine whose scratch directory is no real disk, nobody asks it.
      const isDisk = mounts(printed[0] ?? '').find(mount => mount.point === point)?.type !== 'overlay'
      if (isDisk) expect(printed[1]).toContain(` ${point}\n`)
    },
    60_000,
  )

  test.skipIf(!needs('root', 'busybox', 'mount'))(
    'are read on a root with nothing but busybox',
    async () => {
      await using root = await cleanRoot()
      await writeFile(join(root.path, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
      await writeFile(join(root.path, 'etc/group'), 'root:x:0:\n')
      const results = await judgeAll(inRoot(root.path))
      const unknown = Object.entries(results).filter(([, result]) => result.startsWith('unknown'))
      expect(Object.fromEntries(unknown)).toEqual({ service: expect.stringContaining('nothing there looks after services') })
      expect(results).toMatchObject({ user: expect.stringMatching(/^pass/), group: expect.stringMatching(/^pass/) })
    },
    120_000,
  )
})

/** A host whose root directory this is, with /dev, /proc and /sys of this machine. */
function inRoot(path: string): Transport {
  const local = fullHost()
  const setUp =
    'for at in dev proc sys; do mkdir -p "$0/$at"; mount --rbind "/$at" "$0/$at"; done; exec chroot "$0" /bin/sh -c "$1"'
  const run: Transport['run'] = (command, options) =>
    local.run({ argv: ['unshare', '--mount', 'sh', '-c', setUp, path, commandLine(command)] }, options)
  return { ...local, host: local.host, run }
}

/** What can not be known with hardly any tool. */
const withoutTools = {
  package: expect.stringContaining('neither dpkg nor rpm nor apk'),
  resolves: expect.stringContaining('neither getent nor nslookup'),
}

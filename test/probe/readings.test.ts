import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckPlace, Reading } from '../../src/lib/core/check.ts'
import { type Transport, TransportError } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { fileReading, notThere } from '../../src/lib/probe/file-reading.ts'
import { ownLines } from '../../src/lib/probe/own-lines.ts'
import { readAll } from '../../src/lib/probe/readings.ts'
import { commandLine } from '../../src/lib/transport/quote.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { demandPlainScript, fullHost, toolboxHost } from '../plan/step-host.ts'

let scratch: TempDir
beforeAll(async () => {
  scratch = await tempDir()
})
afterAll(() => scratch[Symbol.asyncDispose]())

/** A place that counts its commands. */
function placeOn(transport: Transport, signal = new AbortController().signal): CheckPlace & { readonly commands: string[][] } {
  const commands: string[][] = []
  const run: Transport['run'] = (command, options) => {
    demandPlainScript(command)
    if ('argv' in command) commands.push([...command.argv])
    return transport.run(command, options)
  }
  return { transport: { ...transport, host: transport.host, run }, clock: systemClock, signal, commands }
}

const reading = (script: string, args: readonly string[] = []): Reading => ({ does: 'read it', script, args })
const textOf = (output: { readonly stdout: Buffer }): string => output.stdout.toString()

const says = reading('echo "$1,$2"; echo "$#" >&2', ['a b', "it's $HOME `id` \\ ;"])
const fails = reading('echo half; echo first >&2; echo "no such thing" >&2; exit 3')
const nothing = reading(':')
const binary = reading('printf "a\\0b\\0"')
const uptime: Reading = { ...fileReading('/proc/uptime'), againAfterMs: 150 }
const missing = fileReading('/no/such/file')

const inline: Reading = { ...reading('echo here; said="nothing to do for $1"; return 5', ['it']), inline: true }
const joined = (word: string): Reading => ({
  ...reading('for each do case $each in good) echo "$each=$#";; *) echo "$each?3 $each is bad";; esac; done', [word]),
  inline: true,
  own: all => ownLines(all, word),
})

const tools = ['cat', 'grep', 'sleep', 'timeout', 'true']
const same = (names: readonly string[]): [string, string][] => names.map(name => [name, name])
const shells = [
  { name: 'dash', tools: [['sh', 'dash'], ...tools.map((tool): [string, string] => [tool, tool])] },
  { name: 'bash', tools: [['sh', 'bash'], ...tools.map((tool): [string, string] => [tool, tool])] },
  { name: 'busybox', tools: ['sh', ...tools].map((tool): [string, string] => [tool, 'busybox']) },
] as const

describe.each(shells)('readings with the shell of $name', ({ name, tools: programs }) => {
  test.skipIf(!needs(name))(
    'are done by one command, each with its own arguments, status and complaint',
    async () => {
      const place = placeOn(await toolboxHost(programs as [string, string][], join(scratch.path, name)))
      const found = await readAll(place, [says, fails, nothing, uptime, binary, missing])
      expect(place.commands).toHaveLength(1)
      expect(textOf(found(says))).toBe("a b,it's $HOME `id` \\ ;\n")
      expect(found(says)).toMatchObject({ code: 0, complaint: '2' })
      expect(found(fails)).toMatchObject({ code: 3, complaint: 'no such thing', stdout: Buffer.from('half\n') })
      expect(found(nothing)).toMatchObject({ code: 0, complaint: '', stdout: Buffer.alloc(0) })
      expect(textOf(found(binary))).toBe('a\0b\0')
      expect(found(missing).code).toBe(notThere)
      const { again } = found(uptime)
      const passed = Number.parseFloat(textOf(again ?? (binary as never))) - Number.parseFloat(textOf(found(uptime)))
      expect(passed).toBeGreaterThanOrEqual(0.13)
      expect(Math.abs((again?.seconds ?? 0) - passed)).toBeLessThan(0.5)
    },
    60_000,
  )
})

describe.each(shells)('readings in the shell of all, of $name', ({ name, tools: programs }) => {
  test.skipIf(!needs(name))(
    'have each their own status and complaint, also where one run of a script reads for all',
    async () => {
      const place = placeOn(await toolboxHost(programs as [string, string][], join(scratch.path, `${name}-shared`)))
      const found = await readAll(place, [joined('good'), inline, nothing, joined('evil'), joined('good'), fails])
      expect(place.commands).toHaveLength(1)
      expect(found(joined('good'))).toMatchObject({ code: 0, complaint: '', stdout: Buffer.from('2\n') })
      expect(found(joined('evil'))).toMatchObject({ code: 3, complaint: 'evil is bad', stdout: Buffer.alloc(0) })
      expect(found(inline)).toMatchObject({ code: 5, complaint: 'nothing to do for it', stdout: Buffer.from('here\n') })
      expect(found(nothing)).toMatchObject({ code: 0, complaint: '', stdout: Buffer.alloc(0) })
      expect(found(fails)).toMatchObject({ code: 3, complaint: 'no such thing' })
    },
    60_000,
  )
})

describe('readings', () => {
  test('are bounded where timeout takes its seconds in no way or in that of long ago, as far as that goes', async () => {
    const bounded = reading('limit 5 cat /proc/sys/kernel/ostype')
    const none = await toolboxHost([['sh', 'dash'], ...same(['cat', 'grep'])], join(scratch.path, 'no-timeout'))
    expect(textOf((await readAll(placeOn(none), [bounded]))(bounded))).toBe('Linux\n')
    const old = await toolboxHost([['sh', 'dash'], ...same(['cat', 'grep', 'true'])], join(scratch.path, 'old-timeout'))
    const words = '#!/bin/sh\nwhile getopts s:t: each; do :; done; shift $((OPTIND - 1)); exec "$@"\n'
    await Bun.write(join(scratch.path, 'old-timeout/bin/timeout'), words, { mode: 0o755 })
    expect(textOf((await readAll(placeOn(old), [bounded]))(bounded))).toBe('Linux\n')
  }, 60_000)

  test('pass through the login shells that people have', async () => {
    for (const shell of ['dash', 'bash', 'zsh', 'fish', 'tcsh']) {
      const program = findProgram(shell)
      if (program === undefined) continue
      const local = fullHost()
      const run: Transport['run'] = (command, options) => local.run({ argv: [program, '-c', commandLine(command)] }, options)
      const found = await readAll(placeOn({ ...local, host: local.host, run }), [says, uptime])
      expect([shell, textOf(found(says))]).toEqual([shell, "a b,it's $HOME `id` \\ ;\n"])
    }
  }, 60_000)

  test('of files of the kernel are done by one program, each with its own end', async () => {
    const files = ['/proc/version', '/proc/no-such-file', '/proc/self/mem', '/proc/sys/kernel/ostype', '/proc/sys/kernel'].map(
      fileReading,
    )
    const place = placeOn(fullHost())
    const found = await readAll(place, [...files, says])
    const [version, absent, broken, type, directory] = files.map(found)
    expect(version).toMatchObject({ code: 0, complaint: '', stdout: await readFile('/proc/version') })
    expect(type).toMatchObject({ code: 0, stdout: Buffer.from('Linux\n') })
    expect(absent).toMatchObject({ code: notThere, stdout: Buffer.alloc(0) })
    expect(broken).toMatchObject({ code: 2, complaint: expect.stringMatching(/\/proc\/self\/mem: input\/output error/i) })
    expect(directory).toMatchObject({ code: 2, complaint: expect.stringMatching(/directory/i) })
    expect(found(says).code).toBe(0)
    expect(place.commands.flat().filter(word => word.includes('cat <'))).toEqual([])
  }, 60_000)

  test('speak English, and know the letters of names', async () => {
    const locale = reading('echo "$LC_ALL $LC_CTYPE $LC_MESSAGES"')
    const found = await readAll(placeOn(fullHost({ LC_ALL: 'C.UTF-8', LANG: 'de_DE.UTF-8' })), [locale])
    expect(textOf(found(locale))).toBe(' C.UTF-8 C\n')
  }, 60_000)

  test('that are the same are done once, after the longest time that one of them asks for', async () => {
    const log = join(scratch.path, 'log')
    const note = (againAfterMs?: number): Reading => ({
      ...reading('echo x >>"$1"', [log]),
      ...(againAfterMs !== undefined && { againAfterMs }),
    })
    const found = await readAll(placeOn(fullHost()), [note(), note(100), note(200), note()])
    expect(await Bun.file(log).text()).toBe('x\nx\n')
    expect(found(note(100)).again?.seconds).toBeGreaterThanOrEqual(0.19)
  }, 60_000)

  test('can not be forged by what stands in a file', async () => {
    const file = join(scratch.path, 'forged')
    writeFileSync(file, `\0opsctl\x00key\0 \0key\x000\x0012.5\0\0${'\0end\0'.repeat(3)}`)
    const found = await readAll(placeOn(fullHost()), [fileReading(file), says])
    expect(textOf(found(fileReading(file)))).toBe(await Bun.file(file).text())
    expect(found(says).code).toBe(0)
  }, 60_000)

  test('are kept when a later one hangs until the run is stopped', async () => {
    const hangs: Reading = { ...reading('sleep 600'), mayHang: true }
    const place = placeOn(fullHost(), AbortSignal.timeout(1500))
    const found = await readAll(place, [hangs, says, uptime])
    expect(found(says).code).toBe(0)
    expect(found(uptime).again).toBeDefined()
    expect(found(hangs)).toMatchObject({ code: 126, complaint: 'the run was interrupted' })
  }, 60_000)

  test('may be bounded by themselves', async () => {
    const hangs = reading('limit 1 sleep 600')
    const found = await readAll(placeOn(fullHost()), [hangs, says])
    expect(found(hangs).code).toBe(137)
    expect(found(says).code).toBe(0)
  }, 60_000)

  test('that print too much lose only themselves', async () => {
    const shouts = reading('head -c 20000000 /dev/zero')
    const place = placeOn(fullHost())
    const found = await readAll(place, [fails, shouts, says])
    expect(found(shouts)).toMatchObject({ code: 126, complaint: expect.stringContaining('printed more than') })
    expect([found(fails).code, found(says).code]).toEqual([3, 0])
    expect(place.commands).toHaveLength(2)
  }, 60_000)

  test('too many for one line are done by several', async () => {
    const many = Array.from({ length: 400 }, (_, number) => reading('echo "$1"', [`${number}${'x'.repeat(500)}`]))
    const place = placeOn(fullHost())
    const found = await readAll(place, many)
    for (const each of many) expect(textOf(found(each))).toBe(`${each.args?.[0]}\n`)
    expect(place.commands.length).toBeGreaterThan(1)
    for (const argv of place.commands) expect(() => commandLine({ argv })).not.toThrow()
  }, 60_000)

  test('tell between which of our moments they were done', async () => {
    const date = reading('date +%s.%N')
    const found = await readAll(placeOn(fullHost()), [date, reading('sleep 0.3')])
    const [earliest = 0, latest = 0] = found(date).between ?? []
    const now = Number.parseFloat(textOf(found(date))) * 1000
    expect(now).toBeGreaterThanOrEqual(earliest - 1)
    expect(now).toBeLessThanOrEqual(latest + 1)
    expect(latest - earliest).toBeLessThan(5000)
  }, 60_000)

  test('of a host that runs no commands have none of its words', async () => {
    const transport = {
      host: { name: 'switch1' },
      run: async () => ({ code: 0, stdout: Buffer.from('hi\n'), stderr: Buffer.alloc(0), durationMs: 1 }),
    }
    const found = await readAll(placeOn(transport as unknown as Transport), [says])
    expect(found(says)).toMatchObject({ code: 126, complaint: 'the host does not run commands' })
  })

  test('of a host that is not there end with the reason', async () => {
    const run = async () => Promise.reject(new TransportError('unreachable', 'web1: no route'))
    const place = placeOn({ host: { name: 'web1' }, run } as unknown as Transport)
    expect(readAll(place, [says])).rejects.toThrow('no route')
  })
})

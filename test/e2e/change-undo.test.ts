import { describe, expect, test } from 'bun:test'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** A directory with a file, and changes that work on it. */
async function motd() {
  const directory = await tempDir()
  const file = join(directory.path, 'motd')
  await writeFile(file, 'welcome\n')
  const state = ['--state-dir', join(directory.path, 'state')]
  const run = (...args: readonly string[]) => opsctl([...state, ...args])
  return {
    file,
    run,
    start: (...args: readonly string[]) => startOpsctl([...state, ...args]),
    read: () => readFile(file, 'utf8'),
    /** Applies a change of these steps, each `KIND: PARAMS`; the path is theirs by itself. Returns the run. */
    async change(...steps: readonly (readonly [kind: string, params: object])[]): Promise<string> {
      const change = join(directory.path, 'change.json.yaml')
      const written = steps.map(([kind, params]) => ({ [kind]: { path: file, ...params } }))
      await writeFile(change, JSON.stringify({ name: 'tell of it', targets: 'localhost', steps: written }))
      const { code, stdout } = await run('exec', '--yes', '-o', 'json', change)
      expect(code).toBe(0)
      return JSON.parse(stdout).runId
    },
    async standing(runId: string): Promise<string> {
      return /^change: (?!tell)(.*)$/m.exec((await run('runs', 'show', runId)).stdout)?.[1] ?? ''
    },
    [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
  }
}

describe('opsctl undo', () => {
  const cases: [string, [string, object], string | undefined, string][] = [
    ['wrote over what the change wrote', ['write-file', { content: 'closed\n' }], 'open again\n', 'was changed'],
    ['edited another line', ['line-in-file', { line: 'closed' }], 'hello\nclosed\n', 'was changed'],
    ['made a removed file again', ['remove-file', {}], 'new\n', 'was made again'],
    ['removed the file', ['write-file', { content: 'closed\n' }], undefined, 'was removed'],
  ]
  test.each(cases)(
    'leaves alone where somebody %s, and puts the old content over it with --force',
    async (_, step, theirs, how) => {
      await using host = await motd()
      const run = await host.change(step)
      await (theirs === undefined ? rm(host.file) : writeFile(host.file, theirs))
      const { code, stderr } = await host.run('undo', run)
      expect({ code, stderr }).toEqual({
        code: 6,
        stderr: expect.stringContaining(
          `${host.file} ${how} after this change, by somebody else or a later change; left as it is: opsctl undo --force ${run}`,
        ),
      })
      expect(await host.read().catch(() => undefined)).toBe(theirs)
      expect(await host.standing(run)).toBe('kept')
      expect((await host.run('undo', '--force', run)).code).toBe(0)
      expect(await host.read()).toBe('welcome\n')
      expect(await host.standing(run)).toBe('undone')
    },
    60_000,
  )

  test('takes back a later change first, then the one before it, not the other way round', async () => {
    await using host = await motd()
    const first = await host.change(['write-file', { content: 'closed\n' }])
    const later = await host.change(['write-file', { content: 'moved\n' }])
    expect((await host.run('undo', first)).code).toBe(6)
    expect(await host.read()).toBe('moved\n')
    expect((await host.run('undo', later)).code).toBe(0)
    expect((await host.run('undo', first)).code).toBe(0)
    expect(await host.read()).toBe('welcome\n')
  }, 60_000)

  test('takes back what several steps did to one file, and takes a file that is as before for done', async () => {
    await using host = await motd()
    const lines = await host.change(['line-in-file', { line: 'closed' }], ['line-in-file', { line: 'until nine' }])
    expect((await host.run('undo', lines)).code).toBe(0)
    expect(await host.read()).toBe('welcome\n')
    const run = await host.change(['write-file', { content: 'closed\n' }])
    await writeFile(host.file, 'welcome\n')
    expect((await host.run('undo', run)).code).toBe(0)
  }, 60_000)

  test('is the end of a change: --resume does not begin it again, and does nothing beside what the journal tells', async () => {
    await using host = await motd()
    const run = await host.change(['write-file', { content: 'closed\n' }])
    for (const more of [['-t', 'web1'], ['--limit', 'web1'], ['other.yaml']]) {
      const { code, stderr } = await host.run('exec', '--resume', run, ...more)
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`--resume and ${more[0]} can not be told together`),
      })
    }
    await host.run('undo', run)
    const { code, stderr } = await host.run('exec', '--yes', '--resume', run)
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('was taken back: there is nothing to go on with'),
    })
    expect(await host.read()).toBe('welcome\n')
  }, 60_000)

  const interrupted = [
    { how: 'takes it back first', more: 'rollback: echo back >>LOG', code: 0, log: 'ran\nback\nran\nend\n' },
    { how: 'runs it again where that is harmless', more: 'idempotent', code: 0, log: 'ran\nran\nend\n' },
    { how: 'refuses where it has no way back', more: '', code: 6, log: 'ran\n' },
  ]
  test.each(interrupted)(
    'that goes on after a kill in a command $how',
    async ({ more, code, log }) => {
      await using host = await motd()
      const logFile = join(host.file, '../log')
      const [path, go] = ['once.yaml', 'go'].map(name => join(host.file, '..', name))
      const line = `echo ran >>${logFile}; test -e ${go} || sleep 20; echo end >>${logFile}`
      const step =
        more === 'idempotent'
          ? `command: { run: ${JSON.stringify(line)}, idempotent: true }`
          : `run: ${JSON.stringify(line)}\n    ${more.replace('LOG', logFile)}`
      await writeFile(path ?? '', `name: once\ntargets: localhost\nsteps:\n  - id: once\n    ${step}\n`)
      const killed = await host.start('exec', '--yes', path ?? '')
      await poll('the command runs', 20_000, async () => (await readFile(logFile, 'utf8').catch(() => '')) === 'ran\n')
      killed.child.kill('SIGKILL')
      await killed.ended
      await writeFile(go ?? '', '')
      const { runs } = JSON.parse((await host.run('runs', 'list', '-o', 'json')).stdout)
      expect((await host.run('exec', '--yes', '--resume', runs[0].runId)).code).toBe(code)
      expect(await readFile(logFile, 'utf8')).toBe(log)
    },
    60_000,
  )

  test('tells where to look when the report of a change could not be written', async () => {
    await using host = await motd()
    const path = join(host.file, '../change.yaml')
    await writeFile(path, `name: x\ntargets: localhost\nsteps:\n  - write-file: { path: ${host.file}, content: new }\n`)
    const args = ['--state-dir', join(host.file, '../state'), 'exec', '--yes', '-o', 'json', path]
    const { code, stderr } = await opsctl(args, { stdoutFile: '/dev/full' })
    expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringMatching(/opsctl runs show \d/) })
    expect(await host.read()).toBe('new')
  }, 60_000)

  test('names the step that can not be taken back', async () => {
    await using host = await motd()
    const path = join(host.file, '../once.yaml')
    await writeFile(path, 'name: once\ntargets: localhost\nsteps:\n  - run: echo once\n')
    const { stdout } = await host.run('exec', '--yes', '-o', 'json', path)
    const { code, stderr } = await host.run('undo', JSON.parse(stdout).runId)
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining("'run echo once' has no undo: a human must look"),
    })
  }, 60_000)
})

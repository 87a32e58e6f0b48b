import { expect, test } from 'bun:test'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import command from '../../../src/lib/plan/steps/command.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { runAlone } from '../round-trip.ts'
import { fullHost, stepPlace } from '../step-host.ts'

const place = stepPlace(fullHost())

test('tells the status and the last lines of what failed', async () => {
  const step = command.build({ run: 'for n in 1 2 3 4 5 6 7; do echo "line $n" >&2; done; exit 3' })
  await expect(step.do(place, await step.capture(place))).rejects.toThrow(
    /^for n in .* exit 3 ended with status 3: line 3; line 4; line 5; line 6; line 7$/,
  )
  const quiet = command.build({ run: ['false'] })
  await expect(quiet.do(place, { marked: false })).rejects.toThrow(/^false ended with status 1$/)
  const onStdout = command.build({ run: 'echo no such pool; exit 1' })
  await expect(onStdout.do(place, { marked: false })).rejects.toThrow(/ended with status 1: no such pool$/)
})

test('has no undo unless it is told one', () => {
  expect(command.build({ run: 'systemctl daemon-reload' }).undo).toBeUndefined()
  expect(command.build({ run: 'touch /x', undo: 'rm -f /x' }).undo).toBeDefined()
})

test('runs once for its marker, however often it is done, and again after its undo', async () => {
  await using directory = await tempDir()
  const at = (name: string) => join(directory.path, name)
  await appendFile(at('log'), '')
  const step = command.build({
    run: `echo did >>log; touch marker`,
    undo: 'echo undid >>log; rm marker',
    creates: at('marker'),
    cwd: directory.path,
  })
  const before = await step.capture(place)
  for (const _ of [1, 2]) await step.do(place, before)
  for (const _ of [1, 2]) await step.undo?.(place, before)
  await step.do(place, before)
  expect(await readFile(at('log'), 'utf8')).toBe('did\nundid\ndid\n')
  expect(step.needed(await step.capture(place))).toBe(false)
})

test('gives variables to a command by stdin: no list of processes and no log of sudo has their values', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'said')
  const password = `it's "$HOME" \\ !x\nlast line\n`
  const step = command.build({
    run: ['sh', '-c', 'tr "\\0" " " </proc/$PPID/cmdline >"$OUT.args"; cat >>"$OUT"; printf %s "$PASSWORD$opsctl_env" >>"$OUT"'],
    undo: 'printf %s "$PASSWORD" >"$OUT.undone"',
    env: { PASSWORD: password, OUT: path },
    cwd: directory.path,
  })
  const before = await step.capture(place)
  await step.do(place, before)
  expect(await readFile(path, 'utf8')).toBe(password)
  await runAlone(place, step.undoAlone?.(before))
  expect(await readFile(`${path}.undone`, 'utf8')).toBe(password)
  for (const { argv } of [...(step.undoAlone?.(before) ?? []), ...(step.doAlone?.(before) ?? [])]) {
    expect(argv.join(' ')).not.toContain('last line')
  }
  let sent = ''
  const run: typeof place.run = (given, options) => {
    sent += JSON.stringify(given)
    return place.run(given, options)
  }
  await step.do({ ...place, run }, before)
  expect(sent).toContain('exec')
  expect(sent).not.toContain('last line')
})

test('asks for its marker also where the host runs it alone', async () => {
  await using directory = await tempDir()
  const at = (name: string) => join(directory.path, name)
  const step = command.build({
    run: `echo did >>log; touch 'the marker'`,
    undo: `echo undid >>log; rm 'the marker'`,
    creates: at('the marker'),
    cwd: directory.path,
  })
  const before = await step.capture(place)
  for (const commands of [step.undoAlone?.(before), step.doAlone?.(before), step.doAlone?.(before)])
    await runAlone(place, commands)
  expect(step.undoAlone?.(await step.capture(place))).toEqual([])
  for (const _ of [1, 2]) await runAlone(place, step.undoAlone?.(before))
  expect(await readFile(at('log'), 'utf8')).toBe('did\nundid\n')
  expect(command.build({ run: 'systemctl daemon-reload' }).undoAlone).toBeUndefined()
})

test('gives words, variables and a directory to the program unchanged', async () => {
  await using directory = await tempDir()
  const step = command.build({
    run: ['sh', '-c', 'printf "%s|%s|%s" "$1" "$SHOP_NAME" "$(pwd)" >out', 'A=b', `it's "$HOME" \\n`],
    env: { SHOP_NAME: 'x y;$(id)' },
    cwd: directory.path,
  })
  await step.do(place, await step.capture(place))
  expect(await readFile(join(directory.path, 'out'), 'utf8')).toBe(`it's "$HOME" \\n|x y;$(id)|${directory.path}`)
})

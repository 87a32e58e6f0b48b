import { describe, expect, test } from 'bun:test'
import { chmod, link, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepPlace } from '../../../src/lib/core/plan.ts'
import lines from '../../../src/lib/plan/steps/line-in-file.ts'
import removes from '../../../src/lib/plan/steps/remove-file.ts'
import writes from '../../../src/lib/plan/steps/write-file.ts'
import { findProgram, needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { tinyDisk } from '../../helpers/tiny-disk.ts'
import { kept, runAlone } from '../round-trip.ts'
import { fingerprint, fullHost, stepPlace } from '../step-host.ts'

const place = stepPlace(fullHost())
const step = (path: string, more: object = {}) => writes.build({ path, content: 'port = 8080\n', ...more })

test('shows what would change as a unified diff, with modes and owners', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  const fresh = await step(path).capture(place)
  expect(step(path).diff(fresh)).toBe(`--- /dev/null\n+++ ${path}\n@@ -0,0 +1,1 @@\n+port = 8080\n`)
  await writeFile(path, 'port = 80\n', { mode: 0o644 })
  const before = await step(path).capture(place)
  expect(step(path, { mode: '600' }).diff(before)).toBe(
    `--- ${path}\n+++ ${path}\n@@ -1,1 +1,1 @@\n-port = 80\n+port = 8080\n${path}: mode 0644 -> 0600\n`,
  )
  const binary = writes.build({ path, contentBase64: Buffer.alloc(2048).toString('base64') })
  expect(binary.diff(before)).toBe(`${path}: 10 B -> 2 KiB\n`)
  expect(step(path, { content: 'port = 80\r\n' }).diff(before)).toContain(`${path}: line ends LF -> CR LF\n`)
})

test.each([
  ['write-file', writes, { content: 'token = hunter2\n' }, 'write '],
  ['line-in-file', lines, { line: 'token = hunter2' }, 'keep a secret line in '],
  ['remove-file', removes, {}, 'remove '],
] as const)('%s shows no content that is secret', async (_, kind, params, does) => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  await writeFile(path, 'token = swordfish\n')
  const secret = kind.build({ path, ...params, secret: true })
  const before = await secret.capture(place)
  expect(secret.needed(before)).toBe(true)
  expect(secret.describe()).toBe(`${does}${path}`)
  expect(secret.diff(before)).toMatch(/shop\.conf: 18 B -> (16 B|34 B|absent)\n$/)
})

test('writes through a link to the file that was seen, also when the link has moved since', async () => {
  await using directory = await tempDir()
  const at = (name: string) => join(directory.path, name)
  await writeFile(at('a'), 'one\n')
  await symlink('a', at('current'))
  const before = kept(await step(at('current')).capture(place))
  expect(before).toMatchObject({ target: at('a') })
  await step(at('current')).do(place, before)
  expect(await readFile(at('a'), 'utf8')).toBe('port = 8080\n')
})

test('does not write over what somebody changed since it was looked at', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  await writeFile(path, 'one\n')
  const before = await step(path).capture(place)
  await writeFile(path, 'two\n')
  await expect(step(path).do(place, before)).rejects.toThrow(`could not write ${path}: it was changed since it was looked at`)
  expect(await readdir(directory.path)).toEqual(['shop.conf'])
})

test('an undo that finds everything as before leaves the file itself, and its other names', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  await writeFile(path, 'one\n')
  await link(path, join(directory.path, 'other-name'))
  const { ino } = await stat(path)
  const before = kept(await step(path).capture(place))
  await runAlone(place, step(path).undoAlone?.(before))
  await step(path).undo?.(place, before)
  expect(await stat(path)).toMatchObject({ ino, nlink: 2 })
})

test('may be done again when it was done: a resumed run does so', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  const before = await step(path).capture(place)
  for (const _ of [1, 2]) await step(path).do(place, before)
  await step(path).verify(place, before)
})

test('puts the file back over what somebody wrote after it, with nanoseconds of its time', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  await writeFile(path, 'one\n')
  await utimes(path, 1_767_268_800.25, 1_767_268_800.25)
  const start = fingerprint(directory.path)
  const before = kept(await step(path).capture(place))
  await step(path).do(place, before)
  await writeFile(path, 'a third\n')
  await chmod(path, 0o600)
  await step(path).undo?.(place, before)
  expect(fingerprint(directory.path)).toEqual(start)
})

test('leaves a file alone that is as before: an undo without a change keeps the inode', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'shop.conf')
  await writeFile(path, 'one\n')
  const { ino } = await stat(path)
  await step(path).undo?.(place, kept(await step(path).capture(place)))
  expect((await stat(path)).ino).toBe(ino)
})

test('keeps made directories that somebody else uses by now', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'app/conf.d/shop.conf')
  const with_ = step(path, { parents: true })
  const before = await with_.capture(place)
  await with_.do(place, before)
  await writeFile(join(directory.path, 'app/other'), '')
  await with_.undo?.(place, before)
  await with_.verifyUndone?.(place, before)
  expect(await readdir(join(directory.path, 'app'))).toEqual(['other'])
})

test('leaves the old content to other hard links', async () => {
  await using directory = await tempDir()
  const at = (name: string) => join(directory.path, name)
  await writeFile(at('a'), 'one\n')
  await link(at('a'), at('b'))
  await step(at('a')).do(place, await step(at('a')).capture(place))
  expect(await readFile(at('b'), 'utf8')).toBe('one\n')
})

test.skipIf(!needs('mount'))('leaves the old file and nothing else on a full disk', async () => {
  await using disk = await tinyDisk(64 * 1024)
  const path = join(disk.path, 'shop.conf')
  await writeFile(path, 'one\n')
  const start = fingerprint(disk.path)
  const large = writes.build({ path, contentBase64: Buffer.alloc(128 * 1024, 7).toString('base64') })
  const before = await large.capture(place)
  await expect(large.do(place, before)).rejects.toThrow(/could not write .*: .*[Nn]o space left/)
  expect(fingerprint(disk.path)).toEqual(start)
  await large.undo?.(place, before)
  await large.verifyUndone?.(place, before)
})

describe('refuses', () => {
  const refusals: readonly (readonly [string, (path: string) => Promise<unknown>, RegExp])[] = [
    ['a directory', path => mkdir(path), /could not look at .*: it is neither a file nor a link/],
    [
      'a file of more than 8 MiB',
      path => writeFile(path, Buffer.alloc(9 * 1024 ** 2)),
      /has 9 MiB: no more than 8 MiB can be kept/,
    ],
    ['a link in a circle', path => symlink(path, path), /the link leads nowhere|Too many levels/],
  ]
  test.each(refusals)('%s', async (_, make, message) => {
    await using directory = await tempDir()
    const path = join(directory.path, 'x')
    await make(path)
    await expect(step(path).capture(place)).rejects.toThrow(message)
  })

  test('a directory that is missing, unless it is to be made', async () => {
    await using directory = await tempDir()
    const path = join(directory.path, 'no/such/file')
    await expect(step(path).capture(place)).rejects.toThrow(
      `the directory ${directory.path}/no does not exist; parents: true makes it`,
    )
  })

  test.skipIf(!needs('root') || !findProgram('setpriv'))('to take for absent what it may not see', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'private'), { mode: 0o700 })
    await chmod(directory.path, 0o755)
    const path = join(directory.path, 'private/shop.conf')
    const nobody: StepPlace = {
      ...place,
      run: (command, more) =>
        place.run({ argv: ['setpriv', '--reuid=65534', '--clear-groups', ...('argv' in command ? command.argv : [])] }, more),
    }
    await expect(step(path).capture(nobody)).rejects.toThrow(
      `could not look at ${path}: ${directory.path}/private: permission denied`,
    )
  })
})

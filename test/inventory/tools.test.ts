import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpsError } from '../../src/lib/core/errors.ts'
import { realTools } from './ansible.ts'

const root = mkdtempSync(join(tmpdir(), 'inventory-tools-'))
afterAll(() => rmSync(root, { recursive: true }))
const at = (name: string): string => join(root, name)
const file = (name: string, text: string, mode = 0o644): string => {
  writeFileSync(at(name), text)
  chmodSync(at(name), mode)
  return at(name)
}
const fault = async (promise: Promise<unknown>): Promise<OpsError> =>
  promise.then(
    () => Promise.reject(new Error('was accepted')),
    error => error,
  )

describe('files', () => {
  const tools = realTools({ home: root })

  test('are read with their mode, a byte order mark left out', async () => {
    const path = file('hosts', '\uFEFFweb1\n', 0o755)
    expect(await tools.input(path)).toEqual({ path, text: 'web1\n', executable: true, directory: false })
    expect(await tools.input(root)).toEqual({ path: root, executable: false, directory: true })
  })

  test('below ~ are those of the home directory', async () => {
    file('mine', 'x')
    expect(await tools.readFile('~/mine')).toBe('x')
  })

  test('that do not exist are undefined, or an error where one was asked for', async () => {
    expect(await tools.readFile(at('missing'))).toBeUndefined()
    expect(await tools.readFile(at('hosts/below'))).toBeUndefined()
    expect(await tools.readFile(root)).toBeUndefined()
    expect(await tools.readDirectory(at('missing'))).toEqual([])
    expect((await fault(tools.input(at('missing')))).message).toBe(`${at('missing')}: there is no such file or directory`)
  })

  test('in a directory come sorted, directories marked, links followed', async () => {
    mkdirSync(at('dir/web'), { recursive: true })
    file('dir/web-2', '')
    file('dir/a', '')
    symlinkSync(at('dir/web'), at('dir/link'))
    symlinkSync('nowhere', at('dir/dangling'))
    expect(await tools.readDirectory(at('dir'))).toEqual(['a', 'dangling', 'link/', 'web/', 'web-2'])
  })
})

describe('programs', () => {
  test('print what they print', async () => {
    const path = file('list.sh', '#!/bin/sh\necho "$0 $1 $2"', 0o755)
    expect(await realTools().runProgram(path, ['--host', 'web 1'])).toBe(`${path} --host web 1\n`)
  })

  test('that others may change are not run', async () => {
    const path = file('open.sh', '#!/bin/sh\ntouch ran', 0o775)
    const error = await fault(realTools().runProgram(path, ['--list']))
    expect(error).toMatchObject({
      code: 'E_INVENTORY',
      message: `${path}: others may write this program, so it is not run`,
      hint: `chmod go-w ${path}`,
    })
  })

  test('of another user are not run, those of root are', async () => {
    const path = file('theirs.sh', '#!/bin/sh\necho x', 0o755)
    const owner = process.getuid?.() ?? 0
    const run = realTools({ uid: owner + 1 }).runProgram(path, [])
    if (owner === 0) expect(await run).toBe('x\n')
    else expect((await fault(run)).message).toContain('belongs to another user')
  })

  test('that fail are told with their last words', async () => {
    const path = file('fails.sh', '#!/bin/sh\necho first >&2\necho no credentials >&2\nexit 3', 0o755)
    expect((await fault(realTools().runProgram(path, ['--list']))).message).toBe(
      `${path}: '${path} --list' ended with status 3: no credentials`,
    )
  })

  test('that were ended by a limit are told so', async () => {
    const path = file('slow.sh', '#!/bin/sh\n', 0o755)
    const run = async () => ({ code: null, stdout: '', stderr: '', ended: 'timeout' })
    expect((await fault(realTools({ run }).runProgram(path, ['--list']))).message).toBe(
      `${path}: '${path} --list' was ended: timeout`,
    )
  })
})

import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

describe('the lever', () => {
  test('that can not be set or taken back is told as what it is', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'file')
    await writeFile(file, '')
    for (const [verb, doing] of [
      ['halt', 'make'],
      ['allow', 'remove'],
    ]) {
      const { code, stderr } = await opsctl(['drill', verb ?? '', '--state-dir', file])
      expect({ code, stderr }).toEqual({
        code: 74,
        stderr: expect.stringMatching(new RegExp(`^opsctl: cannot ${doing} ${file}`)),
      })
    }
  }, 60_000)

  test('tells its reason on one line, whatever is in it', async () => {
    await using directory = await tempDir()
    const where = ['--state-dir', directory.path]
    await opsctl(['drill', 'halt', '--reason', 'incident 4711\n\x1b[31mall of it', ...where])
    const { stdout } = await opsctl(['drill', 'status', ...where])
    expect(stdout.split('\n')[0]).toMatch(/^drills are halted since \S+: incident 4711 \S*\[31mall of it; /)
    expect(stdout).not.toContain('\x1b')
  }, 60_000)

  test('that can not be read is set', async () => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'drill-halt'), 'half a')
    const { stdout } = await opsctl(['drill', 'status', '--state-dir', directory.path])
    expect(stdout).toStartWith(`drills are halted: its file can not be read: ${directory.path}/drill-halt`)
  }, 60_000)
})

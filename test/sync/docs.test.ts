import { describe, expect, test } from 'bun:test'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { conductKeys } from '../../src/lib/plan/file/conduct.ts'
import { syncKeys } from '../../src/lib/sync/file/sync-file.ts'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const page = await readFile(join(import.meta.dirname, '../../docs/sync-config.md'), 'utf8')
const examples = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text = '']) => text)

describe('docs/sync-config.md', () => {
  test('has examples that run as they stand', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'bin'))
    await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
    const child = Bun.spawn(['sh', '-ec', examples.join('\n')], {
      cwd: directory.path,
      env: {
        PATH: `${join(directory.path, 'bin')}:${process.env['PATH']}`,
        HOME: directory.path,
        XDG_STATE_HOME: join(directory.path, 'state'),
      },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('grep refuses it') })
    expect(stdout).toMatch(/wave 1: localhost: 1 of 1 hosts would change\n[\s\S]*\+worker_processes 4;[\s\S]*1 files as applied/)
    // After the refusal, and after the roll-back.
    expect(stdout.match(/^# localhost\nworker_processes 4;$/gm)).toHaveLength(2)
    expect(stdout).toContain('refused with 1\n')
  }, 120_000)

  test.each(syncKeys.filter(key => !conductKeys.some(each => each === key)))('tells of %s', key => {
    expect(page).toContain(`\n| \`${key}\` | `)
  })
})

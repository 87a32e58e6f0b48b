import { expect, test } from 'bun:test'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const page = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
const [, example = ''] = /^## Try it on this machine\n.*?^```sh\n(.*?)^```/ms.exec(page) ?? []

test("the README's example of sync-config and drill runs as it stands", async () => {
  await using directory = await tempDir()
  await mkdir(join(directory.path, 'bin'))
  await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
  const child = Bun.spawn(['sh', '-ec', example], {
    cwd: directory.path,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory.path, TMPDIR: directory.path },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('1 changed') })
  expect(stdout).toMatch(/\+workers 4[\s\S]*1 files as applied[\s\S]*verdict\n.*passed/)
}, 60_000)

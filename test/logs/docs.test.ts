import { expect, test } from 'bun:test'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const page = await readFile(join(import.meta.dirname, '../../docs/ship-logs.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

test('docs/ship-logs.md has an example that runs as it stands, and shows what comes out', async () => {
  await using directory = await tempDir()
  await mkdir(join(directory.path, 'bin'))
  await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
  const env = { PATH: `${join(directory.path, 'bin')}:${process.env['PATH']}`, HOME: directory.path }
  const child = Bun.spawn(['sh', '-ec', blocks('sh').join('\n')], { cwd: directory.path, env, stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [first = '', third = ''] = blocks('json')
  const lines = stdout.split('\n')
  expect([lines[0], lines[2]]).toEqual([first.trim(), third.trim()])
  expect(lines.slice(4)).toEqual(['1', expect.stringContaining('"misfits": 1,'), ''])
}, 120_000)

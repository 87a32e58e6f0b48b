import { describe, expect, test } from 'bun:test'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const page = await readFile(join(import.meta.dirname, '../../docs/probe.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

describe('docs/probe.md', () => {
  test('begins with examples that run as they stand', async () => {
    const [examples = ''] = blocks('sh')
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'bin'))
    await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
    const child = Bun.spawn(['sh', '-c', examples], {
      cwd: directory.path,
      env: { PATH: `${join(directory.path, 'bin')}:${process.env['PATH']}`, HOME: directory.path },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    expect(stderr).not.toContain('opsctl explain E_')
    expect(stdout).toContain('2 checks are well-formed')
    expect(JSON.parse(await readFile(join(directory.path, 'health.json'), 'utf8')).items.length).toBeGreaterThan(8)
    expect(await readFile(join(directory.path, 'health.xml'), 'utf8')).toContain('<testcase')
  }, 60_000)

  test.each(blocks('yaml').map((text, index) => [index + 1, text] as const))(
    'has a well-formed file of checks as example %d',
    async (_, text) => {
      await using directory = await tempDir()
      await writeFile(join(directory.path, 'checks.yaml'), text)
      expect(await inProcess('probe lint checks.yaml', { cwd: directory.path })).toMatchObject({ code: 0, stderr: '' })
    },
  )
})

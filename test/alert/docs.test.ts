import { describe, expect, test } from 'bun:test'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { readText } from './file/read.ts'

const page = await readFile(join(import.meta.dirname, '../../docs/alerts.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

describe('docs/alerts.md', () => {
  test('has examples that run as they stand', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'bin'))
    await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
    const env = { PATH: `${join(directory.path, 'bin')}:${process.env['PATH']}`, HOME: directory.path }
    const child = Bun.spawn(['sh', '-ec', blocks('sh').join('\n')], { cwd: directory.path, env, stdout: 'pipe', stderr: 'pipe' })
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^pager {2}at once, and when it is over\nshop {3}after 10m if still firing, and when it is over$/m)
    expect(stdout).toMatch(/^nobody is told$/m)
  }, 60_000)

  test.each(blocks('yaml').map((text, index) => [index + 1, text] as const))(
    'has a file of alerts as example %d',
    async (_, text) => {
      const { config, warnings } = await readText(text)
      expect(warnings).toEqual([])
      expect(config.routes).not.toEqual([])
    },
  )
})

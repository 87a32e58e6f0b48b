import { expect, test } from 'bun:test'
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl, opsctlProgram } from '../../helpers/opsctl.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const page = await readFile(join(import.meta.dirname, '../../../docs/pipelines.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

test('docs/pipelines.md has an example that runs as it stands, and shows what comes out', async () => {
  await using directory = await tempDir()
  await mkdir(join(directory.path, 'bin'))
  await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
  const path = `${join(directory.path, 'bin')}:${process.env['PATH']}`
  const env = { PATH: path, HOME: directory.path, XDG_STATE_HOME: directory.path }
  const child = Bun.spawn(['sh', '-ec', blocks('sh').join('\n')], { cwd: directory.path, env, stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`${blocks('json').join('')}2\n2\n`)
}, 120_000)

test('docs/pipelines.md shows a file that is right', async () => {
  await using directory = await tempDir()
  await Bun.write(join(directory.path, 'pipeline.yaml'), blocks('yaml').join('\n'))
  await Bun.write(
    join(directory.path, 'alerts.yaml'),
    'channels:\n  ops: { type: webhook, url: https://hooks.example.com/x }\nroutes:\n  - { to: ops }\n',
  )
  const { code, stderr } = await opsctl(['ship-logs', 'lint', 'pipeline.yaml'], { cwd: directory.path })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}, 60_000)

test('docs/pipelines.md names metrics that there are', async () => {
  const directory = join(import.meta.dirname, '../../../src/lib/logs/serve')
  const sources = await Promise.all((await readdir(directory)).map(name => readFile(join(directory, name), 'utf8')))
  const named = [...page.matchAll(/\bopsctl_logs_[a-z_]+/g)].map(([name]) => name.replace(/_total$/, ''))
  expect(named.length).toBeGreaterThan(8)
  expect(named.filter(name => !sources.some(source => source.includes(`'${name}'`)))).toEqual([])
})

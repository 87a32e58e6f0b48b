import { describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const page = await readFile(join(import.meta.dirname, '../../docs/patrol.md'), 'utf8')
const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text)

describe('docs/patrol.md', () => {
  test.each(examples.map((text, index) => [index + 1, text] as const))(
    'has a well-formed file of checks as example %d',
    async (_, text) => {
      await using directory = await tempDir()
      await writeFile(join(directory.path, 'checks.yaml'), text)
      expect(await inProcess('probe lint checks.yaml', { cwd: directory.path })).toMatchObject({ code: 0, stderr: '' })
    },
  )

  test('names metrics that there are', async () => {
    const source = await Promise.all(
      ['check-families', 'figures', 'own-families', 'alert-families'].map(name =>
        readFile(join(import.meta.dirname, `../../src/lib/patrol/exposition/${name}.ts`), 'utf8'),
      ),
    )
    const named = [...page.matchAll(/`(opsctl_[a-z_]+[a-z])/g)].map(([, name = '']) => name.replace(/_total$/, ''))
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter(name => !source.join('').includes(name))).toEqual([])
  })
})

import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('a run on many hosts frees the memory of those that are done while it goes on', async () => {
  await using home = await tempDir()
  const inventory = join(home.path, 'hosts')
  await writeFile(inventory, '[web]\nweb[01:70] ansible_connection=local\n')
  let collections = 0
  const { code, stdout } = await inProcess(['exec', '-t', '@web', '-i', inventory, '-o', 'json', '--', 'true'], {
    home: home.path,
    env: { PATH: '/usr/bin:/bin' },
    collectGarbage: () => collections++,
  })
  expect(code).toBe(0)
  expect(JSON.parse(stdout).counts.total).toBe(70)
  expect(collections).toBe(2)
})

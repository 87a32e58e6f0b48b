import { expect, test } from 'bun:test'
import { thisMachine } from '../../src/lib/probe/this-machine.ts'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('with nothing asked, this machine is judged in every way that tells whether it is well', async () => {
  await using dir = await tempDir()
  const { code, stdout } = await inProcess(['probe', '-o', 'json'], { cwd: dir.path })
  const items: readonly { name: string; verdict: string; message: string }[] = JSON.parse(stdout).items
  expect(items.map(({ name }) => name).sort()).toEqual(thisMachine.map(({ type }) => type).sort())
  expect(items.filter(({ verdict }) => verdict === 'unknown')).toEqual([])
  expect([0, 1]).toContain(code)
}, 60_000)

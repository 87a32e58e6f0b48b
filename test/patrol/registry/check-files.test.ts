import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Components } from '../../../src/lib/cli/components.ts'
import type { Context } from '../../../src/lib/core/context.ts'
import { CheckFiles } from '../../../src/lib/patrol/registry/check-files.ts'
import type { AskedCheck } from '../../../src/lib/probe/index.ts'
import { programOf } from '../../helpers/in-process.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

/** As much of a context as it uses. */
function contextIn(cwd: string): Context {
  const program = programOf()
  const components = new Components(program)
  const parts: Partial<Context> = {
    program,
    paths: { cwd, state: cwd, home: undefined, config: [] },
    signal: new AbortController().signal,
    component: (kind, type) => components.get(kind, type),
  }
  return parts as Context
}

const entry = (name: string, path = name, more = ''): string =>
  `  - name: ${name}\n    endpoint: https://shop.example.com/${path}\n${more}`

interface Reading {
  readonly write: (text: string) => Promise<void>
  readonly read: () => Promise<AskedCheck[]>
}

async function reading(work: (reading: Reading) => Promise<void>): Promise<void> {
  await using dir = await tempDir()
  const files = new CheckFiles()
  const path = join(dir.path, 'checks.yaml')
  await work({
    write: text => writeFile(path, text),
    read: () =>
      files.read(contextIn(dir.path), {
        listed: [{ path, files: [path] }],
        allowEmpty: false,
        giveWay: () => undefined,
      }),
  })
}

describe('a file of checks that is read again', () => {
  test('gives the very checks that it gave before where they stand as they stood', async () => {
    await reading(async ({ write, read }) => {
      await write(`checks:\n${entry('cart')}${entry('pay')}${entry('search')}`)
      const before = await read()
      await write(`checks:\n${entry('cart')}${entry('pay', 'pay/v2')}${entry('search')}`)
      const after = await read()
      expect(after.map((check, index) => check === before[index])).toEqual([true, false, true])
      expect(after[1]?.origin).toBe('shop.example.com')
      expect(after[1]?.check.title).toBe('GET https://shop.example.com/pay/v2')
    })
  })

  test('tells where they stand now', async () => {
    await reading(async ({ write, read }) => {
      await write(`checks:\n${entry('cart')}${entry('pay')}`)
      const [, pay] = await read()
      await write(`checks:\n${entry('search')}${entry('cart')}${entry('pay')}`)
      const after = await read()
      expect(after.map(({ name, place }) => [name, place?.replace(/.*\//, '')])).toEqual([
        ['search', 'checks.yaml:2:5'],
        ['cart', 'checks.yaml:4:5'],
        ['pay', 'checks.yaml:6:5'],
      ])
      expect(after[2]?.check === pay?.check).toBe(true)
    })
  })

  test('makes all of them anew when the defaults are others', async () => {
    await reading(async ({ write, read }) => {
      await write(`defaults: { interval: 20s }\nchecks:\n${entry('cart')}${entry('pay', 'pay', '    interval: 5s\n')}`)
      const intervals = (checks: readonly AskedCheck[]) => checks.map(({ sampling }) => sampling[0]?.intervalMs)
      expect(intervals(await read())).toEqual([20_000, 5000])
      await write(`defaults: { interval: 40s }\nchecks:\n${entry('cart')}${entry('pay', 'pay', '    interval: 5s\n')}`)
      expect(intervals(await read())).toEqual([40_000, 5000])
    })
  })

  test('tells what is wrong with one of them, and then goes on as before', async () => {
    await reading(async ({ write, read }) => {
      await write(`checks:\n${entry('cart')}${entry('pay')}`)
      const before = await read()
      await write(`checks:\n${entry('cart')}${entry('pay', 'pay', '    retires: 2\n')}`)
      await expect(read()).rejects.toThrow(/checks\.yaml:6:5: .*'retires'/)
      await write(`checks:\n${entry('cart')}${entry('pay')}\n`)
      expect((await read()).map((check, index) => check === before[index])).toEqual([true, true])
    })
  })
})

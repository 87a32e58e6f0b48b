import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withoutZeros } from '../../../scripts/release/elf.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'

const isLinux = process.platform === 'linux'
let place: TempDir
let compiled: string

beforeAll(async () => {
  place = await tempDir()
  compiled = join(place.path, 'compiled')
  if (!isLinux) return
  writeFileSync(join(place.path, 'hello.ts'), "console.log('hello', process.argv.slice(2).join())\n")
  await Bun.build({
    entrypoints: [join(place.path, 'hello.ts')],
    compile: { executablePath: process.execPath, outfile: compiled },
  })
}, 120_000)

afterAll(() => place[Symbol.asyncDispose]())

describe.skipIf(!isLinux)('a compiled program without the zeros of its runtime', () => {
  test('is smaller by more than a megabyte and runs as before', () => {
    const small = join(place.path, 'small')
    writeFileSync(small, withoutZeros(readFileSync(compiled)))
    chmodSync(small, 0o755)
    expect(statSync(compiled).size - statSync(small).size).toBeGreaterThan(1_000_000)
    const { status, stdout } = spawnSync(small, ['a', 'b'], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello a,b\n' })
  }, 60_000)

  test('is not made of one that is laid out otherwise', () => {
    expect(() => withoutZeros(readFileSync(process.execPath))).toThrow('the empty memory of its runtime')
    const filled = readFileSync(compiled)
    expect(() => withoutZeros(withoutZeros(filled))).toThrow()
    const zeros = filled.lastIndexOf(Buffer.alloc(1_000_000))
    filled[zeros + 500_000] = 1
    expect(() => withoutZeros(filled)).toThrow('is not empty')
  }, 60_000)
})

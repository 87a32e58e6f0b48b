import { describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as exported from '../../src/lib/copy/host-scripts.ts'
import { commandLine } from '../../src/lib/transport/quote.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const scripts = Object.values(exported).filter(value => typeof value === 'object' && 'text' in value)
const { list, listPart, startMark } = exported

describe.each(scripts.map(script => [script.does, script.text] as const))('the script to %s', (_, text) => {
  test('has nothing that a login shell could take for its own', () => {
    expect(text).not.toMatch(/[\n!]|\\\\/)
  })

  test.skipIf(!needs('shellcheck'))('satisfies shellcheck', async () => {
    // Deliberate: words split ($opsctl_sha is a command line), code for another shell in single quotes, ~ as typed.
    const excluded = 'SC2086,SC2016,SC2046,SC2015,SC2164,SC2317,SC2088,SC2034'
    const child = Bun.spawn(['shellcheck', '-s', 'sh', '-e', excluded, '-'], { stdin: Buffer.from(`${text}\n`), stdout: 'pipe' })
    expect(await new Response(child.stdout).text()).toBe('')
  })
})

test('starts after whatever a login shell prints, which is marked by a NUL that no text holds', () => {
  expect(startMark).toStartWith('\0')
})

const shells = ['dash', 'bash', 'zsh', 'fish', 'tcsh', 'busybox'].flatMap(name => {
  const program = findProgram(name)
  return program === undefined ? [] : [[name, program] as const]
})

test.each(shells)('reach sh unchanged through the login shell %s', async (shell, program) => {
  await using directory = await tempDir()
  await mkdir(join(directory.path, 'etc'))
  await writeFile(join(directory.path, "etc/it's a 'name'"), 'x')
  const argv = ['sh', '-c', list.text, 'sh', join(directory.path, 'etc'), listPart]
  const run = async (command: readonly string[]): Promise<string> => {
    const child = Bun.spawn([...command], { env: { PATH: process.env['PATH'], HOME: directory.path }, stderr: 'pipe' })
    return (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
  }
  const wrapped = shell === 'busybox' ? [program, 'sh', '-c', commandLine({ argv })] : [program, '-c', commandLine({ argv })]
  const plain = await run(argv)
  expect(plain).toContain("./it's a 'name'\n")
  expect(await run(wrapped)).toBe(plain)
})

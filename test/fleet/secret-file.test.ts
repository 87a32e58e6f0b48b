import { describe, expect, test } from 'bun:test'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSecretFile } from '../../src/lib/fleet/secret-file.ts'
import { tempDir } from '../helpers/temp-dir.ts'

describe('a secret file', () => {
  test.each([
    ['hunter2\n', 'hunter2'],
    ['hunter2', 'hunter2'],
    ['with spaces \r\nsecond line\n', 'with spaces '],
  ])('%j holds %j', async (text, secret) => {
    await using directory = await tempDir()
    const file = join(directory.path, 'password')
    await writeFile(file, text, { mode: 0o600 })
    expect(await readSecretFile(file)).toBe(secret)
  })

  test('of several lines is read whole where that is asked for', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'shop.key')
    const key = '-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n'
    await writeFile(file, key, { mode: 0o600 })
    expect(await readSecretFile(file, { whole: true })).toBe(key)
    await writeFile(file, '\n')
    await expect(readSecretFile(file, { whole: true })).rejects.toThrow('the file is empty')
  })

  test('that others may read is refused, and its content not repeated', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'password')
    await writeFile(file, 'hunter2\n')
    await chmod(file, 0o644)
    const error = await readSecretFile(file).catch(caught => caught)
    expect(error).toMatchObject({ code: 'E_CONFIG', hint: `chmod 600 ${file}` })
    expect(JSON.stringify([error.message, error.data])).not.toContain('hunter2')
  })

  test.each(['', '\n'])('with content %j is refused as empty', async text => {
    await using directory = await tempDir()
    const file = join(directory.path, 'password')
    await writeFile(file, text, { mode: 0o600 })
    await expect(readSecretFile(file)).rejects.toThrow('the file is empty')
  })

  test('that does not exist is named', async () => {
    await expect(readSecretFile('/no/such/password')).rejects.toThrow('/no/such/password')
  })
})

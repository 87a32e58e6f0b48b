import { expect, test } from 'bun:test'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recentTlsFiles } from '../../src/lib/probe/recent-tls-files.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { checkPlace } from './check-place.ts'

test('files of a check are read once a second, and told as the same object until they change', async () => {
  await using directory = await tempDir()
  await using shared = new SharedThings()
  const clock = new FakeClock()
  const place = { ...checkPlace(), clock, shared }
  const ca = join(directory.path, 'ca.pem')
  await writeFile(ca, 'the authorities of today')
  const first = await recentTlsFiles(place, { ca })
  expect(first).toEqual({ ca: 'the authorities of today' })

  await clock.advance(1000)
  expect(await recentTlsFiles(place, { ca })).toBe(first)

  await writeFile(ca, 'the authorities of tomorrow')
  expect(await recentTlsFiles(place, { ca })).toBe(first)
  await clock.advance(1000)
  expect(await recentTlsFiles(place, { ca })).toEqual({ ca: 'the authorities of tomorrow' })

  await rm(ca)
  await clock.advance(1000)
  await expect(recentTlsFiles(place, { ca })).rejects.toMatchObject({ reason: 'unreadable' })
  await writeFile(ca, 'the authorities of today')
  await clock.advance(1000)
  expect(await recentTlsFiles(place, { ca })).toEqual(first)
})

import { describe, expect, test } from 'bun:test'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fileBackend from '../../../src/lib/sync/backends/file.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { textsOf, toolsIn, Watching } from './watching.ts'

const read = async (path: string, directory: TempDir): Promise<Record<string, string>> =>
  textsOf(await fileBackend.build({ path }).read('', toolsIn(directory.path)))

const refusal = (path: string, directory: TempDir) => read(path, directory).catch(error => error)

describe('a source of files', () => {
  test('takes the values of one file as they are written', async () => {
    await using directory = await tempDir()
    const yaml = `mode: 0644
version: 1.10
serial: 12345678901234567890
mask: 0x1F
zone: "0644"
tls: True
motd: |
  hello
  world
nothing: ~
ports: [80, 443]
base: &base { owner: root, umask: 022 }
nginx: { <<: *base, workers: 4 }
`
    await writeFile(join(directory.path, 'shop.yaml'), yaml)
    expect(await read('shop.yaml', directory)).toEqual({
      ...{ mode: '0644', version: '1.10', serial: '12345678901234567890', mask: '0x1F', zone: '0644', tls: 'True' },
      ...{ motd: 'hello\nworld\n', nothing: 'null', ports: '[80,443]' },
      ...{ 'base/owner': 'root', 'base/umask': '022', 'nginx/owner': 'root', 'nginx/umask': '022', 'nginx/workers': '4' },
    })
    await writeFile(join(directory.path, 'shop.json'), '{ "version": 1.10, "tls": true, "name": "shop" }')
    expect(await read('shop.json', directory)).toEqual({ name: 'shop', tls: 'true', version: '1.10' })
  })

  test('that is not there is not an empty one', async () => {
    await using directory = await tempDir()
    expect(await refusal('config', directory)).toMatchObject({ reason: 'unreachable', message: expect.stringContaining('exist') })
    await mkdir(join(directory.path, 'config'))
    expect(await read('config', directory)).toEqual({})
  })

  test('names a link that leads nowhere', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'config'))
    await writeFile(join(directory.path, 'config/workers'), '4')
    await symlink('nowhere', join(directory.path, 'config/app.json'))
    expect(await refusal('config', directory)).toMatchObject({
      reason: 'invalid',
      message: `${join(directory.path, 'config/app.json')}: the link leads nowhere`,
    })
  })

  test('is told of once while it is away, and goes on when it is back', async () => {
    await using directory = await tempDir()
    const [here, away] = [join(directory.path, 'config'), join(directory.path, 'away')]
    await mkdir(here)
    await writeFile(join(here, 'workers'), '4')
    await using watch = new Watching(fileBackend.build({ path: 'config', poll: '10ms' }), {
      prefix: '',
      directory: directory.path,
    })
    await watch.untilIs({ workers: '4' })
    await rename(here, away)
    await watch.untilLogged(/can not be read.*does not exist/, 20_000)
    await writeFile(join(away, 'workers'), '5')
    await rename(away, here)
    await watch.untilIs({ workers: '5' })
    expect(watch.states.map(textsOf)).toEqual([{ workers: '4' }, { workers: '5' }])
    expect(watch.tools.logged).toHaveLength(1)
    await rm(here, { recursive: true })
  }, 60_000)
})

import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ComponentLoader } from '../../../src/lib/core/component.ts'
import { changeFileOf } from '../../../src/lib/exec/change/change-file.ts'
import { loadChange } from '../../../src/lib/exec/change/load-change.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { fakeComponents, fakeLookup } from './fake-components.ts'

const program = { version: '0', globals: [], commands: [], components: fakeComponents.map(each => ({ ...each, load: never })) }

describe('a change file on the disk', () => {
  test('is read with the files beside it, from wherever opsctl was called', async () => {
    await using directory = await tempDir()
    const text = changeWith('files/nginx.conf')
    const contents = Buffer.from([0, 255, 10, 13])
    await mkdir(join(directory.path, 'changes/files'), { recursive: true })
    await writeFile(join(directory.path, 'changes/nginx.yaml'), text)
    await writeFile(join(directory.path, 'changes/files/nginx.conf'), contents)
    const change = await load(directory.path, 'changes/nginx.yaml')
    expect(change.plan.steps[0]?.params).toEqual({ path: '/etc/nginx/nginx.conf', contentBase64: contents.toString('base64') })
    expect(change.path).toBe('changes/nginx.yaml')
    expect(change.sha256).toBe(createHash('sha256').update(text).digest('hex'))
  })

  test('may begin with a byte order mark, which its hash counts', async () => {
    await using directory = await tempDir()
    const bytes = Buffer.from('\uFEFFname: look\nsteps: [{ run: uptime }]\n')
    await writeFile(join(directory.path, 'look.yaml'), bytes)
    const { plan, sha256 } = await load(directory.path, 'look.yaml')
    expect({ name: plan.name, sha256 }).toEqual({ name: 'look', sha256: createHash('sha256').update(bytes).digest('hex') })
  })

  test.each([
    ['absent.yaml', 'absent.yaml: the change file does not exist'],
    ['directory', 'directory: the change file is a directory'],
    ['pipe', 'pipe: the change file is not a regular file'],
    ['latin1.yaml', 'latin1.yaml: the change file is not UTF-8 text'],
    ['broken.yaml', 'broken.yaml:2:1: flow sequence in block collection must be sufficiently indented and end with a ]'],
  ])('that can not be read is named: %s', async (path, message) => {
    await using directory = await tempDir()
    await makeFiles(directory.path)
    expect(await load(directory.path, path).catch(error => error)).toMatchObject({ code: 'E_PLAN', message })
  })

  test.each([
    ['absent.conf', 'does not exist'],
    ['latin1.yaml/x', 'does not exist'],
    ['directory', 'is a directory'],
    ['pipe', 'is not a regular file'],
    ['large.conf', 'is larger than the 16 MiB that a step can carry'],
  ])('may name no source that can not be read: %s', async (source, why) => {
    await using directory = await tempDir()
    await makeFiles(directory.path)
    await writeFile(join(directory.path, 'change.yaml'), changeWith(source))
    const message = `change.yaml:3:56: source "${source}" ${why}`
    expect(await load(directory.path, 'change.yaml').catch(error => error)).toMatchObject({ code: 'E_PLAN', message })
  })

  test('is read no further once the run was stopped', async () => {
    await using directory = await tempDir()
    await makeFiles(directory.path)
    await writeFile(join(directory.path, 'change.yaml'), changeWith('small.conf'))
    const stopped = AbortSignal.abort(new Error('stopped'))
    expect(await load(directory.path, 'change.yaml', stopped).catch(error => error.name)).toBe('AbortError')
  })
})

describe('the words of opsctl exec', () => {
  test.each([
    [['change.yaml'], 'change.yaml'],
    [['cat absent.yaml'], undefined],
    [['absent.yaml', 'up'], undefined],
    [['uptime'], undefined],
    [['change.yaml', 'up'], undefined],
  ])('%p name the change file %p', async (command, file) => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'change.yaml'), '')
    expect(changeFileOf({ paths: pathsIn(directory.path) }, { command })).toBe(file)
  })

  test('with a flag behind a change file are refused: it would be taken for a command and its argument', async () => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'change.yaml'), '')
    const asked = () => changeFileOf({ paths: pathsIn(directory.path) }, { command: ['change.yaml', '-o', 'json'] })
    expect(asked).toThrow('-o stands behind the change file change.yaml')
    expect(asked).toThrow(expect.objectContaining({ hint: 'put flags before it, as in `opsctl exec -o json change.yaml`' }))
  })

  test('with a change file that is not there are refused, before a host is asked for a program of that name', async () => {
    await using directory = await tempDir()
    const asked = () => changeFileOf({ paths: pathsIn(directory.path) }, { command: ['absent.yaml'] })
    expect(asked).toThrow('there is no change file absent.yaml')
  })
})

const pathsIn = (cwd: string) => ({ cwd, home: undefined, state: cwd, config: [] })

const changeWith = (source: string): string =>
  `name: raise worker connections\nsteps:\n  - write-file: { path: /etc/nginx/nginx.conf, source: ${source} }\n`

function load(cwd: string, path: string, signal: AbortSignal = new AbortController().signal) {
  // The lookup of the test knows only steps and checks, which is all that a change asks for.
  const component = fakeLookup.load as unknown as ComponentLoader
  return loadChange({ program, component, paths: pathsIn(cwd), signal }, path)
}

async function makeFiles(directory: string): Promise<void> {
  await mkdir(join(directory, 'directory'))
  await writeFile(join(directory, 'latin1.yaml'), Buffer.from('name: caf\xe9\n', 'latin1'))
  await writeFile(join(directory, 'broken.yaml'), 'targets: [web1\n')
  await writeFile(join(directory, 'small.conf'), 'events {}\n')
  await writeFile(join(directory, 'large.conf'), '')
  await truncate(join(directory, 'large.conf'), 16 * 1024 * 1024 + 1)
  spawnSync('mkfifo', [join(directory, 'pipe')])
}

function never(): never {
  throw new Error('components are loaded by the lookup')
}

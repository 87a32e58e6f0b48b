import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, symlink } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { CheckPlace } from '../../src/lib/core/check.ts'
import type { Component } from '../../src/lib/core/component.ts'
import { ParamsError } from '../../src/lib/core/params.ts'
import { type Output, type Transport, TransportError } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { findProgram, type NeedName, needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { demandPlainScript, fullHost, toolboxHost } from '../plan/step-host.ts'
import { type CheckWorld, checkCases } from '../probe/check-cases.ts'
import { hostCases } from '../probe/host-cases.ts'

// What holds for every kind of check, those to come included.

const folder = join(import.meta.dirname, '../../src/lib/probe/checks')
const files = (await readdir(folder)).filter(file => file.endsWith('.ts')).sort()
const modules = await Promise.all(files.map(file => import(join(folder, file))))
const components: Component<'check'>[] = modules.flatMap(module => module.default ?? [])

const tools = 'cat head stat sha256sum tr timeout uname grep id sleep'.split(' ')
const toolboxes: readonly { readonly name: string; readonly needs: readonly NeedName[]; readonly tools: [string, string][] }[] = [
  { name: 'GNU tools and dash', needs: ['dash', 'bash'], tools: [['sh', 'dash'], ...own(['ps', 'bash', ...tools])] },
  { name: 'GNU tools and bash', needs: ['bash'], tools: [['sh', 'bash'], ...own(['ps', 'bash', ...tools])] },
  { name: 'busybox alone', needs: ['busybox'], tools: ['sh', 'ps', 'nc', 'true', ...tools].map(tool => [tool, 'busybox']) },
  { name: 'neither ps nor bash nor nc', needs: ['dash'], tools: [['sh', 'dash'], ...own(tools)] },
]
function own(names: readonly string[]): [string, string][] {
  return names.map(name => [name, name])
}

let scratch: TempDir
let server: Server
let worker: ChildProcess
let world: CheckWorld
beforeAll(async () => {
  scratch = await tempDir()
  server = createServer(socket => socket.on('error', () => undefined).end())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // Of its own, since several suites may run on one machine; longer than the 15 bytes that the kernel keeps.
  const name = `shop-worker-of-the-night-${process.pid}`
  const program = join(scratch.path, name)
  await symlink(findProgram('sleep') ?? '', program)
  worker = spawn(program, ['86401'], { stdio: 'ignore' })
  world = { directory: scratch.path, port: (server.address() as { port: number }).port, pid: worker.pid ?? 0, worker: name }
})
afterAll(async () => {
  worker.kill()
  server.close()
  await scratch[Symbol.asyncDispose]()
})

const placeOf = (transport: Transport): CheckPlace => ({
  transport: watched(transport),
  clock: systemClock,
  signal: new AbortController().signal,
})

function watched(transport: Transport): Transport {
  return {
    host: transport.host,
    put: (...args) => transport.put(...args),
    get: (...args) => transport.get(...args),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
    run(command, options) {
      demandPlainScript(command)
      return transport.run(command, options)
    },
  }
}

function checkOf(type: string) {
  const component = components.find(one => one.type === type)
  if (component === undefined) throw new Error(`there is no check ${type}`)
  return component
}

for (const component of components) {
  describe(component.type, () => {
    test('says what it is', () => {
      expect(component.kind).toBe('check')
      expect(component.type).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(component.summary).toMatch(/^[a-z].*[^.]$|^TCP/)
      expect(component.schema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(component.build(component.example).title).toMatch(/^[^\n]+$/)
    })

    const properties = Object.keys((component.schema as { readonly properties: object }).properties)

    test.each(properties)('knows what is meant by a wrong spelling of %s', property => {
      const build = () => component.build({ ...(component.example as object), [`${property}x`]: 'value' })
      expect(thrownBy(build)).toMatchObject({ path: [`${property}x`], hint: expect.stringContaining(property) })
    })

    test('refuses what is no mapping', () => {
      for (const config of [null, 'text', 7, []]) expect(thrownBy(() => component.build(config))).toBeInstanceOf(ParamsError)
    })

    // Endpoints are asked over the network: what they find there has tests of their own.
    const isEndpoint = properties.includes('endpoint')
    // A beat is heard by a patrol, whatever host it comes from: test/probe/heartbeat.test.ts.
    const asksHost = !isEndpoint && component.type !== 'heartbeat'

    test('judges this machine by its example', async () => {
      const { verdict, message } = await component.build(component.example).run(placeOf(fullHost()))
      // What an endpoint of the world says can not be had everywhere.
      expect(['pass', 'warn', 'fail', 'na', ...(asksHost ? [] : ['unknown'])]).toContain(verdict)
      expect(message).toMatch(/^[^A-Z].*[^.]$/)
    }, 60_000)

    // There is no way to such a socket through a host, and none for datagrams.
    const isThroughHost = isEndpoint && !['unix', 'udp'].includes(component.type)

    test.if(isThroughHost)('is unknown, never passed or failed, when the host from which it looks is lost', async () => {
      const lost = () => Promise.reject(new TransportError('closed', 'the connection was lost'))
      const transport = { host: { name: 'web1', via: 'ssh' }, run: lost, dial: lost } as unknown as Transport
      const result = await component.build(component.example).run({ ...placeOf(transport), transport, from: 'host' })
      expect(result).toMatchObject({ verdict: 'unknown', reason: 'closed', message: 'the connection was lost' })
    })

    test.if(asksHost)('has cases for every verdict that it gives', () => {
      const run = checkCases.filter(({ type }) => type === component.type).map(({ verdict }) => verdict)
      const read = hostCases(component.type).map(({ expect }) => expect)
      // Some only warn.
      const given = new Set([...run, ...read].map(verdict => (verdict === 'warn' ? 'fail' : verdict)))
      // Nothing on a host makes a login uncertain but what is below.
      if (component.type === 'login') given.add('unknown')
      expect([...given]).toEqual(expect.arrayContaining(['fail', 'pass', 'unknown']))
    })

    describe.if(asksHost)('is unknown, never passed', () => {
      const broken: readonly (readonly [string, () => Promise<Output>])[] = [
        ['the connection is lost', async () => Promise.reject(new TransportError('closed', 'the connection was lost'))],
        ['it is lost while the command runs', async () => ({ ...nothing, code: null, ended: 'closed', message: 'lost' })],
        ['the host takes too long', async () => ({ ...nothing, code: null, ended: 'timeout' })],
        ['nobody says how it ended', async () => ({ ...nothing, code: null })],
        ['the host runs no commands', async () => ({ ...nothing, code: 127, stderr: Buffer.from('sh: not found\n') })],
        ['sudo refuses', async () => ({ ...nothing, code: 1, ended: 'sudo', message: 'a password is required' })],
      ]
      for (const [when, run] of broken) {
        test(`when ${when}`, async () => {
          const place = placeOf({ host: { name: 'web1' }, run } as unknown as Transport)
          const result = await component.build(component.example).run(place)
          expect(result.verdict).toBe('unknown')
          expect(result.message).not.toBe('')
        })
      }
    })
  })
}

const nothing = { code: 0, stdout: new Uint8Array(), stderr: new Uint8Array(), durationMs: 1 }

for (const toolbox of toolboxes) {
  describe.skipIf(!needs(...toolbox.needs))(toolbox.name, () => {
    let host: Transport
    beforeAll(async () => {
      host = await toolboxHost(toolbox.tools, join(scratch.path, toolbox.name))
    })
    for (const { type, name, prepare, config, verdict, message, not } of checkCases) {
      if (not?.test(toolbox.name)) continue
      test(`${type}: ${name}`, async () => {
        await prepare?.(world)
        const result = await checkOf(type).build(config(world)).run(placeOf(host))
        expect(result).toMatchObject({ verdict, message: expect.stringMatching(message) })
      })
    }
  })
}

function thrownBy(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}

import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Component } from '../../../src/lib/core/component.ts'
import type { Context } from '../../../src/lib/core/context.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { openBlackbox } from '../../../src/lib/patrol/blackbox/open-blackbox.ts'
import icmp from '../../../src/lib/probe/checks/icmp.ts'
import { LocalConnector } from '../../../src/lib/transport/local-connector.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { webServer } from '../../probe/web-server.ts'

/** As much of a context as it uses. */
const contextIn = (cwd: string, warnings: string[] = []): Context => {
  const { signal } = new AbortController()
  const parts: Partial<Context> = {
    clock: systemClock,
    env: {},
    signal,
    paths: { cwd, state: cwd, home: undefined, config: [] },
    log: (_, message) => void warnings.push(message),
    connector: async () => new LocalConnector({ clock: systemClock, env: {} }),
    // The only one that is asked for.
    component: (async () => icmp satisfies Component<'check'>) as unknown as Context['component'],
  }
  return parts as Context
}

const ask = async (context: Context, options: Parameters<typeof openBlackbox>[1], target: string) => {
  await using blackbox = await openBlackbox(context, options)
  const query = new URLSearchParams({ target })
  return blackbox.probes.answer({ query, headers: {}, signal: context.signal })
}

describe('what stands behind /probe', () => {
  test.each([
    [{ targets: [], isLoopback: true }, 200],
    [{ targets: [], isLoopback: false }, 403],
    [{ targets: ['127.0.0.1'], isLoopback: false }, 200],
    [{ targets: ['shop.example'], isLoopback: true }, 403],
  ])('answers with %j: %i', async (options, status) => {
    await using server = await webServer({})
    expect(await ask(contextIn('/'), options, `127.0.0.1:${server.port}`)).toMatchObject({ status })
  })

  test('reads a file of modules from where opsctl was called, with its warnings', async () => {
    await using directory = await tempDir()
    const text =
      'modules:\n  http_2xx: { prober: http, http: { body_file: body } }\n  new: { prober: http, http: { enable_http3: true, enable_http2: false } }\n'
    await writeFile(join(directory.path, 'blackbox.yml'), text)
    await writeFile(join(directory.path, 'body'), 'x=1')
    await using server = await webServer({})
    const warnings: string[] = []
    const options = { file: 'blackbox.yml', targets: [], isLoopback: true }
    expect(await ask(contextIn(directory.path, warnings), options, `127.0.0.1:${server.port}`)).toMatchObject({ status: 200 })
    expect(server.requests[0]?.body).toBe('x=1')
    expect(warnings).toEqual(['blackbox.yml:3:3: probes of the module new are refused: HTTP/3 is not supported'])
  })

  test('refuses a pattern that is none', () => {
    expect(openBlackbox(contextIn('/'), { targets: ['10.0.0.0/99'], isLoopback: true })).rejects.toThrow(
      "'10.0.0.0/99' is no pattern of targets",
    )
  })
})

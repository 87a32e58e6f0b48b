import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { type Backend, BackendError, type BackendTools, type Revision } from '../../core/backend.ts'
import { defineBackend } from '../../core/component.ts'
import { errnoOf } from '../../core/errno.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { readSecretFile } from '../../fleet/index.ts'
import type { HttpTls } from '../../net/http-json.ts'
import { Latest } from '../latest.ts'
import { EtcdFollower, entriesOf } from './etcd/follower.ts'
import { EtcdGateway, type GatewayParts } from './etcd/gateway.ts'

const fileField = (what: string) => z.string().min(1).optional().describe(`${what}; a relative path begins at the sync file`)

const Params = z
  .strictObject({
    endpoints: z
      .array(
        z
          .string()
          // Titles and messages name the endpoint: a password in it would be told. Nor is it shown here.
          .refine(text => !text.includes('@'), { error: 'nobody logs in here: user and passwordFile say who', abort: true })
          .regex(/^https?:\/\/[^/\s]+\/?$/, 'is not an endpoint, such as https://10.0.0.1:2379'),
      )
      .min(1)
      .describe('members of one cluster: one is asked, the next one when it does not answer'),
    user: z.string().min(1).optional().describe('log in as this user'),
    passwordFile: fileField('file with the password of the user, which others may not read'),
    ca: fileField("PEM file with the authorities to trust, in place of the system's"),
    cert: fileField('PEM file with our certificate'),
    key: fileField('PEM file with the key of our certificate'),
    serverName: z
      .string()
      .min(1)
      .optional()
      .describe("the host in the server's certificate, where it is not that of the endpoint"),
    timeout: durationField().prefault('5s').describe('of one question to one endpoint'),
    heartbeat: durationField().prefault('4s').describe('a watch whose server is silent for so long is taken for dead'),
    refresh: durationField().prefault('1m').describe('how often a watch lists everything again, whatever it was told'),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    error: 'user and passwordFile go together',
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), { error: 'cert and key go together' })
type Params = z.output<typeof Params>

/** etcd 3.4 and later, over its JSON gateway. The server's certificate is always checked. */
export default defineBackend({
  type: 'etcd',
  version: '1.0.0',
  summary: 'etcd v3, over HTTP or TLS, with one or several endpoints',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { endpoints: ['https://10.0.0.1:2379', 'https://10.0.0.2:2379'], ca: 'etcd-ca.pem' },
  build: config => etcdBackend(config),
})

function etcdBackend(config: Json): Backend {
  const params = parseParams(Params, config)
  const open = async (tools: BackendTools): Promise<EtcdGateway> => new EtcdGateway(await partsOf(params, tools), tools)
  return {
    title: `etcd at ${params.endpoints.join(', ')}`,
    async read(prefix, tools) {
      const gateway = await open(tools)
      const { header, kvs } = await gateway.ofAny(() => gateway.range({ prefix }))
      return { revision: String(header.revision), entries: entriesOf(kvs, prefix) }
    },
    async *watch(prefix, tools) {
      const told = new Latest<Revision>()
      const stopped = new AbortController()
      const stop = (): void => stopped.abort(tools.signal.reason)
      tools.signal.addEventListener('abort', stop, { once: true })
      if (tools.signal.aborted) stop()
      const inner = { ...tools, signal: stopped.signal }
      const { heartbeat: heartbeatMs, refresh: refreshMs } = params
      const follower = new EtcdFollower({
        ...{ gateway: await open(inner), prefix, tools: inner, heartbeatMs, refreshMs },
        onState: revision => told.set(revision),
      })
      const running = follower.run().catch(error => told.fail(error))
      try {
        for (;;) yield await told.next()
      } finally {
        tools.signal.removeEventListener('abort', stop)
        stopped.abort(new BackendError('unreachable', 'nobody reads the watch any more'))
        await running
      }
    },
  }
}

async function partsOf(params: Params, { directory }: BackendTools): Promise<GatewayParts> {
  const { endpoints, user, passwordFile, timeout: timeoutMs } = params
  const tls = await tlsOf(params, directory)
  const login =
    user !== undefined && passwordFile !== undefined
      ? { user, password: await readSecretFile(resolve(directory, passwordFile)) }
      : undefined
  return { endpoints, timeoutMs, ...(tls && { tls }), ...(login && { login }) }
}

async function tlsOf({ ca, cert, key, serverName }: Params, directory: string): Promise<HttpTls | undefined> {
  const files = Object.entries({ ca, cert, key }).filter((file): file is [string, string] => file[1] !== undefined)
  const texts = await Promise.all(files.map(async ([name, path]) => [name, await readPem(resolve(directory, path))] as const))
  return { ...Object.fromEntries(texts), ...(serverName !== undefined && { serverName }) }
}

/** @throws BackendError */
async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new BackendError('invalid', `${path} can not be read: ${errnoOf(cause)}`, { cause })
  }
}

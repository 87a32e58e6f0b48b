import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { OpsError } from '../../core/errors.ts'
import { durationField } from '../../core/fields.ts'
import { globMatcher } from '../../core/glob.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import type { SourceEvent, SourcePlace } from '../../core/log-source.ts'
import { parseParams } from '../../core/params.ts'
import { openFleet } from '../../fleet/index.ts'
import { merged } from './ssh/merged.ts'
import { RemoteHost } from './ssh/remote-host.ts'

const oneOrMore = (what: string) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform(each => [each].flat())
    .describe(what)
const absolute = z.string().regex(/^\/[^\n\0]*$/, 'a path on a host is absolute')

const params = z.strictObject({
  targets: oneOrMore('hosts as node sets: @web, db[1-3], user@host:port'),
  paths: z.array(absolute).min(1).describe('files there; * ? and [a-z] within a name'),
  exclude: z.array(absolute).default([]).describe('patterns of paths that are not read'),
  start: z
    .enum(['beginning', 'end'])
    .default('beginning')
    .describe('where files are begun that are there at the first look of all'),
  poll: durationField().prefault('1s').describe('how often each host is looked at'),
  inventory: z.array(z.string()).default([]).describe('as -i'),
  ssh_config: z.string().optional().describe('as --ssh-config'),
  user: z.string().min(1).optional().describe('as -u'),
  identity: z.array(z.string()).default([]).describe('as --identity'),
  host_key_policy: z.enum(['strict', 'accept-new']).optional().describe('as --host-key-policy'),
  sudo: z.boolean().default(false).describe('read as root'),
  sudo_user: z.string().min(1).optional().describe('read as this user'),
  sudo_password_file: z.string().optional().describe("file with sudo's password"),
  connect_timeout: durationField().prefault('10s').describe('to get from nothing to a session on one host'),
  retries: z.int().min(0).max(100).default(2).describe('more tries to connect, without --follow; with it there is no end'),
})
type Params = z.output<typeof params>

export default defineSource({
  type: 'ssh',
  version: '1.0.0',
  summary: 'files of other hosts, over SSH; nothing is installed there',
  stability: 'beta',
  schema: jsonSchemaOf(params),
  example: { targets: '@web', paths: ['/var/log/nginx/access.log'] },
  build(config) {
    const parsed = parseParams(params, config)
    const title = `${parsed.paths.join(', ')} of ${parsed.targets.join(',')}`
    return { title, isReplayable: true, read: place => read(place, parsed) }
  },
})

async function* read(place: SourcePlace, given: Params): AsyncGenerator<SourceEvent> {
  await using fleet = await openFleet(place.context, {
    targets: given.targets,
    inventory: given.inventory,
    limit: [],
    shard: undefined,
    allowEmpty: false,
    user: given.user,
    identity: given.identity,
    sshConfig: given.ssh_config,
    hostKeyPolicy: given.host_key_policy,
    passwordFile: undefined,
    forwardAgent: false,
    sudo: given.sudo || given.sudo_user !== undefined,
    sudoUser: given.sudo_user,
    sudoPasswordFile: given.sudo_password_file,
    concurrency: 10_000,
    connectTimeout: given.connect_timeout,
    deadline: 0,
    retries: 0,
  })
  const excludes = given.exclude.map(globMatcher)
  const failed: string[] = []
  const hosts = fleet.hosts.map(
    host =>
      new RemoteHost({
        host,
        place,
        connector: fleet.connector,
        ...(fleet.sudo && { sudo: fleet.sudo }),
        paths: given.paths,
        isExcluded: path => excludes.some(fits => fits(path)),
        start: given.start,
        pollMs: given.poll,
        attempts: given.retries + 1,
      }),
  )
  yield* merged(hosts.map(host => unlessFailed(host, { place, failed })))
  if (failed.length > 0)
    throw new OpsError('E_UNREACHABLE', `${failed.length} of ${hosts.length} hosts could not be read: ${failed.join(', ')}`)
}

/** One host that can not be read does not end the others. */
async function* unlessFailed(
  host: RemoteHost,
  { place, failed }: { readonly place: SourcePlace; readonly failed: string[] },
): AsyncGenerator<SourceEvent> {
  try {
    yield* host.events()
  } catch (error) {
    failed.push(host.name)
    const problem = error instanceof Error ? error.message : String(error)
    place.log('error', 'a host could not be read', { source: place.name, host: host.name, problem })
  }
}

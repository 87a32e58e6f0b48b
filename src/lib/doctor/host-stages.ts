import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type ConnectStage, type Transport, TransportError } from '../core/transport.ts'
import { type Fleet, openFleet } from '../fleet/index.ts'
import { bounded } from '../run/bounded.ts'
import type { DoctorOptions } from './options.ts'

/** The way to a host in its order: what each stage is called, and what to look at when it fails. */
const stages: Readonly<Record<ConnectStage, { readonly name: string; readonly hint: string }>> = {
  resolve: { name: 'name resolution', hint: 'ask the resolver: getent hosts NAME' },
  connect: { name: 'TCP connection', hint: 'does sshd listen there, and does a firewall let it through?' },
  banner: { name: 'SSH banner', hint: 'something else may listen on this port, or sshd takes no more connections (MaxStartups)' },
  handshake: { name: 'key exchange', hint: 'compare with ssh -vv: do both sides share algorithms?' },
  hostkey: {
    name: 'host key',
    hint: 'compare the fingerprint on the console of the host before anything is changed in known_hosts',
  },
  auth: { name: 'authentication', hint: 'is one of them in authorized_keys of that user, and may others write there?' },
  session: { name: 'session', hint: 'sshd may allow no more sessions (MaxSessions), or no shell' },
}
const order: readonly ConnectStage[] = ['resolve', 'connect', 'banner', 'handshake', 'hostkey', 'auth', 'session']

/**
 * The stages of the way to each host as items, the hosts in their order.
 * @throws OpsError E_NO_TARGETS, E_INVENTORY, E_NODE_SET, E_SSH_CONFIG
 */
export async function* hostItems(context: Context, options: DoctorOptions): AsyncIterable<Item> {
  await using fleet = await openFleet(context, {
    ...options,
    targets: options.host,
    limit: [],
    allowEmpty: false,
    forwardAgent: false,
    sudo: false,
    retries: 0,
    deadline: 0,
  })
  const limit = bounded(options.concurrency)
  const found = fleet.hosts.map(host => limit(() => examine(context, fleet, host)))
  for (const items of found) yield* await items
}

interface Step {
  readonly stage: ConnectStage
  readonly at: number
}

async function examine(context: Context, fleet: Fleet, host: Host): Promise<Item[]> {
  const { clock } = context
  const steps: Step[] = []
  const item = (name: string, { startedAt, endedAt }: Span, more: Partial<Item>): Item => ({
    path: `${host.name}/${name}`,
    host: host.name,
    name,
    startedAt: rfc3339(clock.now() - (clock.monotonic() - startedAt)),
    durationMs: Math.round(endedAt - startedAt),
    ...more,
  })
  const passed = (endedAt: number): Item[] =>
    steps.map(({ stage, at }, index) =>
      item(stages[stage].name, { startedAt: at, endedAt: steps[index + 1]?.at ?? endedAt }, { verdict: 'pass' }),
    )
  const started = clock.monotonic()
  try {
    await using transport = await fleet.connector.connect(host, {
      signal: fleet.signal,
      // A stage may be told again when a second connection is needed for a certificate.
      onStage: stage => void (steps.some(step => step.stage === stage) || steps.push({ stage, at: clock.monotonic() })),
    })
    const connected = clock.monotonic()
    const answer = await command(transport, fleet.signal)
    return [...passed(connected), item('command', { startedAt: connected, endedAt: clock.monotonic() }, answer)]
  } catch (error) {
    const now = clock.monotonic()
    const failed = failedStage(error, steps)
    const before = passed(now).filter(({ name }) => name !== stages[failed].name)
    const begun = steps.find(({ stage }) => stage === failed)?.at ?? started
    return [...before, item(stages[failed].name, { startedAt: begun, endedAt: now }, trouble(error, failed))]
  }
}

interface Span {
  readonly startedAt: number
  readonly endedAt: number
}

const failedStage = (error: unknown, steps: readonly Step[]): ConnectStage =>
  (error instanceof TransportError ? error.stage : undefined) ?? steps.at(-1)?.stage ?? 'resolve'

/** The stages behind the failed one were not reached: they give no item of their own. */
function trouble(error: unknown, stage: ConnectStage): Partial<Item> {
  const message = error instanceof Error ? error.message : String(error)
  const open = order.slice(order.indexOf(stage) + 1).map(later => stages[later].name)
  return {
    verdict: 'fail',
    message: `${message}; ${stages[stage].hint}`,
    data: { stage, ...(error instanceof TransportError && { reason: error.reason }), notReached: open },
  }
}

const commandLimitMs = 10_000

async function command(transport: Transport, signal: AbortSignal): Promise<Partial<Item>> {
  const { code, stdout, ended, message } = await transport.run({ argv: ['uname', '-srm'] }, { signal, timeoutMs: commandLimitMs })
  const text = new TextDecoder().decode(stdout).trim()
  if (code === 0) return { verdict: 'pass', message: text }
  const how = ended ? (message ?? ended) : `exit ${code}`
  return { verdict: 'fail', message: `uname -srm: ${how}; is the login shell of that user one that runs commands?` }
}

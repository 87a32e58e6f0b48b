import { createInterface } from 'node:readline'
import { hostNamed } from '../../../src/lib/core/host.ts'
import { addWayBack, armLease, fenced, leaseRefusal, renewLease } from '../../../src/lib/plan/lease/index.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'
import { stepPlace } from '../step-host.ts'
import { lone } from './lease-host.ts'

/** What a process that changes a host under a lease is told, as JSON in its first argument. */
export interface ClientTask {
  readonly fleet: {
    readonly port: number
    readonly user: { readonly name: string; readonly home: string }
    readonly keyFile: string
  }
  readonly hostKey: string
  readonly address: string
  /** Made under the lease, removed by its way back. */
  readonly file: string
  readonly ttlMs: number
}

/**
 * Arms a lease on a host, makes the file, and renews until it is ended. Prints the directory of the lease; then, for each line of stdin,
 * how an attempt to make the file once more went: `made`, or how the lease stood that refused it.
 */
async function main(task: ClientTask): Promise<void> {
  const { fleet, hostKey, address, file, ttlMs } = task
  await using pool = fleetPool({ ...fleet, hostKeys: new Map([['ed25519', hostKey]]) })
  const place = stepPlace(await pool.connect(hostNamed(address), { signal: new AbortController().signal }))
  const lease = await armLease(place, { id: 'client', ttlMs, graceMs: 5000 })
  await addWayBack(place, lease, { order: 1, commands: [lone(`rm -f ${file}`)], ttlMs })
  const make = async (): Promise<string> =>
    leaseRefusal(await place.run(fenced({ argv: ['touch', file] }, lease)), lease) ?? 'made'
  await make()
  process.stdout.write(`${lease.directory}\n`)
  setInterval(() => renewLease(place, lease, ttlMs).catch(() => undefined), ttlMs / 5)
  for await (const _ of createInterface(process.stdin))
    process.stdout.write(`${await make().catch(error => `failed: ${error.message}`)}\n`)
}

await main(JSON.parse(process.argv[2] ?? ''))

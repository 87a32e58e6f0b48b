import { join } from 'node:path'
import { type Transport, TransportError } from '../core/transport.ts'
import type { Collection } from './from-host.ts'
import { type Landed, Landing } from './landing.ts'
import { contentOf } from './local-tree.ts'
import { copied, type Outcome, wouldCopy } from './outcome.ts'
import { nameOf } from './route.ts'
import type { Delivery } from './to-host.ts'

interface Over {
  readonly transport: Transport
  readonly signal: AbortSignal
}

/**
 * Puts plain files on a host that runs no commands and has sftp alone. Nothing is compared there, and no directory made; without a
 * slash at its end the destination is taken for the name of the file.
 * @throws TransportError
 */
export async function putPlain(delivery: Delivery, { transport, signal }: Over): Promise<Outcome> {
  const { entries, destination, needsDirectory, dryRun, owner } = delivery
  const other = entries.find(entry => entry.type !== 'file')
  if (other)
    throw new TransportError('transfer', `${other.path} is a ${other.type}: the host has sftp alone, which takes plain files`)
  const directory = destination.replace(/\/*$/, '/')
  const placed = entries.map(entry => ({ ...entry, there: needsDirectory ? directory + entry.path : destination }))
  if (dryRun)
    return wouldCopy(
      placed,
      placed.map(({ source, there }) => `${source} -> :${there}`),
    )
  for (const file of placed) {
    await transport.put(contentOf(file), file.there, { signal, mode: file.mode, ...(owner !== undefined && { owner }) })
  }
  return copied(entries)
}

/** Gets plain files from such a host; each is in memory once, and its mode and time are not known. @throws TransportError, OpsError E_OUTPUT */
export async function getPlain({ sources, base, newName, dryRun }: Collection, { transport, signal }: Over): Promise<Outcome> {
  const named = sources.map(source => ({ source, path: newName ?? nameOf(source), type: 'file', mode: 0o644 }) as const)
  if (dryRun) {
    const plan = named.map(({ source, path }) => `:${source} -> ${join(base, path)}`)
    return wouldCopy(
      named.map(entry => ({ ...entry, size: 0 })),
      plan,
    )
  }
  await using stage = await new Landing(base, signal).stage()
  const entries: Landed[] = []
  for (const { source, path, type, mode } of named) {
    const content = await transport.get(source, { signal })
    const entry = { path, to: path, type, mode, size: content.length }
    entries.push(entry)
    const file = await stage.take(entry)
    await file.write(content)
    await file.close()
  }
  await stage.commit(entries)
  return copied(entries)
}

import type { SshAgent } from './ssh-agent.ts'
import type { Identity } from './ssh-identity.ts'
import type { KeyFiles, UnusableKey } from './ssh-key-file.ts'
import type { SshTarget } from './ssh-target.ts'

/**
 * The keys to offer to a host, in the order of ssh: those of the agent that stand in the configured files, the agent's others unless
 * IdentitiesOnly, then the files that the agent does not hold.
 */
export async function identitiesFor(
  target: SshTarget,
  sources: { readonly files: KeyFiles; readonly agent: SshAgent | undefined },
): Promise<(Identity | UnusableKey)[]> {
  const loaded = await Promise.all(target.identityFiles.map(file => sources.files.load(file)))
  const fromFiles = loaded.flat()
  const held = sources.agent ? await heldBy(sources.agent) : []
  const inFiles = fingerprints(fromFiles)
  const inAgent = fingerprints(held)
  const wanted = held.filter(key => isAmong(inFiles, key))
  const others = held.filter(key => !isAmong(inFiles, key) && !(target.identitiesOnly && key.blob))
  return [...wanted, ...others, ...fromFiles.filter(key => !isAmong(inAgent, key))]
}

async function heldBy(agent: SshAgent): Promise<readonly (Identity | UnusableKey)[]> {
  try {
    return await agent.identities()
  } catch (error) {
    return [{ label: `agent ${agent.path}`, unusable: error instanceof Error ? error.message : String(error) }]
  }
}

const fingerprints = (keys: readonly (Identity | UnusableKey)[]): Set<string> =>
  new Set(keys.flatMap(({ blob }) => (blob ? [blob.toString('base64')] : [])))

const isAmong = (known: ReadonlySet<string>, { blob }: Identity | UnusableKey): boolean =>
  blob !== undefined && known.has(blob.toString('base64'))

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
  const inFiles = new Set(fromFiles.flatMap(key => ('blob' in key ? [fingerprint(key)] : [])))
  const inAgent = new Set(held.flatMap(key => ('blob' in key ? [fingerprint(key)] : [])))
  const wanted = held.filter(key => 'blob' in key && inFiles.has(fingerprint(key)))
  const others = held.filter(key => !wanted.includes(key) && !(target.identitiesOnly && 'blob' in key))
  return [...wanted, ...others, ...fromFiles.filter(key => !('blob' in key) || !inAgent.has(fingerprint(key)))]
}

async function heldBy(agent: SshAgent): Promise<readonly (Identity | UnusableKey)[]> {
  try {
    return await agent.identities()
  } catch (error) {
    return [{ label: `agent ${agent.path}`, unusable: error instanceof Error ? error.message : String(error) }]
  }
}

const fingerprint = (identity: Identity): string => identity.blob.toString('base64')

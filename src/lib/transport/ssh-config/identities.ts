import type { SettingValue } from './blocks.ts'
import type { Expansion } from './expansion.ts'
import type { Settings } from './settings.ts'

const defaults = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss', 'id_dsa']

/** Keys and agents: which files, which socket. */
export function identities(settings: Settings, expansion: Expansion, env: Readonly<Record<string, string | undefined>>) {
  const files = settings.list('identityfile')
  const other = settings.list('forwardagent path')[0]
  const otherSocket = other && socketOf(expansion.path(other), env)
  return {
    identityFiles: files.length === 0 ? defaults.map(name => expansion.inHome(`.ssh/${name}`)) : paths(files, expansion),
    identityFilesAreDefault: files.length === 0,
    identitiesOnly: settings.flag('identitiesonly', false),
    identityAgent: agent(settings.list('identityagent')[0], expansion, env),
    certificateFiles: paths(settings.list('certificatefile'), expansion),
    // A socket that is named by an unset variable switches forwarding off.
    forwardAgent: settings.flag('forwardagent', false) && (other === undefined || otherSocket !== undefined),
    forwardAgentSocket: otherSocket,
  }
}

const paths = (values: readonly SettingValue[], expansion: Expansion): string[] =>
  values.filter(({ value }) => value.toLowerCase() !== 'none').map(value => expansion.path(value))

function agent(
  value: SettingValue | undefined,
  expansion: Expansion,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const path = value ? expansion.path(value) : 'SSH_AUTH_SOCK'
  if (path === 'none') return undefined
  return socketOf(path === 'SSH_AUTH_SOCK' ? '$SSH_AUTH_SOCK' : path, env)
}

/** `$NAME` is the older way to name a variable. */
function socketOf(path: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  return (path.startsWith('$') ? env[path.slice(1)] : path) || undefined
}

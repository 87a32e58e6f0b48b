import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { TransportError } from '../core/transport.ts'
import type { Fleet } from '../fleet/index.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { hostScript, scriptCommand, scriptOutput } from '../transport/host-script.ts'
import type { Findings } from './scan.ts'

const rule = 'sshd-permit-root-login'
const lookTimeoutMs = 30_000

interface LostLogins {
  readonly fleet: Fleet
  readonly findings: Findings
  /** Then it is only told. */
  readonly dryRun: boolean
}

/**
 * Looks for hosts on which the fix would shut out the very login that makes it: they would take everything back, after the whole fleet had
 * been touched. @throws OpsError E_USAGE that names them
 */
export async function refuseLostLogins({ log }: Pick<Context, 'log'>, { fleet, findings, dryRun }: LostLogins): Promise<void> {
  const affected = fleet.hosts.filter(({ name }) => findings.get(name)?.some(found => found.rule.id === rule && found.fixable))
  const asRoot = await Promise.all(affected.map(async host => ((await isLoginOfRoot(fleet, host)) ? [host.name] : [])))
  const names = asRoot.flat()
  if (names.length === 0) return
  const message = `${rule} would shut out root on ${foldNodeSet(names)}, which is the login of this run`
  const hint = `log in as another user, with --user NAME --sudo, or leave the rule out: --skip '${rule}=REASON'`
  if (!dryRun) throw new OpsError('E_USAGE', message, { hint })
  log('warn', `${message}: ${hint}`)
}

async function isLoginOfRoot({ connector, signal }: Fleet, host: Fleet['hosts'][number]): Promise<boolean> {
  try {
    const transport = await connector.connect(host, { signal })
    const output = await transport.run(scriptCommand(script, []), { signal, timeoutMs: lookTimeoutMs })
    return scriptOutput(output)?.toString() === 'root'
  } catch (error) {
    // The change itself tells of a host that is gone by now.
    if (error instanceof TransportError) return false
    throw error
  }
}

/** Whoever became root after the login has a login of another: the kernel keeps its number where PAM sets it. */
const script = hostScript(
  'look who is logged in',
  'login=; if [ -r /proc/self/loginuid ]; then read -r login </proc/self/loginuid; fi;',
  'if [ -n "$SSH_CONNECTION" ] && [ "$(id -u)" = 0 ] && [ -z "$SUDO_USER" ]; then',
  'case $login in ""|0|4294967295) printf root;; esac; fi',
)

import { StepError, type StepPlace } from '../core/plan.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { allFields, hostScript } from '../transport/host-script.ts'

/** How opsctl reaches a host, as the host sees it. */
export interface OwnPath {
  /** Of the machine that runs opsctl, or of the last one on the way. */
  readonly client: string
  /** Port of sshd. */
  readonly port: number
}

/** sudo clears the environment: then that of the processes above tells. */
const script = hostScript(
  'find the way by which opsctl comes',
  'conn=$SSH_CONNECTION pid=$$; above() { pid=$2; };',
  'while [ -z "$conn" ] && [ "$pid" -gt 1 ]; do',
  'conn=$(tr "\\0" "\\n" 2>/dev/null <"/proc/$pid/environ" | sed -n "s/^SSH_CONNECTION=//p");',
  'read -r line <"/proc/$pid/stat" || break; above ${line##*) }; done; printf "%s\\0" "$conn"',
)

/** Undefined on this machine itself. @throws StepError when a host does not tell: then it must not be cut off */
export async function ownPath(place: StepPlace): Promise<OwnPath | undefined> {
  const [connection = ''] = allFields(await runScript(place, script, { args: [] }))
  const [client, , , port] = connection.trim().split(/\s+/)
  if (client && Number(port) > 0) return { client: client.replace(/%.*$/, ''), port: Number(port) }
  if (place.transport.host.via === 'local') return undefined
  throw new StepError('the host does not tell by which way opsctl comes (SSH_CONNECTION), so it could be cut off')
}

import type { Connector, Context } from '../../core/context.ts'
import { TlsContexts } from '../../net/tls/tls-contexts.ts'
import { Semaphore } from '../../run/semaphore.ts'
import { allowedTargets, anyTarget } from './allowed-targets.ts'
import { BlackboxProbes } from './blackbox-probes.ts'
import { loadBlackboxConfig } from './config/load-blackbox-config.ts'
import { systemPing } from './system-ping.ts'

interface BlackboxOptions {
  /** A configuration file of blackbox_exporter; absent: its usual modules. */
  readonly file?: string
  /** Patterns of the targets that may be probed; none: see `isLoopback`. */
  readonly targets: readonly string[]
  /** Nobody but this machine can ask: then every target of the network may be probed where no patterns are given. Else none. */
  readonly isLoopback: boolean
}

export interface Blackbox extends AsyncDisposable {
  readonly probes: BlackboxProbes
}

/** More TLS handshakes at once make the runtime let some wait. */
const handshakes = 20

/** Everything behind `/probe`. @throws OpsError E_CONFIG, E_USAGE for a pattern */
export async function openBlackbox(context: Context, { file, targets, isLoopback }: BlackboxOptions): Promise<Blackbox> {
  const { clock, env, paths, component } = context
  const allowed = targets.length === 0 && isLoopback ? anyTarget : allowedTargets(targets)
  const modules = await loadBlackboxConfig(context, file)
  const connector: Connector = await context.connector({
    onlyLocal: true,
    connectTimeoutMs: 0,
    retries: 0,
    forwardAgent: false,
    identityFiles: [],
  })
  const probes = new BlackboxProbes({
    ...{ clock, env, allowed, modules },
    cwd: paths.cwd,
    tls: { slots: new Semaphore(handshakes), contexts: new TlsContexts() },
    ping: systemPing({ clock, component, connector }),
  })
  return { probes, [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose]() }
}

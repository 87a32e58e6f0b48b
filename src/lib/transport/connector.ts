import type { Connector, ConnectSpec, Context } from '../core/context.ts'
import { resolveName } from '../net/connect.ts'
import { ConnectionPool } from './pool.ts'
import { loadSshConfig, type SshConfigFiles } from './ssh-config/ssh-config.ts'
import { systemWorld } from './ssh-config/system-world.ts'
import { TargetResolver } from './target-resolver.ts'

/**
 * Connections by this user's OpenSSH configuration and known_hosts, with what the command line says on top.
 * @throws OpsError E_SSH_CONFIG
 */
export async function makeConnector(context: Context, spec: ConnectSpec): Promise<Connector> {
  const { clock, env, random, prompt, settings, signal } = context
  const world = systemWorld({
    env,
    exec: (command, aborted) => runMatchExec(context, command, aborted),
    lookup: async (name, aborted) =>
      resolveName(name, { family: 0, signal: aborted }).then(
        () => true,
        () => false,
      ),
  })
  const config = await loadSshConfig(configFiles(context, spec), world)
  config.refuseUnknown()
  const resolver = new TargetResolver({
    config,
    world,
    spec,
    signal,
    now: () => clock.now(),
    ...(settings.mayPrompt && { confirm: (question: string) => prompt.confirm(question, signal) }),
  })
  return new ConnectionPool({
    clock,
    random,
    env,
    connectTimeoutMs: spec.connectTimeoutMs,
    retries: spec.retries,
    resolve: host => resolver.resolve(host),
    askPassphrase: async file => (settings.mayPrompt ? prompt.secret(`passphrase of ${file}:`, signal) : undefined),
    ...(spec.password && { password: spec.password }),
  })
}

function configFiles({ paths }: Context, { sshConfig }: ConnectSpec): SshConfigFiles {
  if (sshConfig !== undefined) return { only: sshConfig }
  return { ...(paths.home !== undefined && { user: `${paths.home}/.ssh/config` }), system: '/etc/ssh/ssh_config' }
}

/** Output of a condition is not of interest, and it has ten seconds. */
async function runMatchExec({ clock, env }: Context, command: string, signal: AbortSignal): Promise<boolean> {
  const { runLocally } = await import('./local.ts')
  const argv = [env.SHELL || '/bin/sh', '-c', command]
  const { code } = await runLocally({ clock, env }, { argv }, { signal, timeoutMs: 10_000, sink: () => {} })
  return code === 0
}

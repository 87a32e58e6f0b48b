import { isAbsolute, join } from 'node:path'
import type { Outside } from './outside.ts'

type Where = Pick<Outside, 'env' | 'cwd' | 'home' | 'uid'>

/** Configuration files, strongest first: the project's, the user's, the system's; or only the one that was named. */
export function configPaths({ env, cwd, home }: Where, named: string | undefined): string[] {
  if (named !== undefined) return [isAbsolute(named) ? named : join(cwd, named)]
  const user = env.XDG_CONFIG_HOME || (home && join(home, '.config'))
  return [join(cwd, 'opsctl.yaml'), ...(user ? [join(user, 'opsctl/config.yaml')] : []), '/etc/opsctl/config.yaml']
}

/** Where runs and journals live. Works with HOME unset. */
export function stateDirectory({ env, cwd, home, uid }: Where, named: string | undefined): string {
  if (named !== undefined) return isAbsolute(named) ? named : join(cwd, named)
  if (env.XDG_STATE_HOME) return join(env.XDG_STATE_HOME, 'opsctl')
  if (uid === 0) return '/var/lib/opsctl'
  return home ? join(home, '.local/state/opsctl') : `/var/tmp/opsctl-${uid}`
}

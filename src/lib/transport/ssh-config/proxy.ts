import { sshConfigError } from '../../core/ssh-config-syntax.ts'
import type { SettingValue } from './blocks.ts'
import { type Destination, parseProxyJump } from './destination.ts'
import type { Expansion } from './expansion.ts'
import type { Settings } from './settings.ts'

/** How the connection gets there: through hops or through a command, whichever was set first. */
export function proxy(
  settings: Settings,
  target: { readonly host: string; readonly user: string; readonly port: number; readonly expansion: Expansion },
) {
  const [jump] = settings.list('proxyjump')
  const [command] = settings.list('proxycommand')
  return {
    proxyJump: jump ? hops(jump, target) : [],
    proxyCommand:
      command && command.value.toLowerCase() !== 'none'
        ? { command: target.expansion.tokens(command, ['h', 'k', 'n', 'p', 'r']), place: command.place }
        : undefined,
  }
}

function hops(
  jump: SettingValue,
  target: { readonly host: string; readonly user: string; readonly port: number },
): Destination[] {
  const found = parseProxyJump(jump.value) ?? []
  const last = found.at(-1)
  if (last && last.host === target.host && (last.port ?? 22) === target.port && (last.user ?? target.user) === target.user) {
    throw sshConfigError(jump.place, `proxyjump: ${target.host} would be reached through itself`)
  }
  return found
}

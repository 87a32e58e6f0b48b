import type { Host } from '../../core/host.ts'
import type { Json } from '../../core/json.ts'
import { proxyJumpOf } from './jump.ts'

export type HostVars = Readonly<Record<string, Json>>

/** The settings of a connection that Ansible's variables name: address, port, user, key, jump hosts, local. */
export function connectionOf(name: string, vars: HostVars): Partial<Host> {
  const text = (...keys: string[]): string | undefined => {
    for (const key of keys) {
      const value = Object.hasOwn(vars, key) ? vars[key] : undefined
      if ((typeof value === 'string' && value !== '') || typeof value === 'number') return fill(String(value), name, vars)
    }
    return undefined
  }
  const address = text('ansible_ssh_host', 'ansible_host')
  const port = portOf(text('ansible_ssh_port', 'ansible_port'))
  const user = text('ansible_ssh_user', 'ansible_user')
  const key = text('ansible_ssh_private_key_file', 'ansible_private_key_file')
  const args = [text('ansible_ssh_extra_args'), text('ansible_ssh_common_args'), text('ansible_ssh_args')]
  const proxyJump = args.map(each => (each === undefined ? undefined : proxyJumpOf(each))).find(jump => jump !== undefined)
  return {
    via: text('ansible_connection') === 'local' ? 'local' : 'ssh',
    ...(address === undefined || address === name ? {} : { address }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(key === undefined ? {} : { identityFiles: [key] }),
    ...(proxyJump === undefined ? {} : { proxyJump }),
  }
}

function portOf(text: string | undefined): number | undefined {
  const port = text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/**
 * Puts variables in for `{{ name }}`, as deep as they refer to each other. Anything else between braces needs Ansible and stays as it is: a
 * connection to such a name fails and shows why, one without it might reach the wrong machine.
 */
function fill(text: string, name: string, vars: HostVars): string {
  const known: HostVars = { ...vars, inventory_hostname: name, inventory_hostname_short: name.split('.')[0] ?? name }
  let filled = text
  for (let depth = 0; depth < 8 && filled.includes('{{'); depth++) {
    filled = filled.replace(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g, (whole, key: string) => {
      const value = Object.hasOwn(known, key) ? known[key] : undefined
      return typeof value === 'string' || typeof value === 'number' ? String(value) : whole
    })
  }
  return filled
}

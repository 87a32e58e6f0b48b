import { join } from 'node:path'
import type { Context, InventorySpec } from '../core/context.ts'
import type { Inventory } from '../core/host.ts'
import { loadInventory } from '../inventory/load.ts'
import { inventoryTools, type ProgramRunner } from '../inventory/tools.ts'

/** The union of the named inventories, the hosts of the SSH configuration and this machine. @throws OpsError E_INVENTORY */
export async function readInventory(context: Context, spec: InventorySpec): Promise<Inventory> {
  const tools = inventoryTools({
    signal: context.signal,
    home: context.paths.home,
    uid: context.uid,
    parseYaml: async (text, path, dialect) =>
      (await import('../config/yaml-document.ts')).parseYamlDocument(text, path, 'E_INVENTORY', dialect),
    run: programRunner(context),
  })
  const { sources } = spec
  // Without sources only the SSH configuration is read.
  const components =
    sources.length > 0 ? await context.components('inventory') : [await context.component('inventory', 'ssh-config')]
  const onForbidden = (path: string): void =>
    context.log('warn', `${path} may not be read by this user: it is passed over, as ssh does`)
  return loadInventory({
    sources,
    sshConfigs: sshConfigFiles(context, spec),
    // Of what was named on purpose nothing is passed over.
    ...(spec.sshConfig === undefined && { onForbidden }),
    components,
    tools,
  })
}

function sshConfigFiles({ paths }: Context, { sshConfig }: InventorySpec): string[] {
  if (sshConfig !== undefined) return sshConfig === 'none' ? [] : [sshConfig]
  return [...(paths.home === undefined ? [] : [join(paths.home, '.ssh/config')]), '/etc/ssh/ssh_config']
}

/** Runs an executable inventory through the local transport, which is loaded only then. */
function programRunner({ clock, env }: Context): ProgramRunner {
  return async (argv, limits) => {
    const { runLocally } = await import('../transport/local.ts')
    const { code, stdout, stderr, ended, signal } = await runLocally({ clock, env }, { argv }, limits)
    const why = ended ?? (signal === undefined ? undefined : `SIG${signal}`)
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
    return { code, stdout: text(stdout), stderr: text(stderr), ...(why !== undefined && { ended: why }) }
  }
}

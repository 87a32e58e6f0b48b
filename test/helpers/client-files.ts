import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One host as the files of an SSH client describe it. */
export interface ClientHost {
  readonly address: string
  readonly port: number
  /** Lines `type base64` that known_hosts shall hold for it. */
  readonly hostKeys: readonly string[]
}

export interface ClientFiles {
  readonly knownHostsFile: string
  readonly sshConfigFile: string
  readonly inventoryFile: string
}

/** Writes known_hosts, ssh_config and an Ansible inventory (INI, group `fleet`) for the hosts. */
export async function writeClientFiles(fleet: {
  readonly directory: string
  readonly hosts: readonly ClientHost[]
  readonly user: string
  readonly keyFile: string
}): Promise<ClientFiles> {
  const { directory, hosts, user, keyFile } = fleet
  const knownHostsFile = join(directory, 'known_hosts')
  const sshConfigFile = join(directory, 'ssh_config')
  const inventoryFile = join(directory, 'inventory.ini')
  const known = hosts.flatMap(({ address, port, hostKeys }) => hostKeys.map(key => `[${address}]:${port} ${key}\n`))
  const ports = [...new Set(hosts.map(host => host.port))].map(port => {
    const addresses = hosts.filter(host => host.port === port).map(host => host.address)
    return `Host ${addresses.join(' ')}\n  Port ${port}\n`
  })
  const config = `${ports.join('')}Host 127.* 198.18.*
  User ${user}
  IdentityFile ${keyFile}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${knownHostsFile}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
`
  const inventory = hosts.map(
    ({ address, port }) =>
      `${address} ansible_port=${port} ansible_user=${user} ansible_ssh_private_key_file=${keyFile} ansible_ssh_common_args='-F ${sshConfigFile}'\n`,
  )
  await Promise.all([
    writeFile(knownHostsFile, known.join('')),
    writeFile(sshConfigFile, config),
    writeFile(inventoryFile, `[fleet]\n${inventory.join('')}`),
  ])
  return { knownHostsFile, sshConfigFile, inventoryFile }
}

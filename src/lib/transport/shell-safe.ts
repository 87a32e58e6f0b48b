import { OpsError } from '../core/errors.ts'
import type { SshConfigQuery } from './ssh-config/ssh-config.ts'

/**
 * Refuses names that ssh refuses (valid_hostname and valid_ruser of its ssh.c), before a token of a ProxyCommand or a Match exec hands
 * them to a shell: an inventory may get them from whoever may name a machine in a cloud.
 * @throws OpsError E_INVENTORY
 */
export function refuseShellWords({ host, user = '' }: Pick<SshConfigQuery, 'host' | 'user'>): void {
  if (/^-|['`"$\\;&<>|(){}\s\x00-\x1f\x7f]/.test(host)) throw refused('host name', host)
  if (/^-|['`";&<>|(){}\x00-\x1f\x7f]|\s-|\\$/.test(user)) throw refused('user name', user)
}

const refused = (what: string, value: string): OpsError =>
  new OpsError('E_INVENTORY', `the ${what} ${JSON.stringify(value)} has characters that a shell would act on`)

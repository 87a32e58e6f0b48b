import { type SshConfigPlace, sshConfigError } from '../../core/ssh-config-syntax.ts'
import { type FileOwner, isSafeOwner } from '../../core/ssh-config-tree.ts'

/**
 * Runs the commands of `Match exec`: only those from files that nobody but the user and root can write, and each expanded command once, so that
 * five hundred hosts behind `Match exec "ip route | grep -q vpn"` do not start five hundred shells.
 */
export class MatchExec {
  readonly #run: (command: string, signal: AbortSignal) => Promise<boolean>
  readonly #uid: number
  readonly #owners: ReadonlyMap<string, FileOwner>
  readonly #results = new Map<string, Promise<boolean>>()

  constructor(options: {
    readonly run: (command: string, signal: AbortSignal) => Promise<boolean>
    readonly uid: number
    /** By path; what is not here is not safe. */
    readonly owners: ReadonlyMap<string, FileOwner>
  }) {
    this.#run = options.run
    this.#uid = options.uid
    this.#owners = options.owners
  }

  /** @throws OpsError E_SSH_CONFIG when the file is not safe */
  async holds(request: {
    readonly command: string
    readonly place: SshConfigPlace
    readonly signal: AbortSignal
  }): Promise<boolean> {
    const { command, place, signal } = request
    const owner = this.#owners.get(place.file)
    if (!owner || !isSafeOwner(owner, this.#uid)) {
      const hint = `the file must be yours or root's and writable by nobody else: chmod go-w ${place.file}`
      throw sshConfigError(place, "'Match exec' is not run from a file that others can write", hint)
    }
    const known = this.#results.get(command)
    if (known) return known
    const result = this.#run(command, signal)
    this.#results.set(command, result)
    // An aborted run says nothing about the command.
    result.catch(() => this.#results.delete(command))
    return result
  }
}

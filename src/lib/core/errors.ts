/** What a person needs to know of an error code: its exit code, what it means and what to do. `opsctl explain E_CODE` prints it. */
export interface ErrorCodeInfo {
  readonly exit: number
  readonly meaning: string
  readonly todo: string
}

export const errorCodes = {
  E_USAGE: {
    exit: 2,
    meaning: 'A flag, an argument or a combination of them is not valid. Nothing was contacted or changed.',
    todo: 'Read the hint, or `opsctl help COMMAND`.',
  },
  E_NO_TARGETS: {
    exit: 2,
    meaning: 'The selection names no host, so there is nothing to do. A run over nothing never counts as success.',
    todo: 'Check -t and --limit with `opsctl hosts`, or allow it with --allow-empty.',
  },
  E_CONFIRM: {
    exit: 2,
    meaning: 'The command changes something and nobody could be asked.',
    todo: 'Run it on a terminal, or pass --yes after a look at --dry-run.',
  },
  E_LIMITS: {
    exit: 2,
    meaning: 'This process may not open as many files as the run needs.',
    todo: 'Raise the limit with `ulimit -n`, or lower --concurrency.',
  },
  E_UNREACHABLE: {
    exit: 69,
    meaning: 'The connection could not be made: name not found, refused, no route, or no answer in time.',
    todo: 'Check the name, the port and the network with `opsctl doctor --host HOST`.',
  },
  E_BUG: {
    exit: 70,
    meaning: 'opsctl itself went wrong.',
    todo: 'Run it again with -vv and report the output together with `opsctl --version`.',
  },
  E_OUTPUT: {
    exit: 74,
    meaning: 'The result could not be written: the output is closed, full or not writable.',
    todo: 'Free space or choose another --output-file. What ran on the hosts has run.',
  },
  E_STATE: {
    exit: 74,
    meaning: 'The state directory can not be read or written.',
    todo: 'Check owner, mode and free space, or choose another with --state-dir.',
  },
  E_LOCKED: {
    exit: 75,
    meaning: 'Another run holds the lock.',
    todo: 'Wait for the run that is named, or end it.',
  },
  E_AUTH: {
    exit: 77,
    meaning: 'The host refused every key and password that was offered.',
    todo: 'Check the user and the keys: `opsctl doctor --host HOST` lists what was offered.',
  },
  E_HOSTKEY: {
    exit: 77,
    meaning: 'The host key is unknown, changed or revoked. Nothing was sent: not a name, not a password.',
    todo: 'Compare the fingerprint with the host, then add it to known_hosts or use --host-key-policy accept-new for new hosts.',
  },
  E_SUDO: {
    exit: 77,
    meaning: 'sudo refused: it wants a password, the password was wrong, or the user may not.',
    todo: 'Give the password with --sudo-password-file or on the prompt, or check sudoers.',
  },
  E_CONFIG: {
    exit: 78,
    meaning: 'A configuration file is wrong. It was read before anything was contacted.',
    todo: 'Mend the named line; `opsctl config validate` reads the files again.',
  },
  E_INVENTORY: {
    exit: 78,
    meaning: 'The inventory is wrong or can not be read.',
    todo: 'Mend the named line; `opsctl hosts` shows what is understood.',
  },
  E_NODE_SET: {
    exit: 2,
    meaning: 'A node set (web[01-50], @group, a!b, a&b, a^b) can not be understood.',
    todo: 'Mend the marked place; `opsctl hosts -t SET` shows what a set selects.',
  },
  E_HALTED: {
    exit: 75,
    meaning: 'The safety lever is set: no drill may begin, and those that ran were ended. Nothing was touched.',
    todo: 'Ask who set it (`opsctl drill status` shows why), then `opsctl drill allow`.',
  },
  E_PLAN: {
    exit: 78,
    meaning: 'A change file or playbook is wrong. It was read whole before anything was contacted.',
    todo: 'Mend the named line; `opsctl explain step` lists the kinds of steps, --dry-run shows what would be done.',
  },
  E_REPORT: {
    exit: 78,
    meaning: 'A report that was given is damaged, or can not be joined with the others: another command, the same share twice.',
    todo: 'Mend or leave out the named file; reports are written with -o json=FILE.',
  },
  E_SSH_CONFIG: {
    exit: 78,
    meaning: 'An OpenSSH client configuration or known_hosts file is wrong or not safe to use.',
    todo: 'Mend the named line; `ssh -G HOST` reads the same files.',
  },
  E_DEADLINE: {
    exit: 124,
    meaning: 'The deadline of the whole run passed. What was still running was stopped and is named.',
    todo: 'Raise --deadline, or see which hosts were pending.',
  },
  E_INTERRUPTED: {
    exit: 130,
    meaning: 'The run was stopped by a signal. What was still running was stopped and is named.',
    todo: 'Run the rest with --limit @failed.',
  },
} as const satisfies Record<string, ErrorCodeInfo>

export type ErrorCode = keyof typeof errorCodes

export interface OpsErrorDetails {
  /** Overrides the exit code of the table: signals share a code but not an exit. */
  readonly exit?: number
  /** The next action, in the imperative. */
  readonly hint?: string
  /** Facts by name: host, file, line, column, stage. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/**
 * The one error class. The message says what happened and to what, in lower case; the code says who must act; `cause` keeps the chain.
 */
export class OpsError extends Error {
  override readonly name = 'OpsError'
  readonly code: ErrorCode
  readonly exit: number
  readonly hint: string | undefined
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: OpsErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.exit = details.exit ?? errorCodes[code].exit
    this.hint = details.hint
    this.data = details.data ?? {}
  }
}

/** An error of any kind as an OpsError: what is not one of ours is our bug. */
export function toOpsError(error: unknown): OpsError {
  if (error instanceof OpsError) return error
  return new OpsError('E_BUG', error instanceof Error ? error.message : String(error), { cause: error })
}

/** The messages of an error and of all its causes, outermost first, without repeats. */
export function causeChain(error: unknown): string[] {
  const messages: string[] = []
  for (let at = error; at !== undefined && at !== null && messages.length < 16; at = at instanceof Error ? at.cause : undefined) {
    const message = at instanceof Error ? at.message : String(at)
    if (messages.at(-1) !== message) messages.push(message)
  }
  return messages
}

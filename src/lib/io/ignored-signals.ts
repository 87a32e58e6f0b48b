import { fileSystem } from './file-system.ts'

/** Their numbers on Linux. */
const numbers = { SIGHUP: 1, SIGINT: 2, SIGUSR1: 10, SIGTERM: 15, SIGCHLD: 17 } as const

/**
 * Says of a signal whether the caller started this process with it ignored, as nohup does with SIGHUP and a shell without job control
 * with SIGINT for what runs in the background: then it stays ignored. Ask for this before a listener is set. Only Linux tells.
 */
export function ignoredSignals(): (signal: keyof typeof numbers) => boolean {
  const mask = ignoredMask()
  return signal => ((mask >> BigInt(numbers[signal] - 1)) & 1n) === 1n
}

/** At the begin of a line: the name of the program, in the first one, may hold anything. */
const key = '\nSigIgn:'

function ignoredMask(): bigint {
  try {
    const status = fileSystem().readFileSync('/proc/self/status', 'utf8')
    const at = status.indexOf(key)
    if (at === -1) return 0n
    const [mask = ''] = status.slice(at + key.length).split('\n', 1)
    return BigInt(`0x${mask.trim()}`)
  } catch {
    return 0n
  }
}

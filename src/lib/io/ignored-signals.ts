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

function ignoredMask(): bigint {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(fileSystem().readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
    return BigInt(`0x${mask}`)
  } catch {
    return 0n
  }
}

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

/**
 * Whether the caller started this process with the signal ignored, as nohup does with SIGHUP and a shell without job control with
 * SIGINT for what runs in the background: then it stays ignored. Ask before a listener is set. Only Linux tells.
 */
export function isIgnored(signal: keyof typeof constants.signals): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n
  } catch {
    return false
  }
}

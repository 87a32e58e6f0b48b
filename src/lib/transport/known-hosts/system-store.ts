import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { KnownHostsStore } from './known-hosts.ts'

/** known_hosts files on this machine's disk. */
export function systemStore(): KnownHostsStore {
  return {
    // OpenSSH also passes over files it can not read: fewer keys are known then, never more.
    readFile: path => readFile(path, 'utf8').catch(() => undefined),
    appendFile: async (path, text) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const file = await open(path, 'a', 0o600)
      try {
        await file.write(text)
      } finally {
        await file.close()
      }
    },
  }
}

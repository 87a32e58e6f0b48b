import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cannotWrite } from '../../run/cannot-write.ts'
import type { KnownHostsStore } from './known-hosts.ts'

/** known_hosts files on this machine's disk. */
export function systemStore(): KnownHostsStore {
  return {
    // OpenSSH also passes over files it can not read: fewer keys are known then, never more.
    readFile: path => readFile(path, 'utf8').catch(() => undefined),
    appendFile: async (path, text) => {
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await using file = await open(path, 'a', 0o600)
        await file.write(text)
      } catch (error) {
        throw cannotWrite({ path, error, code: 'E_STATE' })
      }
    },
  }
}

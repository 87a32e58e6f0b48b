import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What the records of a journal take on disk. @throws what the file system throws, ENOENT where there is no such directory */
export const segmentBytes = (directory: string): number =>
  readdirSync(directory)
    .filter(name => name.endsWith('.segment'))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)

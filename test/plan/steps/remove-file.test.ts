import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import removeFile from '../../../src/lib/plan/steps/remove-file.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { fullHost, stepPlace } from '../step-host.ts'

/** user::rw-, user:1:rwx, group::r--, mask::rwx, other::r--, as the kernel takes it. */
const grant = `import os, struct, sys
entries = [(1, 6, 0xffffffff), (2, 7, 1), (4, 4, 0xffffffff), (16, 7, 0xffffffff), (32, 4, 0xffffffff)]
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))`

// Its mode alone would give the group what the mask allows: more than it had.
test.skipIf(!Bun.which('python3'))('refuses a file with an ACL, which an undo could not bring back', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'old.conf')
  await writeFile(path, 'one\n')
  const place = stepPlace(fullHost())
  const step = removeFile.build({ path })
  await step.capture(place)
  expect(Bun.spawnSync(['python3', '-c', grant, path]).exitCode).toBe(0)
  await expect(step.capture(place)).rejects.toThrow(`could not look at ${path}: it has an access control list`)
  expect(existsSync(path)).toBe(true)
})

import { access, constants, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cannotWrite } from '../run/cannot-write.ts'
import { outputFileName } from './output-file-name.ts'

/** Makes the directory before anything runs, so that no output is lost for want of it. @throws OpsError E_OUTPUT */
export async function makeOutputDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
    await access(directory, constants.W_OK)
  } catch (error) {
    throw cannotWrite({ path: directory, error })
  }
}

/** Takes away what an earlier run left there for these hosts: nobody shall read it as a result of this one. @throws OpsError E_OUTPUT */
export async function removeEarlierOutput(directory: string, hosts: readonly string[]): Promise<void> {
  const paths = hosts.flatMap(host => [outputFileName(host, 'stdout'), outputFileName(host, 'stderr')])
  for (const path of paths.map(name => join(directory, name))) {
    await rm(path, { force: true }).catch(error => {
      throw cannotWrite({ path, error })
    })
  }
}

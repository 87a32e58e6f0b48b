import { type FileNode, isMapping, shown } from '../../../core/file-node.ts'
import { readField } from '../field-path.ts'
import { knownKeys } from '../read-keys.ts'
import { type Ended, filtered, type ReadStep } from '../step.ts'

/** `sample: 10%`, or `sample: { share: 10%, by: trace_id }`: records of one value of that field are kept or left out together. */
export const readSample: ReadStep = node => {
  const isLong = isMapping(node.value)
  if (isLong) knownKeys(node, { noun: 'sample', keys: ['share', 'by'] })
  const share = readShare(isLong ? node.child('share') : node)
  const written = node.child('by')
  const by = written.isAbsent ? undefined : readField(written)
  if (share === undefined) return undefined
  const limit = share * 2 ** 32
  return () => ({
    decides: true,
    apply(draft, { origin, number }): Ended | undefined {
      const value = by && draft.get(by)
      return evenly(value ?? `${origin.id}#${number}`) < limit ? undefined : filtered
    },
  })
}

/** In (0, 1]. */
function readShare(node: FileNode): number | undefined {
  const hint = 'write how much is kept: `sample: 10%`'
  if (node.isAbsent) return node.wrong('sample needs a share', { hint })
  const [, digits] = /^(\d{1,3}(?:\.\d{1,6})?) ?%$/.exec(String(node.value)) ?? []
  const share = Number(digits) / 100
  return share > 0 && share <= 1 ? share : node.wrong(`${node.key}: ${shown(node.value)} is no share`, { hint })
}

/** 32 bits that are even over texts of any kind: FNV-1a, then the last step of MurmurHash3. */
function evenly(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

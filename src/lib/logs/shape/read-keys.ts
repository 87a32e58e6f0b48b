import type { FileNode } from '../../core/file-node.ts'

/** Notes keys that nobody knows, with the nearest one that there is. False where there are no keys at all. */
export function knownKeys(
  node: FileNode,
  { noun, keys, form }: { readonly noun: string; readonly keys: readonly string[]; readonly form?: string },
): boolean {
  const members = node.members(noun, form)
  for (const [key, member] of members ?? []) if (!keys.includes(key)) member.unknownKey(`unknown key '${key}' in ${noun}`, keys)
  return members !== undefined
}

import { OpsError } from '../core/errors.ts'

export type ConfigTree = { readonly [key: string]: string | ConfigTree }

type Growing = { [key: string]: string | Growing }

/**
 * Values by the parts of their keys, as templates name them: `nginx/workers` is `config.nginx.workers`. One line end at the end of a value is left
 * out, as a shell does it. What is not text is not in the tree. @throws OpsError E_PLAN for a key that is both a value and a part of others
 */
export function configTree(entries: ReadonlyMap<string, Uint8Array>): ConfigTree {
  const tree = branch()
  for (const [key, bytes] of entries) {
    const text = textOf(bytes)
    if (text === undefined) continue
    const parts = key.split('/').filter(part => part !== '')
    const name = parts.pop()
    if (name === undefined) continue
    let at = tree
    for (const part of parts) {
      const inner = at[part] ?? branch()
      if (typeof inner === 'string') throw bothOf(key, part)
      at[part] = inner
      at = inner
    }
    if (at[name] !== undefined) throw bothOf(key, name)
    at[name] = text.replace(/\r?\n$/, '')
  }
  return tree
}

/** Keys come from outside: none of them is a member that every object has. */
const branch = (): Growing => Object.create(null)

function bothOf(key: string, part: string): OpsError {
  return new OpsError('E_PLAN', `the key ${key} can not be told apart from others: ${part} has a value and keys below it`, {
    hint: 'rename one of them',
  })
}

/** Undefined for what is not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

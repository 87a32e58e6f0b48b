import type { InventoryInput } from '../core/component.ts'

/** Keys at the left margin of YAML text, or of a JSON object: enough to tell whose file it is without parsing it. */
export function topLevelKeys(text: string): string[] {
  if (/^\s*\{/.test(text)) return jsonKeys(text)
  return [...text.matchAll(/^(?:'([^'\n]+)'|"([^"\n]+)"|([^\s#'"[\]{}&*!|>%@`,-][^\n#]*?))\s*:(?=\s|$)/gm)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
}

/** True for text that is YAML by its name, or that begins as YAML does. */
export function looksLikeYaml({ path, text = '' }: InventoryInput): boolean {
  if (/\.(?:ya?ml|json)$/i.test(path)) return true
  if (/\.(?:ini|cfg|conf)$/i.test(path)) return false
  const first = text.split('\n').find(line => /^\s*[^\s#;]/.test(line)) ?? ''
  return /^(?:---|\s*\{|[\w.*@-]+:\s*(?:$|#|\S.*))/.test(first) && !/^[\w.-]+:\d+(?:\s|$)/.test(first)
}

/** True for a file that is meant to be run: it may be, and begins like a script or a program. */
export function isProgram({ executable, text = '' }: InventoryInput): boolean {
  return executable && (text.startsWith('#!') || text.includes('\0'))
}

function jsonKeys(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Object.keys(value) : []
  } catch {
    return []
  }
}
